import type { InDirectory, OutDirectory, SenderNumber } from '../vocabulary/index.ts';

/** Who a login is and how it must prove itself. */
export interface Account {
  readonly id: string;
  readonly username: string;
  readonly senderNumber: SenderNumber;
  readonly auth: 'publickey' | 'publickey+password' | 'password';
  /** Whether RSA signatures over SHA-1 (`ssh-rsa`) are still taken from this account. */
  readonly allowSshRsa: boolean;
}

/** A public key as SSH writes it: `ssh-ed25519` and the blob that base64 shows in key files. */
export interface PublicKey {
  readonly algorithm: string;
  readonly blob: Buffer;
}

/** An account with what a login is checked against. Blocked accounts are handed out as blocked. */
export interface LoginAccount extends Account {
  readonly blocked: boolean;
  readonly keys: readonly (PublicKey & { readonly fingerprint: string })[];
  /** Keys whose OpenSSH user certificates are taken for this account. */
  readonly certificateAuthorities: readonly PublicKey[];
  readonly revokedSerials: readonly bigint[];
}

/** Why a login ended as it did. The client is never told which. */
export type LoginReason =
  | 'ok'
  | 'unknown-account'
  | 'blocked'
  | 'wrong-key'
  | 'bad-signature'
  | 'sha1-refused'
  | 'wrong-password'
  | 'method-not-allowed'
  | 'throttled'
  | 'certificate-refused'
  | 'too-many-attempts'
  | 'grace-expired';

export interface LoginOutcome {
  readonly username: string;
  /** Address of the client, IPv4 in dotted form. */
  readonly source: string;
  readonly outcome: 'accepted' | 'refused';
  readonly reason: LoginReason;
  /** What was tried: `publickey`, `password`, `publickey+password`, `certificate`, `none`. */
  readonly method: string;
}

/** Accounts and their protection, as the gateway's own register keeps them. */
export interface Logins {
  /**
   * The throttle, asked before anything costly. False refuses the attempt. Asked without `method`
   * when a login begins, and with `password` before a password is checked that no proven key came
   * before: guesses spread over many sources stop only that.
   */
  admit(attempt: {
    readonly username: string;
    readonly source: string;
    readonly method?: string;
  }): Promise<boolean>;
  accountFor(username: string): Promise<LoginAccount | undefined>;
  /** Takes as long for `undefined` as for an account, so that time tells nothing. */
  passwordMatches(account: LoginAccount | undefined, password: string): Promise<boolean>;
  /**
   * Whether any account may log in by a password alone. It decides what every client is offered,
   * known or not, so that the offer tells nothing about one account.
   */
  offersPassword(): Promise<boolean>;
  /** The throttle's score and the journal's line. */
  note(outcome: LoginOutcome): Promise<void>;
}

export type Directory = InDirectory | OutDirectory;

/** A file as a listing shows it. */
export interface Entry {
  readonly name: string;
  readonly bytes: number;
  readonly modifiedAt: Date;
}

/** A fault of the message that brought a file: a reception code, told in the receipt of its set. */
export interface HeaderFault {
  readonly code: string;
  /** One English sentence. */
  readonly detail: string;
}

/** A file that was to be uploaded by another channel, as its announcement says it is. */
export interface AnnouncedFile {
  readonly name: string;
  readonly bytes: number;
  /** Lowercase hex. */
  readonly sha256: string;
}

/** What a message says beside the file it carries; it lands with the file. */
export interface FileNote {
  /** Makes a repetition of the message recognisable; one landed file of a sender has it. */
  readonly messageKey?: string;
  readonly faults?: readonly HeaderFault[];
  /** The files a GO stands for, when they came by another channel. */
  readonly announced?: readonly AnnouncedFile[];
}

/** What one login sees. Every call may throw; see `MailboxRefused` for a refusal worth telling. */
export interface Mailbox {
  /** At most `max` entries whose names come after `after`, ordered by name: keyset pages. */
  list(directory: Directory, after: string | undefined, max: number): Promise<readonly Entry[]>;
  stat(directory: Directory, name: string): Promise<Entry | undefined>;
  /** Opens a file for writing: a new one, or an unfinished one to go on with. */
  create(options: {
    readonly directory: InDirectory;
    readonly name: string;
    /** Start from nothing, whatever stands there unfinished. */
    readonly truncate: boolean;
    /** Refuse when anything stands there. */
    readonly exclusive: boolean;
    /** What came with the file and is not in it. */
    readonly note?: FileNote;
  }): Promise<Upload>;
  rename(options: {
    readonly directory: InDirectory;
    readonly from: string;
    readonly to: string;
    readonly replace: boolean;
  }): Promise<void>;
  remove(directory: Directory, name: string): Promise<void>;
  open(directory: Directory, name: string): Promise<Download>;
}

/** A file on its way in. Exactly one of `land` and `abandon` is called, once, as the last call. */
export interface Upload {
  /** Size at the moment it was opened. */
  readonly bytes: number;
  /**
   * Called again before the call before it resolved; ranges under way at one moment never overlap.
   * The buffer may not be used after the promise has settled.
   */
  write(part: { readonly at: number; readonly data: Buffer }): Promise<void>;
  /** Cuts or extends (with zeros). Never called while a write is under way. */
  truncate(bytes: number): Promise<void>;
  sync(): Promise<void>;
  /** Resolves once the file is durable and known: only then is the sender told it arrived. */
  land(): Promise<void>;
  /** The file stays unfinished: it may be resumed, and is no part of any batch. */
  abandon(reason: AbandonReason): Promise<void>;
}

export type AbandonReason = 'connection-lost' | 'write-failed' | 'resized' | 'server-stopped';

/** A file on its way out. `close` is called once, as the last call. */
export interface Download {
  readonly bytes: number;
  /** May return fewer bytes than asked at the end of the file, and an empty buffer beyond it. */
  read(part: { readonly at: number; readonly bytes: number }): Promise<Buffer>;
  /** `readToEnd`: the client closed it after having been sent its last byte, so it was collected. */
  close(options: { readonly readToEnd: boolean }): Promise<void>;
}

export type RefusalStatus =
  'no-such-file' | 'permission-denied' | 'failure' | 'exists' | 'unsupported';

/** What the client is told: a status and a short text. */
export interface MailboxRefusal {
  readonly status: RefusalStatus;
  readonly text: string;
}

/**
 * Any error a Mailbox throws, directly or as a cause, that carries a refusal. A shape and not a
 * class, so that a Mailbox needs no more than this type. Everything else thrown is a defect of
 * ours: the client reads one generic sentence and the journal keeps the failure's code.
 */
export interface MailboxRefused extends Error {
  readonly refusal: MailboxRefusal;
}

/** One line for the journal; the journal adds the instant. */
export interface ChannelEvent {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** `channels.what` */
  readonly code: string;
  readonly sender?: string;
  readonly username?: string;
  readonly source?: string;
  readonly fileName?: string;
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
}

export interface ChannelJournal {
  record(event: ChannelEvent): Promise<void>;
}
