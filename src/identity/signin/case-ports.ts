import type { Language } from '../../vocabulary/index.ts';

export type CaseKind =
  | 'new-codes'
  | 'username'
  | 'second-factor'
  | 'enterprise-number'
  | 'representative-access'
  | 'conversion'
  | 'other';

export type CaseState = 'open' | 'approved' | 'done' | 'refused';

export interface CaseRecord {
  readonly id: string;
  readonly kind: CaseKind;
  readonly personId?: string;
  readonly enterprise?: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly state: CaseState;
  readonly openedAt: Date;
  /** Legal dates, YYYY-MM-DD in Brussels. */
  readonly dueOn?: string;
  readonly alarmOn?: string;
  readonly alarmedAt?: Date;
  readonly closedAt?: Date;
  readonly closedBy?: string;
}

export interface RecoveryRequest {
  readonly id: string;
  readonly kind: 'username' | 'new-codes';
  readonly enterprise: string;
  readonly inszHash: Buffer;
  readonly language: Language;
  readonly source: string;
  readonly requestedAt: Date;
}

export interface CaseStore {
  insert(record: CaseRecord): Promise<void>;
  find(id: string): Promise<CaseRecord | undefined>;
  /** An open case of this kind about this person. */
  openOf(personId: string, kind: CaseKind): Promise<CaseRecord | undefined>;
  list(o: {
    readonly states: readonly CaseState[];
    readonly after?: string;
    readonly max: number;
  }): Promise<readonly CaseRecord[]>;
  change(o: {
    readonly id: string;
    readonly from: readonly CaseState[];
    readonly to: CaseState;
    readonly at: Date;
    readonly by: string;
    readonly facts?: Readonly<Record<string, string>>;
  }): Promise<boolean>;
  /** Open cases whose alarm is due; marked as alarmed for the one caller that gets them. */
  takeAlarms(today: string, at: Date, max: number): Promise<readonly CaseRecord[]>;
  addRequest(request: RecoveryRequest): Promise<void>;
  /** Takes the oldest request away; the transaction around decides whether it stays taken. */
  takeRequest(): Promise<RecoveryRequest | undefined>;
}
