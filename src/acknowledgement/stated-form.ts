import type { EnterpriseNumber, FormHeader, Ticket } from '../vocabulary/index.ts';

export type AssessmentStatus =
  'LIABLE' | 'LIABLE_ZERO' | 'NOT_LIABLE' | 'OFFICE_ASSESSMENT' | 'REJECTED';

/** The outcome of a computation as it is stored; amounts are decimal strings, null where none was due. */
export interface StatedAssessment {
  readonly status: AssessmentStatus;
  /** Why it was rejected. */
  readonly reason?: string;
  readonly entities: number | null;
  readonly activityTax: string | null;
  readonly levy: string | null;
  readonly total: string | null;
  readonly interest?: string | null;
  readonly fine?: string | null;
  readonly totalWithPenalties?: string | null;
  readonly trace: readonly StatedStep[];
}

export interface StatedStep {
  readonly rule: string;
  readonly basis?: string;
  readonly text: string;
  readonly value: number | string;
}

/** The assessment of one declaration. */
export interface StatedForm {
  /** Of the form, as its notification gives it. */
  readonly ticket: Ticket;
  readonly header: FormHeader;
  readonly reference?: string;
  /** The contributor's enterprise number. */
  readonly company: EnterpriseNumber;
  readonly year: number;
  /** Whether the rate of the year may still change. */
  readonly provisional: boolean;
  readonly assessment: StatedAssessment;
}
