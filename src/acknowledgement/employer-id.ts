import type { EmployerRef } from '../vocabulary/index.ts';

const nssoMax = 199_999_934;
const provisionalMin = 5_000_000_120;
const provisionalMax = 5_999_999_989;
const pplMax = 99_999_926;
const companyMax = 1_999_999_943;

interface Numbered {
  readonly element: string;
  readonly value: number;
}

/**
 * The employer a form is about, as the form wrote it. The schema wants a registration number and an
 * enterprise number, so the one that is not known is written 0, which the glossary reads as
 * "unknown". Nothing is written when neither is usable, or when the form names several employers
 * and so none in particular.
 *
 * Source: glossary block 90256; zones 00011, 00948, 00109 and 00014.
 */
export function employerId(employers: readonly EmployerRef[]): string {
  const registration = only(employers, registrationOf);
  const company = only(employers, companyOf);
  if (registration === 'several' || company === 'several') return '';
  if (registration === undefined && company === undefined) return '';
  return (
    '  <EmployerId>\n' +
    `   ${registration?.element ?? '<NOSSRegistrationNbr>0</NOSSRegistrationNbr>'}\n` +
    `   ${company?.element ?? '<CompanyID>0</CompanyID>'}\n` +
    '  </EmployerId>\n'
  );
}

/** The one usable number among the employers; with and without its leading zero it is the same. */
function only(
  employers: readonly EmployerRef[],
  numberOf: (one: EmployerRef) => Numbered | undefined,
): Numbered | 'several' | undefined {
  let found: Numbered | undefined;
  for (const one of employers) {
    const number = numberOf(one);
    if (number === undefined) continue;
    if (found !== undefined && found.value !== number.value) return 'several';
    found ??= number;
  }
  return found;
}

function registrationOf({ kind, number }: EmployerRef): Numbered | undefined {
  if (kind === 'KBO' || !/^\d{1,10}$/.test(number)) return undefined;
  const value = Number(number);
  if (value === 0) return undefined;
  if (kind === 'PPL') {
    return value <= pplMax ? numbered('NOSSLPARegistrationNbr', number, value) : undefined;
  }
  if (value <= nssoMax) return numbered('NOSSRegistrationNbr', number, value);
  const provisional = value >= provisionalMin && value <= provisionalMax;
  return provisional ? numbered('ProvisionalNSSONbr', number, value) : undefined;
}

function companyOf({ kind, number }: EmployerRef): Numbered | undefined {
  if (kind !== 'KBO' || !/^\d{9,10}$/.test(number)) return undefined;
  const value = Number(number);
  return value > 0 && value <= companyMax ? numbered('CompanyID', number, value) : undefined;
}

function numbered(name: string, number: string, value: number): Numbered {
  return { element: `<${name}>${number}</${name}>`, value };
}
