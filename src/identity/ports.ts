import type {
  EnterpriseNumber,
  Environment,
  NssoNumber,
  SenderNumber,
} from '../vocabulary/index.ts';
import type { ChannelChange, ChannelStore } from './channels/ports.ts';
import type { Quality } from './qualities.ts';
import type { AuditStore } from './people/audit-ports.ts';
import type { PeopleStore } from './people/people-ports.ts';
import type { ThrottleState } from './throttle.ts';

/** Where acts and logins are written down for operators. */
export interface IdentityJournal {
  record(event: IdentityEvent): Promise<void>;
}

export interface IdentityEvent {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly code: string;
  readonly sender?: string;
  readonly username?: string;
  readonly source?: string;
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
}

/** A slow password hash. `matches` costs as much for a wrong password as for a right one. */
export interface PasswordHash {
  /** A PHC string: algorithm, cost, salt and digest in one. */
  make(password: string): Promise<string>;
  matches(phc: string, password: string): Promise<boolean>;
}

export interface EnterpriseRecord {
  readonly number: EnterpriseNumber;
  readonly nsso?: NssoNumber;
  /** Absent while only the number is known: an enterprise that others named in a mandate. */
  readonly name?: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly registeredAt: Date;
}

export interface SenderProfile {
  /** Receipts list every error found instead of the first. */
  readonly allErrors: boolean;
  /** Answers leave zipped (CO instead of FO). */
  readonly zippedAnswers: boolean;
}

export interface SenderRecord {
  readonly number: SenderNumber;
  readonly enterprise: EnterpriseNumber;
  readonly quality: Quality;
  /** Message types the sender may exchange; empty = every type. */
  readonly types: readonly string[];
  readonly environments: readonly Environment[];
  readonly profile: SenderProfile;
  readonly state: 'active' | 'suspended';
  /** False while the enterprise awaits its chief access manager, was closed, or its quality is suspended. */
  readonly open: boolean;
  readonly createdAt: Date;
}

export type Auth = 'publickey' | 'publickey+password' | 'password';
export type TechnicalUserState = 'active' | 'blocked' | 'removed';

export interface TechnicalUserRecord {
  readonly id: string;
  readonly username: string;
  readonly sender: SenderNumber;
  readonly auth: Auth;
  readonly allowSshRsa: boolean;
  readonly state: TechnicalUserState;
  readonly hasPassword: boolean;
  readonly revokedSerials: readonly bigint[];
  readonly createdAt: Date;
}

export interface CredentialRecord {
  readonly id: string;
  readonly technicalUserId: string;
  /** The certificate a `certificate-key` was read from. */
  readonly certificateId?: string;
  readonly kind: 'ssh-key' | 'ssh-ca' | 'certificate-key';
  readonly algorithm: string;
  readonly blob: Buffer;
  readonly fingerprint: string;
  readonly comment: string;
  readonly addedAt: Date;
  readonly retiredAt?: Date;
}

export interface CertificateRecord {
  readonly id: string;
  readonly technicalUserId: string;
  /** SHA-256 of the DER, lowercase hex. */
  readonly fingerprint: string;
  readonly der: Buffer;
  readonly subject: string;
  readonly issuer: string;
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly addedAt: Date;
  readonly retiredAt?: Date;
}

/** A certificate with the login and the sender it belongs to. */
export interface OwnedCertificate extends CertificateRecord {
  readonly username: string;
  readonly sender: SenderNumber;
  readonly userState: TechnicalUserState;
}

export interface AnchorRecord {
  readonly fingerprint: string;
  readonly der: Buffer;
  readonly subject: string;
  readonly issuer: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly addedAt: Date;
}

export interface CrlRecord {
  /** Fingerprint of the anchor that signed it. */
  readonly anchor: string;
  readonly der: Buffer;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly addedAt: Date;
}

export interface ThrottleKey {
  readonly key: string;
  readonly scope: 'pair' | 'source' | 'account';
  readonly source?: string;
  /** Only for accounts that exist. */
  readonly username?: string;
}

export interface ThrottleRow extends ThrottleKey, ThrottleState {
  /** A lock was written to the journal and its end was not yet. */
  readonly locked: boolean;
  /** Logins refused unheard during the lock. */
  readonly refused: number;
}

export interface EnterpriseStore {
  find(number: EnterpriseNumber): Promise<EnterpriseRecord | undefined>;
  insert(record: EnterpriseRecord): Promise<'done' | 'exists' | 'nsso-taken'>;
  /** Fills in an enterprise known by number only. */
  complete(record: EnterpriseRecord): Promise<'done' | 'exists' | 'nsso-taken'>;
  /** Registers the numbers not there yet; gives how many those were. */
  insertNumbers(numbers: readonly EnterpriseNumber[], at: Date): Promise<number>;
  known(numbers: readonly string[]): Promise<ReadonlySet<string>>;
  byNsso(numbers: readonly string[]): Promise<readonly EnterpriseRecord[]>;
  list(o: { readonly after?: string; readonly max: number }): Promise<readonly EnterpriseRecord[]>;
}

export interface SenderStore {
  find(number: SenderNumber): Promise<SenderRecord | undefined>;
  /** Of a quality of an enterprise. */
  ofQuality(enterprise: string, quality: string): Promise<SenderRecord | undefined>;
  /** With a row for its quality and the channels that are in production at once, all or nothing. */
  insert(
    record: SenderRecord,
    channels: readonly ChannelChange[],
  ): Promise<'done' | 'exists' | 'quality-taken' | 'enterprise-unknown'>;
  list(o: { readonly after?: string; readonly max: number }): Promise<readonly SenderRecord[]>;
}

export interface NewTechnicalUser {
  readonly user: TechnicalUserRecord;
  readonly passwordHash?: string;
  readonly credentials: readonly CredentialRecord[];
  readonly certificates: readonly CertificateRecord[];
}

export interface TechnicalUserStore {
  find(username: string): Promise<TechnicalUserRecord | undefined>;
  /** All or nothing. */
  insert(o: NewTechnicalUser): Promise<'done' | 'exists' | 'sender-unknown' | 'certificate-taken'>;
  list(o: {
    readonly sender?: string;
    readonly after?: string;
    readonly max: number;
  }): Promise<readonly TechnicalUserRecord[]>;
  /**
   * Changes the state when it is one of `from`, and tells every node by NOTIFY with the id of the
   * account; a removal retires every key and certificate.
   */
  changeState(o: {
    readonly id: string;
    readonly from: readonly TechnicalUserState[];
    readonly to: TechnicalUserState;
    readonly at: Date;
  }): Promise<boolean>;
  setPassword(o: { readonly id: string; readonly hash: string; readonly at: Date }): Promise<void>;
  passwordHash(id: string): Promise<string | undefined>;
  /** Whether an active account may log in by a password alone. */
  anyByPassword(): Promise<boolean>;
  revokeSerial(o: {
    readonly id: string;
    readonly serial: bigint;
    readonly at: Date;
  }): Promise<boolean>;
  addCredentials(records: readonly CredentialRecord[]): Promise<'done' | 'exists'>;
  retireCredential(o: {
    readonly technicalUserId: string;
    readonly fingerprint: string;
    readonly at: Date;
  }): Promise<boolean>;
  /** Keys not retired; those of a certificate only while it is valid at the instant. */
  credentialsAt(technicalUserId: string, at: Date): Promise<readonly CredentialRecord[]>;
  /**
   * What a login over a channel needs, in one query; removed users are not found. A sender is active
   * there when it is not suspended, nor its registration for the channel suspended or closed.
   */
  login(
    username: string,
    channel: string,
  ): Promise<{ readonly user: TechnicalUserRecord; readonly senderActive: boolean } | undefined>;
}

export interface CertificateStore {
  /** All or nothing, with the login keys read from the certificates. */
  insert(o: {
    readonly certificates: readonly CertificateRecord[];
    readonly credentials: readonly CredentialRecord[];
  }): Promise<'done' | 'taken'>;
  /** Those with this fingerprint that are not retired. */
  current(fingerprint: string): Promise<OwnedCertificate | undefined>;
  /** Who had it registered at the instant. */
  ownerAt(fingerprint: string, at: Date): Promise<OwnedCertificate | undefined>;
  /** With its key; sessions opened with that end. */
  retire(o: { readonly id: string; readonly at: Date }): Promise<boolean>;
  list(o: {
    readonly username?: string;
    readonly retired: boolean;
    /** Only those valid then, and not blocked or revoked by then as a person's certificate. */
    readonly goodAt?: Date;
    readonly max: number;
  }): Promise<readonly OwnedCertificate[]>;
}

export interface TrustStore {
  /** Changes whenever an anchor or a list does: revocation lists are too long to read each time. */
  stamp(): Promise<string>;
  insertAnchor(record: AnchorRecord): Promise<boolean>;
  anchors(): Promise<readonly AnchorRecord[]>;
  crls(): Promise<readonly CrlRecord[]>;
  /** Keeps the newer of the stored and the given list; false when the stored one is as new. */
  saveCrl(record: CrlRecord): Promise<boolean>;
}

export interface ThrottleStore {
  /** The rows there are, and when this account was last remembered at this source since `since`. */
  look(o: {
    readonly keys: readonly string[];
    readonly username: string;
    readonly source: string;
    readonly since: Date;
  }): Promise<{ readonly rows: readonly ThrottleRow[]; readonly knownAt?: Date }>;
  /** Reads, changes and writes the row under its lock, so that no guess is lost between nodes. */
  change(
    key: ThrottleKey,
    next: (row: ThrottleRow | undefined) => ThrottleRow,
  ): Promise<ThrottleRow>;
  /** So many more were turned away by the lock. A crash may lose the last second of them. */
  countRefusals(key: string, count: number): Promise<void>;
  /** Marks a lock that ran out as ended; tells the one caller that did it how many it turned away. */
  endLock(o: { readonly key: string; readonly until: Date }): Promise<number | undefined>;
  /** Forgets every row of a username; gives back what was there. */
  clear(o: { readonly username: string }): Promise<readonly ThrottleRow[]>;
  /**
   * A right login: forgets the row of the key, gives back what was there, and remembers the source.
   * A source remembered today is not written again: once a day is fine enough for months.
   */
  succeed(o: {
    readonly key: string;
    readonly username: string;
    readonly source: string;
    readonly at: Date;
  }): Promise<readonly ThrottleRow[]>;
  /** Locks in force, latest end first. */
  locked(o: { readonly at: Date; readonly max: number }): Promise<readonly ThrottleRow[]>;
  /** Locks that ran out before the instant and were not marked as ended. */
  lapsed(o: { readonly at: Date; readonly max: number }): Promise<readonly ThrottleRow[]>;
  /** Deletes rows and sources that say nothing any more; gives how many. */
  prune(o: {
    readonly rowsBefore: Date;
    readonly sourcesBefore: Date;
    readonly at: Date;
  }): Promise<number>;
}

/** Everything identity keeps. */
export interface RegistrationStore {
  readonly enterprises: EnterpriseStore;
  readonly senders: SenderStore;
  readonly channels: ChannelStore;
  readonly technicalUsers: TechnicalUserStore;
  readonly certificates: CertificateStore;
  readonly trust: TrustStore;
  readonly throttle: ThrottleStore;
  readonly audit: AuditStore;
  readonly people: PeopleStore;
}
