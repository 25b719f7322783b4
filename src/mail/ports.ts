import type { Language } from '../vocabulary/index.ts';

/** A transaction of the store: handed through, never looked into. */
export type Transaction = object;

/** `held`: there is no mail server, operators hand the letter over; `dead`: given up. */
export type MailState = 'pending' | 'sent' | 'held' | 'dead';

export interface MailRecord {
  readonly id: string;
  readonly template: string;
  readonly recipient: string;
  readonly language: Language;
  readonly subject: string;
  /** Sealed when the letter carries a secret; empty once such a letter was sent. */
  readonly body: string;
  readonly secret: boolean;
  readonly state: MailState;
  readonly attempts: number;
  readonly runAfter: Date;
  readonly lastError?: string;
  readonly createdAt: Date;
  readonly sentAt?: Date;
}

export interface MailStore {
  insert(record: MailRecord, trx?: Transaction): Promise<void>;
  find(id: string): Promise<MailRecord | undefined>;
  /** Newest first; continues before the letter named. */
  list(o: {
    readonly states: readonly MailState[];
    readonly after?: string;
    readonly max: number;
  }): Promise<readonly MailRecord[]>;
  /** Takes due letters for as long as the lease, counting the attempt; none is taken twice. */
  claim(o: {
    readonly at: Date;
    readonly until: Date;
    readonly max: number;
  }): Promise<readonly MailRecord[]>;
  markSent(id: string, o: { readonly at: Date; readonly blank: boolean }): Promise<void>;
  markFailed(
    id: string,
    o: { readonly runAfter: Date; readonly error: string; readonly dead: boolean },
  ): Promise<void>;
  /** Makes a held or dead letter due; false when it is neither. */
  release(id: string, at: Date): Promise<boolean>;
  prune(before: Date, max: number): Promise<number>;
}

/** Seals what must not be readable in the database. */
export interface MailVault {
  seal(plain: Buffer): Buffer;
  open(sealed: Buffer): Buffer;
}

/** What hands letters to a mail server. */
export interface Carrier {
  /** Throws what the server or the network said. */
  carry(letter: {
    readonly id: string;
    readonly to: string;
    readonly language: Language;
    readonly subject: string;
    readonly text: string;
  }): Promise<void>;
  close(): void;
}
