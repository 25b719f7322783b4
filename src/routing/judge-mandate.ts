import { formatQuarter } from '../vocabulary/index.ts';
import type { EmployerRef, EnterpriseNumber, Finding, Quarter } from '../vocabulary/index.ts';
import type { Decision, Known, RoutableDeclaration, RoutingContext } from './decision.ts';
import { employersNamed, enterpriseOf } from './employers.ts';

export type MandateVerdict =
  | { readonly allowed: true; readonly employer: EnterpriseNumber }
  | { readonly allowed: false; readonly refusal: Omit<Decision, 'number'> };

const findingsMax = 100;
const valueCharactersMax = 250;

/** One employer that stands in the way. */
interface Objection {
  readonly rule: 'unknown-employer' | 'no-mandate' | 'mandate-ended';
  readonly finding: Finding;
  readonly explanation: string;
}

/**
 * Whether the sender may declare for every employer named: it is the employer itself, or holds a
 * mandate of the employer for the object in the quarter.
 *
 * Codes of annex 30: 230 when an employer cannot be made out, 155 when the mandate ended before the
 * quarter, 101 when there never was one.
 */
export function judgeMandate(
  declaration: RoutableDeclaration,
  context: RoutingContext,
  known: Known,
): MandateVerdict {
  const named = employersNamed(declaration.employers);
  const quarter = mandateQuarter(declaration, context);
  let employer: EnterpriseNumber | undefined;
  const objections: Objection[] = [];
  for (const ref of named) {
    const enterprise = enterpriseOf(ref, known.enterprises);
    employer ??= enterprise;
    const objection =
      enterprise === undefined
        ? unknownEmployer(ref)
        : objectionTo(enterprise, { ref, quarter, context, known });
    if (objection !== undefined && objections.length < findingsMax) objections.push(objection);
  }
  const [first] = objections;
  if (first !== undefined) {
    const { rule, explanation } = first;
    const findings = objections.map(({ finding }) => finding);
    return { allowed: false, refusal: { employer, findings, rule, explanation } };
  }
  return employer === undefined ? noEmployer() : { allowed: true, employer };
}

/** The quarter a mandate has to cover. */
export function mandateQuarter(
  { quarter }: Pick<RoutableDeclaration, 'quarter'>,
  { receivedIn }: Pick<RoutingContext, 'receivedIn'>,
): Quarter {
  return quarter === undefined ? receivedIn : (quarter as Quarter);
}

function objectionTo(
  enterprise: EnterpriseNumber,
  o: {
    readonly ref: EmployerRef;
    readonly quarter: Quarter;
    readonly context: RoutingContext;
    readonly known: Known;
  },
): Objection | undefined {
  const { sender, mandateObject: object } = o.context;
  if (enterprise === sender) return undefined;
  const standing = o.known.mandates.get(`${enterprise}/${o.quarter}`);
  if (standing === 'active') return undefined;
  const quarter = formatQuarter(o.quarter);
  const parties = `${enterprise} to ${sender} for ${object}`;
  if (standing === 'ended') {
    const explanation = `The mandate of ${parties} ended before ${quarter}.`;
    return { rule: 'mandate-ended', finding: finding('155', o.ref, explanation), explanation };
  }
  const explanation = `There is no mandate of ${parties} in ${quarter}.`;
  return { rule: 'no-mandate', finding: finding('101', o.ref, explanation), explanation };
}

function unknownEmployer(ref: EmployerRef): Objection {
  const explanation =
    ref.kind === 'KBO'
      ? 'The enterprise number of the employer is not a valid one.'
      : 'No registered enterprise has the registration number of the employer.';
  return { rule: 'unknown-employer', finding: finding('230', ref, explanation), explanation };
}

function noEmployer(): MandateVerdict {
  const explanation = 'The declaration names no employer.';
  const { zone, tag } = elements.KBO;
  const finding: Finding = { code: '230', zone, tag, anomalyClass: 'B', detail: explanation };
  return {
    allowed: false,
    refusal: { employer: undefined, findings: [finding], rule: 'no-employer', explanation },
  };
}

const elements = {
  KBO: { zone: '00014', tag: 'CompanyID' },
  NSSO: { zone: '00011', tag: 'NOSSRegistrationNbr' },
  PPL: { zone: '00011', tag: 'NOSSLPARegistrationNbr' },
} as const;

function finding(code: string, { kind, number }: EmployerRef, detail: string): Finding {
  const value = number.slice(0, valueCharactersMax);
  return { code, ...elements[kind], anomalyClass: 'B', value, detail };
}
