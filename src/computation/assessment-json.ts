import type { Cents } from '../vocabulary/index.ts';
import { formatEuro } from '../vocabulary/index.ts';
import type { Assessment, AssessmentStatus } from './assess.ts';

/** An assessment as plain data: amounts are decimal strings, trace lines without their legal basis. */
export interface AssessmentJson {
  readonly status: AssessmentStatus;
  readonly reason?: string;
  readonly entities: number | null;
  readonly activityTax: string | null;
  readonly levy: string | null;
  readonly total: string | null;
  readonly interest?: string;
  readonly fine?: string | null;
  readonly totalWithPenalties?: string;
  readonly trace: readonly {
    readonly rule: string;
    readonly text: string;
    readonly value: number | string;
  }[];
}

export function assessmentToJson(assessment: Assessment): AssessmentJson {
  const { status, reason, entities, interest, fine, totalWithPenalties } = assessment;
  return {
    status,
    ...(reason === undefined ? {} : { reason }),
    entities,
    activityTax: amount(assessment.activityTax),
    levy: amount(assessment.levy),
    total: amount(assessment.total),
    ...(interest === undefined ? {} : { interest: formatEuro(interest) }),
    ...(fine === undefined ? {} : { fine: amount(fine) }),
    ...(totalWithPenalties === undefined
      ? {}
      : { totalWithPenalties: formatEuro(totalWithPenalties) }),
    trace: assessment.trace.map(({ rule, text, value }) => ({ rule, text, value })),
  };
}

function amount(cents: Cents | null): string | null {
  return cents === null ? null : formatEuro(cents);
}
