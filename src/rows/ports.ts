import type { Finding, JudgedForm } from '../vocabulary/index.ts';

/** A declaration with everything that became of it, before it is a row. */
export interface DeclarationRow {
  readonly form: JudgedForm;
  readonly accepted: boolean;
  readonly findings: readonly Finding[];
  readonly employer: string | undefined;
  readonly quarter: number | undefined;
  readonly recipient: string | undefined;
  readonly channel: string | undefined;
  readonly rule: string | undefined;
  readonly explanation: string | undefined;
  readonly assessment: AssessmentRow | undefined;
}

export interface AssessmentRow {
  readonly year: number;
  readonly status: string;
  readonly reason: string | undefined;
  readonly entities: number | undefined;
  readonly activityTax: bigint | undefined;
  readonly levy: bigint | undefined;
  readonly total: bigint | undefined;
  /** The whole assessment, trace included, as JSON text. */
  readonly result: string;
}
