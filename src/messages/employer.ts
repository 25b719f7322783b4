import type { EmployerRef, Finding } from '../vocabulary/index.ts';
import { parseEnterpriseNumber, parseInsz, parseNssoNumber } from '../vocabulary/index.ts';
import { find, textAt, textOf } from '../validation/index.ts';
import type { FormView } from '../validation/index.ts';

/** Zero, however many times: the number is not known. */
function isUnknown(number: string): boolean {
  return /^0*$/.test(number);
}

/**
 * Who the employer of a block is: its enterprise number, or, when that is 0 (unknown), its NSSO
 * number, or its provincial and local number. Undefined when none is given.
 */
export function employerIn({ tree }: FormView, block: number): EmployerRef | undefined {
  const company = textAt(tree, block, 'CompanyID');
  if (!isUnknown(company)) return { kind: 'KBO', number: company };
  for (const name of ['NOSSRegistrationNbr', 'ProvisionalNSSONbr']) {
    const nsso = textAt(tree, block, name);
    if (!isUnknown(nsso)) return { kind: 'NSSO', number: nsso };
  }
  const local = textAt(tree, block, 'NOSSLPARegistrationNbr');
  return isUnknown(local) ? undefined : { kind: 'PPL', number: local };
}

const nssoZones = [
  ['NOSSRegistrationNbr', '00011'],
  ['ProvisionalNSSONbr', '00948'],
] as const;

/** Check digits of the numbers that identify an employer (zones 00014 and 00011, code 004). */
export function employerFindings(form: FormView, block: number): Finding[] {
  const { tree } = form;
  const findings: Finding[] = [];
  const company = find(tree, block, 'CompanyID');
  const companyId = textOf(tree, company);
  if (!isUnknown(companyId) && parseEnterpriseNumber(companyId) === undefined) {
    findings.push(wrongDigits(form, company, '00014', 'enterprise number'));
  }
  for (const [name, zone] of nssoZones) {
    const registration = find(tree, block, name);
    const nsso = textOf(tree, registration);
    if (isUnknown(nsso) || parseNssoNumber(nsso) !== undefined) continue;
    findings.push(wrongDigits(form, registration, zone, 'NSSO number'));
  }
  return findings;
}

/** Check digits of a person's number (zone 00024, code 004); 0 stands for an unknown one. */
export function personFindings(form: FormView, node: number): Finding[] {
  const insz = textOf(form.tree, node);
  if (node < 0 || isUnknown(insz) || parseInsz(insz) !== undefined) return [];
  return [wrongDigits(form, node, '00024', 'INSZ')];
}

function wrongDigits(form: FormView, node: number, zone: string, what: string): Finding {
  const detail = `the check digits of the ${what} do not match`;
  return form.report(node, { code: '004', zone, anomalyClass: 'B', detail });
}

/** An employer as part of a key: with or without leading zero, one number is one employer. */
export function employerKey({ kind, number }: EmployerRef): string {
  return `${kind}/${number.replace(/^0+/, '')}`;
}

const personsMax = 100;

/** The first hundred persons of a form. */
export function personsAt({ tree }: FormView, nodes: Iterable<number>): string[] {
  const persons: string[] = [];
  for (const node of nodes) {
    if (persons.length === personsMax) break;
    const insz = textOf(tree, node);
    if (!isUnknown(insz)) persons.push(insz);
  }
  return persons;
}
