/** A transaction of the store, as the room hands it on without looking inside. */
export type OpenTransaction = object;

export type AuditResult = 'done' | 'refused' | 'failed';

/** A value of `before` and `after`. Numbers are whole; amounts and instants are text. */
export type AuditValue =
  | string
  | number
  | boolean
  | null
  | readonly AuditValue[]
  | { readonly [name: string]: AuditValue | undefined };

/** An event as it is kept. Absent columns are absent, never null, so that the hash has one reading. */
export interface AuditRow {
  /** From 1, without gaps. */
  readonly seq: bigint;
  readonly at: Date;
  readonly event: string;
  readonly actor: string;
  readonly actingAs: string;
  readonly action: string;
  readonly target: string;
  readonly enterprise?: string;
  readonly qualityId?: string;
  readonly source: string;
  readonly result: AuditResult;
  readonly before?: AuditValue;
  readonly after?: AuditValue;
  readonly prevHash: Buffer;
  readonly hash: Buffer;
}

export interface AuditFilter {
  readonly actor?: string;
  readonly target?: string;
  readonly event?: string;
  readonly action?: string;
  readonly result?: AuditResult;
  readonly enterprise?: string;
  readonly qualityId?: string;
  readonly since?: Date;
  readonly until?: Date;
}

/** The trail: rows are added and read, never changed. */
export interface AuditStore {
  /**
   * Adds the events that `make` builds on the last one. Writers wait for one another on every node,
   * until their transactions end: within a transaction this comes last, or two of them could wait
   * for each other.
   */
  append(
    make: (
      last: { readonly seq: bigint; readonly hash: Buffer } | undefined,
    ) => readonly AuditRow[],
    trx?: OpenTransaction,
  ): Promise<void>;
  /** Newest first, those before `before`. */
  list(
    o: AuditFilter & { readonly before?: bigint; readonly max: number },
  ): Promise<readonly AuditRow[]>;
  /** Oldest first, those after `after`. */
  read(o: { readonly after: bigint; readonly max: number }): Promise<readonly AuditRow[]>;
}
