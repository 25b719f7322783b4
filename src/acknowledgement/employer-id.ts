import type { EmployerRef } from '../vocabulary/index.ts';

const nssoMax = 199_999_934n;
const provisionalMin = 5_000_000_120n;
const provisionalMax = 5_999_999_989n;
const pplMax = 99_999_926n;
const companyMax = 1_999_999_943n;

/**
 * The employer a form is about, as the form wrote it. The schema wants a registration number and an
 * enterprise number, so the one that is not known is written 0, which the glossary reads as
 * "unknown". Nothing is written when neither is usable, or when the form names several employers
 * and so none in particular.
 *
 * Source: glossary block 90256; zones 00011, 00948, 00109 and 00014.
 */
export function employerId(employers: readonly EmployerRef[]): string {
  if (employers.length === 0) return '';
  const registrations = distinct(employers, (one) => registrationElement(one));
  const companies = distinct(employers, (one) => companyElement(one));
  if (registrations.length > 1 || companies.length > 1) return '';
  const [registration] = registrations;
  const [company] = companies;
  if (registration === undefined && company === undefined) return '';
  return (
    '  <EmployerId>\n' +
    `   ${registration ?? '<NOSSRegistrationNbr>0</NOSSRegistrationNbr>'}\n` +
    `   ${company ?? '<CompanyID>0</CompanyID>'}\n` +
    '  </EmployerId>\n'
  );
}

function distinct(
  employers: readonly EmployerRef[],
  elementOf: (one: EmployerRef) => string | undefined,
): string[] {
  const byNumber = new Map<bigint, string>();
  for (const one of employers) {
    const element = elementOf(one);
    // With and without its leading zero it is the same employer; the first spelling is kept.
    if (element !== undefined && !byNumber.has(BigInt(one.number))) {
      byNumber.set(BigInt(one.number), element);
    }
  }
  return [...byNumber.values()];
}

function registrationElement({ kind, number }: EmployerRef): string | undefined {
  if (kind === 'KBO' || !/^\d{1,10}$/.test(number)) return undefined;
  const value = BigInt(number);
  if (value === 0n) return undefined;
  if (kind === 'PPL') return value <= pplMax ? wrap('NOSSLPARegistrationNbr', number) : undefined;
  if (value <= nssoMax) return wrap('NOSSRegistrationNbr', number);
  const provisional = value >= provisionalMin && value <= provisionalMax;
  return provisional ? wrap('ProvisionalNSSONbr', number) : undefined;
}

function companyElement({ kind, number }: EmployerRef): string | undefined {
  if (kind !== 'KBO' || !/^\d{9,10}$/.test(number)) return undefined;
  const value = BigInt(number);
  return value > 0n && value <= companyMax ? wrap('CompanyID', number) : undefined;
}

function wrap(name: string, value: string): string {
  return `<${name}>${value}</${name}>`;
}
