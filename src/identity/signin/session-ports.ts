import type { AssignmentRecord, SignInPerson } from './person-ports.ts';

export type SessionStage = 'password-change' | 'second-factor' | 'enrolment' | 'role' | 'open';

export type Factor = 'password' | 'code' | 'totp' | 'backup-code' | 'certificate';

export interface SessionRecord {
  readonly id: string;
  readonly tokenHash: Buffer;
  readonly personId: string;
  readonly assignmentId?: string;
  readonly qualityId?: string;
  readonly certificateId?: string;
  readonly stage: SessionStage;
  readonly factors: readonly Factor[];
  readonly csrfHash: Buffer;
  readonly source: string;
  readonly userAgent: string;
  readonly createdAt: Date;
  /** When the last factor was shown. */
  readonly authenticatedAt: Date;
  readonly seenAt: Date;
  readonly idleUntil: Date;
  readonly absoluteUntil: Date;
  readonly endedAt?: Date;
  readonly endReason?: string;
}

export interface TokenRecord {
  readonly id: string;
  readonly tokenHash: Buffer;
  readonly personId: string;
  readonly assignmentId: string;
  readonly qualityId?: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly lastUsedAt?: Date;
  readonly revokedAt?: Date;
}

export interface OpenedSession {
  readonly session: SessionRecord;
  readonly person: SignInPerson;
  /** Absent before a role was chosen, and when the one chosen is no longer in force. */
  readonly assignment?: AssignmentRecord;
}

export interface SessionStore {
  /**
   * A new session; with a role its person's login is marked, and the enterprise opened whose chief
   * access manager came in for the first time.
   */
  begin(
    record: SessionRecord,
    role: AssignmentRecord | undefined,
  ): Promise<{ readonly enterpriseOpened: boolean }>;
  /** By token, when neither ended nor over; with its person and role as they are now. */
  open(tokenHash: Buffer, at: Date): Promise<OpenedSession | undefined>;
  touch(id: string, seenAt: Date, idleUntil: Date): Promise<void>;
  /** Gives the session a new token and what else changed, unless it has ended meanwhile. */
  renew(
    id: string,
    change: Pick<SessionRecord, 'tokenHash' | 'csrfHash' | 'stage' | 'factors' | 'idleUntil'> & {
      readonly authenticatedAt?: Date;
      readonly assignmentId?: string | undefined;
      readonly qualityId?: string | undefined;
      readonly certificateId?: string;
    },
  ): Promise<boolean>;
  end(o: { readonly id: string; readonly at: Date; readonly reason: string }): Promise<boolean>;
  endOf(o: {
    readonly personId: string;
    readonly except?: string;
    readonly at: Date;
    readonly reason: string;
  }): Promise<number>;
  list(personId: string, at: Date): Promise<readonly SessionRecord[]>;
  prune(before: Date, max: number): Promise<number>;
}

export interface TokenStore {
  insert(record: TokenRecord, perPersonMax: number): Promise<boolean>;
  open(
    tokenHash: Buffer,
    at: Date,
  ): Promise<
    | {
        readonly token: TokenRecord;
        readonly person: SignInPerson;
        readonly assignment: AssignmentRecord;
      }
    | undefined
  >;
  touch(id: string, at: Date): Promise<void>;
  list(personId: string): Promise<readonly TokenRecord[]>;
  revoke(o: {
    readonly id: string;
    readonly personId: string;
    readonly at: Date;
  }): Promise<boolean>;
}
