import type { EnterpriseNumber, Language } from '../../vocabulary/index.ts';
import type { PasswordHash } from '../ports.ts';
import type { AuditEventName } from '../people/audit.ts';
import type { Caller, Role } from '../people/caller.ts';

/** A transaction of the store: handed through, never looked into. */
export type Transaction = object;

/** Where acts are written down for ever; the trail of the `people` part. */
export interface SignInAudit {
  record(
    caller: Caller,
    entry: {
      /** An OWASP name, such as `authn_login_success`. */
      readonly event: AuditEventName;
      readonly action: string;
      readonly target: string;
      readonly enterprise?: string;
      readonly qualityId?: string;
      readonly result: 'done' | 'refused' | 'failed';
      readonly before?: Readonly<Record<string, string | number | boolean>>;
      readonly after?: Readonly<Record<string, string | number | boolean>>;
    },
    trx?: Transaction,
  ): Promise<void>;
}

/** Acts of others upon a person's way in. Who may is the matrix's business. */
export type SignInAct =
  | 'password.reset'
  | 'lock.release'
  | 'second-factor.reset'
  | 'session.end'
  | 'certificate.withdraw'
  | 'case.list'
  | 'case.close';

/** Asks the matrix. */
export interface SignInGate {
  /** @throws Failure `access.denied`, or `registration.unknown` for persons the caller may not see */
  require(caller: Caller, act: SignInAct, target: { readonly personId?: string }): Promise<void>;
}

export type LetterName =
  | 'initial-code'
  | 'reset-code'
  | 'password-changed'
  | 'factor-changed'
  | 'factor-reset'
  | 'backup-codes-low'
  | 'account-locked'
  | 'password-disabled'
  | 'username-reminder'
  | 'email-confirm'
  | 'email-changed'
  | 'certificate-expiring'
  | 'certificate-changed'
  | 'case-opened'
  | 'case-alarm';

/** Letters leave in the person's language. The text of those with a `secret` is kept sealed. */
export interface Letters {
  send(
    letter: {
      readonly template: LetterName;
      readonly to: string;
      readonly language: Language;
      readonly data: Readonly<Record<string, string>>;
      readonly secret?: boolean;
    },
    trx?: Transaction,
  ): Promise<void>;
}

/** Seals what must not be readable in the database; the key lies outside it. */
export interface SealedBox {
  seal(plain: Buffer): Buffer;
  /** @throws Failure `gateway.defect` when another key sealed it, or it was altered */
  open(sealed: Buffer): Buffer;
}

/** The slow hash of persons' secrets: keyed, so that a copy of the database alone cannot be guessed at. */
export interface SecretHash extends PasswordHash {
  /** Whether a hash was made with other parameters than those in force. */
  outdated(phc: string): boolean;
}

export type SessionStage = 'password-change' | 'second-factor' | 'enrolment' | 'role' | 'open';
export type Factor = 'password' | 'code' | 'totp' | 'backup-code' | 'certificate';

/** What a login needs to know of a person. */
export interface SignInPerson {
  readonly id: string;
  readonly username: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly language: Language;
  readonly email?: string;
  readonly active: boolean;
  readonly firstLoginAt?: Date;
}

export interface PasswordRecord {
  readonly phc: string;
  readonly policy: string;
  readonly standsAlone: boolean;
  readonly failures: number;
  readonly disabledAt?: Date;
  readonly changedAt: Date;
}

export type CodePurpose = 'initial' | 'password-reset' | 'email-change' | 'second-factor-reset';

export interface CodeRecord {
  readonly id: string;
  readonly personId: string;
  readonly purpose: CodePurpose;
  readonly hash: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly failures: number;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly usedAt?: Date;
}

export interface TotpRecord {
  readonly personId: string;
  readonly sealed: Buffer;
  readonly lastStep: bigint;
  readonly failures: number;
  readonly disabledAt?: Date;
  readonly activatedAt: Date;
}

export interface EnrolmentRecord {
  readonly personId: string;
  readonly sessionId: string;
  readonly sealed: Buffer;
  /** The time step of the code that proved the app; absent before. */
  readonly step?: bigint;
  readonly codeHashes: readonly string[];
  readonly startedAt: Date;
  readonly expiresAt: Date;
}

export interface BackupCodeRecord {
  readonly number: number;
  readonly hash: string;
  readonly usedAt?: Date;
}

/** A role that may be chosen now: active, within its dates, of an enterprise that is not closed. */
export interface AssignmentRecord {
  readonly id: string;
  readonly role: Role;
  readonly enterprise?: EnterpriseNumber;
  readonly enterpriseName?: string;
  /** ISO 3166-1 alpha-2. */
  readonly country?: string;
  readonly qualityId?: string;
  readonly qualityType?: string;
}

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

export type PersonCertificateState = 'active' | 'blocked' | 'retired' | 'revoked';

export interface PersonCertificateRecord {
  readonly id: string;
  readonly personId: string;
  readonly fingerprint: string;
  readonly der: Buffer;
  readonly subject: string;
  readonly issuer: string;
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly qualified: boolean;
  readonly state: PersonCertificateState;
  readonly addedAt: Date;
  readonly changedAt: Date;
}

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

/** Where somebody has a role. */
export interface Place {
  readonly role: Role;
  readonly enterprise?: string;
  readonly qualityId?: string;
}

export interface SignInPersonStore {
  byUsername(username: string): Promise<SignInPerson | undefined>;
  byId(id: string): Promise<SignInPerson | undefined>;
  /** Persons of the enterprise under this national number. */
  byNumbers(enterprise: string, inszHash: Buffer): Promise<SignInPerson | undefined>;
  assignments(personId: string, at: Date): Promise<readonly AssignmentRecord[]>;
  /** Whether the enterprise has this quality, active. */
  hasQuality(enterprise: string, qualityId: string): Promise<boolean>;
  /** Every place somebody has, also those blocked: for whoever asks to act upon him. */
  places(personId: string): Promise<readonly Place[]>;
  /** What nobody should take for a password: user name, names, enterprises. */
  context(personId: string): Promise<readonly string[]>;
  /** Where else somebody must hear of it when his factors change: mail of his qualities. */
  otherAddresses(personId: string): Promise<readonly string[]>;
  setLanguage(personId: string, language: Language, at: Date): Promise<void>;
  setEmail(personId: string, email: string, at: Date): Promise<void>;
  /** Marks a login; opens an enterprise whose chief access manager came in for the first time. */
  markLogin(o: {
    readonly personId: string;
    readonly assignment: AssignmentRecord;
    readonly at: Date;
  }): Promise<{ readonly enterpriseOpened: boolean }>;
}

export interface PasswordStore {
  find(personId: string): Promise<PasswordRecord | undefined>;
  set(personId: string, record: Omit<PasswordRecord, 'failures' | 'disabledAt'>): Promise<void>;
  /** A new hash of the same password, unless it was changed meanwhile. */
  rehash(personId: string, from: string, to: string): Promise<void>;
  /** One more wrong try; disabled at the limit. Tells the count and whether this try disabled it. */
  fail(
    personId: string,
    limit: number,
    at: Date,
  ): Promise<{ readonly failures: number; readonly disabled: boolean }>;
  /** Wrong tries are forgotten. */
  succeed(personId: string): Promise<void>;
  /** It opens nothing any more; kept so that it is not chosen again. */
  disable(personId: string, at: Date): Promise<void>;
}

export interface CodeStore {
  /** Voids the unused ones of the same purpose. */
  insert(record: CodeRecord): Promise<void>;
  /** The newest of these purposes that is neither used nor lapsed nor worn out by wrong tries. */
  current(
    personId: string,
    purposes: readonly CodePurpose[],
    at: Date,
    failuresMax: number,
  ): Promise<CodeRecord | undefined>;
  fail(id: string): Promise<void>;
  /** True for the one caller who used it. */
  use(id: string, at: Date): Promise<boolean>;
  voidAll(personId: string, purposes: readonly CodePurpose[], at: Date): Promise<void>;
}

export interface FactorStore {
  totp(personId: string): Promise<TotpRecord | undefined>;
  /** Moves the last step forward; false when this or a later step was taken already. */
  takeStep(personId: string, step: bigint): Promise<boolean>;
  fail(
    personId: string,
    limit: number,
    at: Date,
  ): Promise<{ readonly failures: number; readonly disabled: boolean }>;
  succeed(personId: string): Promise<void>;
  backupCodes(personId: string): Promise<readonly BackupCodeRecord[]>;
  /** True for the one caller who used it. */
  useBackupCode(personId: string, number: number, at: Date): Promise<boolean>;
  replaceBackupCodes(personId: string, hashes: readonly string[]): Promise<void>;
  saveEnrolment(record: EnrolmentRecord): Promise<void>;
  enrolment(personId: string): Promise<EnrolmentRecord | undefined>;
  /** One more wrong code while it is set up; tells how many those were. */
  failEnrolment(personId: string): Promise<number>;
  /** Notes the step that proved the app and the codes that go with it. */
  proveEnrolment(
    personId: string,
    o: { readonly step: bigint; readonly codeHashes: readonly string[] },
  ): Promise<boolean>;
  /** The enrolment becomes the factor in force, its codes the codes. False when it was not proven. */
  activate(personId: string, sessionId: string, at: Date): Promise<boolean>;
  dropEnrolment(personId: string): Promise<void>;
  /** Factor, codes and enrolment, for good; false when there were none. */
  remove(personId: string): Promise<boolean>;
}

export interface OpenedSession {
  readonly session: SessionRecord;
  readonly person: SignInPerson;
  /** Absent before a role was chosen, and when the one chosen is no longer in force. */
  readonly assignment?: AssignmentRecord;
}

export interface SessionStore {
  insert(record: SessionRecord): Promise<void>;
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

/** A certificate of a technical user that is about to expire. */
export interface ExpiringCertificate {
  readonly fingerprint: string;
  readonly subject: string;
  readonly notAfter: Date;
  readonly owner: string;
  readonly recipients: readonly { readonly to: string; readonly language: Language }[];
}

export interface PersonCertificateStore {
  insert(record: PersonCertificateRecord): Promise<'done' | 'taken'>;
  /** Those not retired. */
  byFingerprint(fingerprint: string): Promise<PersonCertificateRecord | undefined>;
  byId(id: string): Promise<PersonCertificateRecord | undefined>;
  of(personId: string): Promise<readonly PersonCertificateRecord[]>;
  /** Active ones with this subject and issuer: what a renewed certificate came from. */
  sameHolder(subject: string, issuer: string): Promise<readonly PersonCertificateRecord[]>;
  /** Changes the state when it is one of `from`; ends the sessions opened with it. */
  changeState(o: {
    readonly id: string;
    readonly from: readonly PersonCertificateState[];
    readonly to: PersonCertificateState;
    readonly at: Date;
  }): Promise<boolean>;
  /** Active certificates of persons and technical users that expire before `until`. */
  expiring(o: {
    readonly at: Date;
    readonly until: Date;
    readonly max: number;
  }): Promise<readonly ExpiringCertificate[]>;
  /** True for the one caller that marks it: the notice is his to send. */
  markNotice(fingerprint: string, days: number, at: Date): Promise<boolean>;
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

export interface ApplicationStore {
  /** Undefined when there is no such application. */
  needsCertificate(code: string): Promise<boolean | undefined>;
}

/** Everything signing in keeps. */
export interface SignInStore {
  readonly persons: SignInPersonStore;
  readonly passwords: PasswordStore;
  readonly codes: CodeStore;
  readonly factors: FactorStore;
  readonly sessions: SessionStore;
  readonly tokens: TokenStore;
  readonly certificates: PersonCertificateStore;
  readonly cases: CaseStore;
  readonly applications: ApplicationStore;
  /** All or nothing: the store handed to `work`, and what is given `trx`, are one transaction. */
  /** The same store within a transaction that was begun elsewhere. */
  within(trx: Transaction): SignInStore;
  atomically<T>(work: (store: SignInStore, trx: Transaction) => Promise<T>): Promise<T>;
}
