import {
  assess,
  assessmentToJson,
  withRegisteredProfile,
  type AssessmentInput,
} from './computation/index.ts';
import type { Office } from './compose.ts';
import type { AssessmentRow, Batch, DeclarationRow } from './ledger.ts';
import { messageTypes, type MessageType } from './messages/index.ts';
import {
  blocks,
  Failure,
  parseEnterpriseNumber,
  type EnterpriseNumber,
  type Finding,
  type JudgedForm,
} from './vocabulary/index.ts';

export type Decide = (
  batch: Batch,
  forms: readonly JudgedForm[],
) => Promise<readonly DeclarationRow[]>;

interface Decision {
  readonly employer: EnterpriseNumber | undefined;
  readonly findings: readonly Finding[];
  readonly recipient?: string;
  readonly channel?: string;
  readonly rule: string;
  readonly explanation: string;
}

/**
 * Step 4 of a batch's life: who may speak for the employer, where the declaration goes, and what it
 * costs. Look-ups first, one query each for the whole chunk; then pure functions over them.
 */
export function decider(office: Office): Decide {
  return async (batch, forms) => {
    const type = messageTypes.get(batch.type);
    if (type === undefined) throw new Failure('gateway.defect', { type: batch.type });
    const decisions = await routesOf(forms);
    return forms.map((form, index) => {
      const decision = decisions[index];
      if (decision === undefined) throw new Failure('gateway.defect', { form: form.number });
      return rowOf({ office, batch, type, form, decision });
    });
  };
}

function routesOf(forms: readonly JudgedForm[]): Promise<readonly Decision[]> {
  return Promise.resolve(
    forms.map(({ extract }) => ({
      employer: parseEnterpriseNumber(extract?.employers[0]?.number ?? ''),
      findings: [],
      recipient: 'authority',
      channel: 'authority',
      rule: 'not-routed',
      explanation: 'declarations of this type go to the authority',
    })),
  );
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
  const findings = [...form.findings, ...decision.findings];
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
