import { parseEnterpriseNumber, parseNssoNumber } from '../vocabulary/index.ts';
import type { EmployerRef, EnterpriseNumber, NssoNumber } from '../vocabulary/index.ts';

/** The employers a declaration names; a number of zeros stands for "unknown" and names nobody. */
export function employersNamed(employers: readonly EmployerRef[]): readonly EmployerRef[] {
  return employers.filter(({ number }) => !/^0*$/.test(number));
}

/**
 * The enterprise behind a reference. A KBO number speaks for itself once its check digits fit, with
 * or without its leading zero; other numbers have to be registered.
 */
export function enterpriseOf(
  ref: EmployerRef,
  registered: ReadonlyMap<string, EnterpriseNumber>,
): EnterpriseNumber | undefined {
  if (ref.kind === 'KBO') return parseEnterpriseNumber(ref.number);
  return registered.get(employerKey(ref));
}

/** The key of `Known.enterprises`: `NSSO/` and nine or ten digits; other kinds as written. */
export function employerKey({ kind, number }: EmployerRef): string {
  const canonical = kind === 'NSSO' ? parseNssoNumber(number) : undefined;
  return `${kind}/${canonical ?? number}`;
}

/** The NSSO numbers among the employers, each once; those that cannot be one are left out. */
export function nssoNumbersIn(employers: Iterable<EmployerRef>): NssoNumber[] {
  const numbers = new Set<NssoNumber>();
  for (const { kind, number } of employers) {
    const nsso = kind === 'NSSO' ? parseNssoNumber(number) : undefined;
    if (nsso !== undefined) numbers.add(nsso);
  }
  return [...numbers];
}
