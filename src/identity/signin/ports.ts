import type { Language } from '../../vocabulary/index.ts';
import type { AuditEventName } from '../people/audit.ts';
import type { Caller } from '../people/caller.ts';
import type { PasswordHash } from '../ports.ts';
import type { CaseStore } from './case-ports.ts';
import type { PersonCertificateStore } from './certificate-ports.ts';
import type { CodeStore, FactorStore, PasswordStore } from './factor-ports.ts';
import type { SignInPersonStore } from './person-ports.ts';
import type { SessionStore, TokenStore } from './session-ports.ts';

export type * from './case-ports.ts';
export type * from './certificate-ports.ts';
export type * from './factor-ports.ts';
export type * from './person-ports.ts';
export type * from './session-ports.ts';

/** A transaction of the store: handed through, never looked into. */
export type Transaction = object;

/** Where acts are written down for ever; the trail of the `people` part. */
export interface SignInAudit {
  record(caller: Caller, entry: SignInEvent, trx?: Transaction): Promise<void>;
  /** Several at once, in this order. */
  recordAll(
    entries: readonly { readonly caller: Caller; readonly event: SignInEvent }[],
    trx?: Transaction,
  ): Promise<void>;
}

export interface SignInEvent {
  /** An OWASP name, such as `authn_login_success`. */
  readonly event: AuditEventName;
  readonly action: string;
  readonly target: string;
  readonly enterprise?: string;
  readonly qualityId?: string;
  readonly result: 'done' | 'refused' | 'failed';
  readonly before?: Readonly<Record<string, string | number | boolean>>;
  readonly after?: Readonly<Record<string, string | number | boolean>>;
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
  | 'role-given'
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
  /** The same store within a transaction that was begun elsewhere. */
  within(trx: Transaction): SignInStore;
  /** All or nothing: the store handed to `work`, and what is given `trx`, are one transaction. */
  atomically<T>(work: (store: SignInStore, trx: Transaction) => Promise<T>): Promise<T>;
}
