import {
  assess,
  assessmentToJson,
  withRegisteredProfile,
  type AssessmentInput,
} from './computation/index.ts';
import type { Office } from './compose.ts';
import type { AssessmentRow, Batch, DeclarationRow } from './ledger.ts';
import { messageTypes, type MessageType } from './messages/index.ts';
import type { Decision, RoutableDeclaration, RoutingContext } from './routing/index.ts';
import {
  blocks,
  Failure,
  quarterOfInstant,
  type Finding,
  type JudgedForm,
} from './vocabulary/index.ts';

export type Decide = (
  batch: Batch,
  forms: readonly JudgedForm[],
) => Promise<readonly DeclarationRow[]>;

/**
 * Step 4 of a batch's life: who may speak for the employer, where the declaration goes, and what it
 * costs. Look-ups first, one query each for the whole chunk; then pure functions over them.
 */
export function decider(office: Office): Decide {
  return async (batch, forms) => {
    const type = messageTypes.get(batch.type);
    if (type === undefined) throw new Failure('gateway.defect', { type: batch.type });
    const decisions = await office.router.decide(
      forms.map((form) => routable(form, batch)),
      await contextOf(office, batch, type),
    );
    return forms.map((form, index) => {
      const decision = decisions[index];
      if (decision === undefined) throw new Failure('gateway.defect', { form: form.number });
      return rowOf({ office, batch, type, form, decision });
    });
  };
}

function routable({ number, extract }: JudgedForm, { root }: Batch): RoutableDeclaration {
  return {
    number,
    employers: extract?.employers ?? [],
    ...(extract?.quarter === undefined ? {} : { quarter: extract.quarter }),
    ...(root === undefined ? {} : { scenario: root }),
  };
}

async function contextOf(
  { identity }: Office,
  batch: Batch,
  type: MessageType,
): Promise<RoutingContext> {
  const sender = await identity.senders.senderOf(batch.sender);
  if (sender === undefined) throw new Failure('registration.unknown', { sender: batch.sender });
  return {
    sender: sender.enterprise,
    receivedIn: quarterOfInstant(batch.receivedAt),
    mandateObject: type.mandateObject,
    messageType: type.code,
    socialRisk: type.socialRisk,
    environment: batch.environment,
  };
}

interface Decided {
  readonly office: Office;
  readonly batch: Batch;
  readonly type: MessageType;
  readonly form: JudgedForm;
  readonly decision: Decision;
}

function rowOf(o: Decided): DeclarationRow {
  const { batch, form, decision } = o;
  const findings = [...form.findings, ...rightsOf(form, decision)];
  const accepted = !findings.some(blocks);
  // A test leaves nothing behind but its verdicts; a simulation shows the amounts besides.
  const routed = accepted && batch.environment === 'R';
  const computed = accepted && batch.environment !== 'T';
  return {
    ...{ form, accepted, findings },
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
  if (extract === undefined) return [];
  const faulty = new Set(findings.filter(({ code }) => code === '004').map(({ zone }) => zone));
  return decision.findings.filter(({ code, zone }) => code !== '230' || !faulty.has(zone));
}

function assessmentOf({ office, type, form, decision }: Decided): AssessmentRow | undefined {
  if (!type.assessed || form.extract === undefined) return undefined;
  const declared = form.extract.data['input'] as AssessmentInput;
  const contributor = decision.employer;
  if (contributor === undefined) throw new Failure('gateway.defect', { form: form.number });
  const input = withRegisteredProfile(declared, { contributor, profiles: office.profiles });
  const { parameters } = office;
  const assessment = assess(input, { parameters });
  const { status, reason, entities, activityTax, levy, total } = assessment;
  return {
    ...{ status, reason, year: input.year },
    entities: entities ?? undefined,
    activityTax: activityTax ?? undefined,
    levy: levy ?? undefined,
    total: total ?? undefined,
    result: JSON.stringify(assessmentToJson(assessment)),
  };
}
