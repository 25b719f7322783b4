import {
  assess,
  assessmentToJson,
  withRegisteredProfile,
  type AssessmentInput,
  type ParameterSets,
  type ProfileSource,
} from './computation/index.ts';
import { messageTypes, type MessageType } from './messages/index.ts';
import {
  knownFrom,
  route,
  type Decision,
  type LookedUp,
  type RoutableDeclaration,
  type RoutingContext,
} from './routing/index.ts';
import {
  DeclarationTables,
  type AssessmentRow,
  type CopyTable,
  type DeclarationRow,
} from './rows/index.ts';
import { formsIn } from './validation/index.ts';
import {
  blocks,
  Failure,
  type Environment,
  type Finding,
  type JudgedForm,
} from './vocabulary/index.ts';

/** One chunk to be decided on, and all there is to know for it: plain data, for a thread. */
export interface ChunkWork {
  readonly batchId: number;
  /** Four letters. */
  readonly type: string;
  readonly environment: Environment;
  /** The root element of the file. */
  readonly scenario?: string;
  readonly judged: Uint8Array;
  readonly context: RoutingContext;
  readonly lookedUp: LookedUp;
}

/**
 * Decides on the forms of a chunk and writes their rows. Pure: what was looked up, the forms as they
 * were judged and the dated parameters make the rows, so a repetition makes the same.
 *
 * @throws Failure `gateway.defect`, `computation.no-parameters`, `computation.invalid-input`
 */
export function decideChunk(work: ChunkWork, parameters: ParameterSets): readonly CopyTable[] {
  const type = messageTypes.get(work.type);
  if (type === undefined) throw new Failure('gateway.defect', { type: work.type });
  const known = knownFrom(work.lookedUp);
  const tables = new DeclarationTables(work.batchId);
  for (const form of formsIn(work.judged)) {
    const [decision] = route([routable(form, work)], work.context, known);
    if (decision === undefined) throw new Failure('gateway.defect', { form: form.number });
    tables.add(rowOf({ work, type, parameters, form, decision }));
  }
  return tables.texts();
}

function routable({ number, extract }: JudgedForm, { scenario }: ChunkWork): RoutableDeclaration {
  return {
    number,
    employers: extract?.employers ?? [],
    ...(extract?.quarter === undefined ? {} : { quarter: extract.quarter }),
    ...(scenario === undefined ? {} : { scenario }),
  };
}

interface Decided {
  readonly work: ChunkWork;
  readonly type: MessageType;
  readonly parameters: ParameterSets;
  readonly form: JudgedForm;
  readonly decision: Decision;
}

function rowOf(o: Decided): DeclarationRow {
  const { form, decision } = o;
  const { environment } = o.work;
  const findings = [...form.findings, ...rightsOf(form, decision)];
  const accepted = !findings.some(blocks);
  // A test leaves nothing behind but its verdicts; a simulation shows the amounts besides.
  const routed = accepted && environment === 'R';
  const computed = accepted && environment !== 'T';
  // Each field by itself: V8 adds fields behind a spread one by one, which took half of this step.
  return {
    form,
    accepted,
    findings,
    employer: decision.employer,
    quarter: form.extract?.quarter,
    recipient: routed ? decision.recipient : undefined,
    channel: routed ? decision.channel : undefined,
    rule: decision.rule,
    explanation: decision.explanation,
    assessment: computed ? assessmentOf(o) : undefined,
  };
}

/**
 * What routing found, without what validation said already: a form too broken to be read names no
 * employer, and a number with wrong check digits is nobody's.
 */
function rightsOf({ extract, findings }: JudgedForm, decision: Decision): readonly Finding[] {
  if (extract === undefined || decision.findings.length === 0) return [];
  const faulty = new Set(findings.filter(({ code }) => code === '004').map(({ zone }) => zone));
  return decision.findings.filter(({ code, zone }) => code !== '230' || !faulty.has(zone));
}

/** No register of contributory activities is at hand: what was declared counts. */
const profiles: ProfileSource = { profileOf: () => undefined };

/** AttestationStatus of a declaration that withdraws an earlier one. */
const cancellation = '3';

function assessmentOf({ type, parameters, form, decision }: Decided): AssessmentRow | undefined {
  if (!type.assessed || form.extract === undefined) return undefined;
  // Nothing is due on what is withdrawn.
  if (form.header.attestationStatus === cancellation) return undefined;
  const declared = form.extract.data['input'] as AssessmentInput;
  const contributor = decision.employer;
  if (contributor === undefined) throw new Failure('gateway.defect', { form: form.number });
  const input = withRegisteredProfile(declared, { contributor, profiles });
  const assessment = assess(input, { parameters });
  const { status, reason, entities, activityTax, levy, total } = assessment;
  return {
    status,
    reason,
    year: input.year,
    entities: entities ?? undefined,
    activityTax: activityTax ?? undefined,
    levy: levy ?? undefined,
    total: total ?? undefined,
    result: JSON.stringify(assessmentToJson(assessment)),
  };
}
