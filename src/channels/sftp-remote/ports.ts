import type { Environment, SenderNumber } from '../../vocabulary/index.ts';
import type { ChannelEvent, Mailbox } from '../ports.ts';

export type PartnerState = 'active' | 'suspended' | 'removed';
/** `isabel`: an envelope comes with every file; see `isabel.ts`. */
export type PartnerProfile = 'plain' | 'isabel';
/** When a file counts as whole: its size and time stand still, or the GO of its set is there. */
export type Detection = 'stable' | 'go';
/** How others at the partner are kept off: the file gets another name, or nothing is done. */
export type Claim = 'rename' | 'remember';
/** What becomes of a file at the partner once it is durable here. */
export type Aftercare = 'delete' | 'archive' | 'leave';

export type Directories = Readonly<Partial<Record<Environment, string>>>;

/** Who is reached through a partner: a sender number, or an enterprise that has none. */
export interface PartnerDestination {
  readonly number: string;
  /** The mailbox at the hub, for the profile `isabel`. */
  readonly mailbox?: string;
}

/** A partner as it is registered, without its secrets. */
export interface Partner {
  readonly id: string;
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly username: string;
  /** `SHA256:…` of the keys its server may show; at least one. */
  readonly hostKeys: readonly string[];
  readonly hasPassword: boolean;
  readonly hasKey: boolean;
  readonly profile: PartnerProfile;
  readonly detection: Detection;
  readonly claim: Claim;
  readonly aftercare: Aftercare;
  /** Where files go with aftercare `archive`. */
  readonly archive?: string;
  /** Directories files are fetched from, by environment; empty: nothing is fetched. */
  readonly pull: Directories;
  /** Directories files are brought to; empty: nothing is brought. */
  readonly push: Directories;
  /** Files brought are read back and compared by hash, not by size alone. */
  readonly readBack: boolean;
  /** Five fields of cron, legal time; when it is looked for files. */
  readonly schedule: string;
  readonly destinations: readonly PartnerDestination[];
  /** PEM of the key the hub signs its envelopes with, for the profile `isabel`. */
  readonly hubKey?: string;
  /** Users of the hub who may send to production; for the profile `isabel`. */
  readonly productionUsers: readonly string[];
  readonly state: PartnerState;
  readonly circuit: Circuit;
  readonly createdAt: Date;
  /** Since when it is active: slots before it are not caught up. */
  readonly activeSince: Date;
}

/** How trustworthy a partner's server is at this moment. */
export interface Circuit {
  /** In a row, up to now. */
  readonly failures: number;
  /** Nothing is tried before it; absent while the circuit is closed. */
  readonly openUntil?: Date;
  /** Code of the last failure. */
  readonly reason?: string;
}

/** What a login needs beside the address. Never logged, never shown. */
export interface PartnerSecrets {
  readonly password?: string;
  /** As `ssh-keygen` or OpenSSL write it, without passphrase. */
  readonly privateKey?: string;
}

/** What one connection is made with. */
export type PartnerAddress = Pick<Partner, 'host' | 'port' | 'username' | 'hostKeys'> &
  PartnerSecrets;

/** A partner with its secrets still sealed. */
export interface PartnerRow extends Partner {
  readonly secretsSealed: Buffer;
}

export type NewPartner = Omit<PartnerRow, 'circuit' | 'hasKey' | 'hasPassword'> &
  Pick<PartnerRow, 'hasKey' | 'hasPassword'>;

export interface PartnerStore {
  /** False when the name, or one of the destinations, is another living partner's. */
  insert(row: NewPartner): Promise<boolean>;
  find(name: string): Promise<PartnerRow | undefined>;
  /** Without the removed ones unless asked for; by name. */
  list(o: { readonly removedToo: boolean; readonly max: number }): Promise<readonly PartnerRow[]>;
  /** The active partner that is brought files for this sender number or enterprise. */
  forDestination(number: string): Promise<PartnerRow | undefined>;
  /** False when the partner is not in a state of `from`. A removed partner frees its destinations. */
  changeState(o: {
    readonly id: string;
    readonly from: readonly PartnerState[];
    readonly to: PartnerState;
    readonly at: Date;
  }): Promise<boolean>;
  readonly circuits: CircuitStore;
  readonly runs: RunStore;
  readonly files: RemoteFileStore;
}

/** The circuit of a partner, shared by all processes. */
export interface CircuitStore {
  of(partner: string): Promise<Circuit>;
  /** One failure more; from `failuresMax` in a row on, open until `openUntil`. */
  failed(o: {
    readonly partner: string;
    readonly failuresMax: number;
    readonly openUntil: Date;
    readonly reason: string;
  }): Promise<Circuit>;
  /** Whether this caller may try a circuit whose time is over: one at a time, until `until`. */
  probe(o: { readonly partner: string; readonly at: Date; readonly until: Date }): Promise<boolean>;
  /** Whether it was open. */
  healed(partner: string): Promise<boolean>;
}

/** One round of looking for files at a partner. */
export interface Run {
  readonly id: string;
  /** The slot of the schedule; for a round by hand the instant it was asked for. */
  readonly dueAt: Date;
  readonly trigger: 'schedule' | 'hand';
  /** Slots before this one that nobody ran, and that this round stands for. */
  readonly missed: number;
  readonly state: 'running' | 'done' | 'failed' | 'abandoned';
  readonly startedAt: Date;
  readonly endedAt?: Date;
  readonly files: number;
  readonly bytes: number;
  readonly error?: string;
}

export interface RunStore {
  /** Newest first. */
  of(partner: string, max: number): Promise<readonly Run[]>;
  /** The latest slot that was ever begun. */
  lastSlot(partner: string): Promise<Date | undefined>;
  /**
   * Begins a round: its slot is a row that can be written once. Undefined when the slot was begun
   * by another process, or another round of the partner is under way.
   */
  begin(o: {
    readonly partner: string;
    readonly dueAt: Date;
    readonly trigger: Run['trigger'];
    readonly missed: number;
    readonly at: Date;
    readonly leaseMs: number;
  }): Promise<string | undefined>;
  /** False when the round was taken for dead: it must stop. */
  renew(run: string, leaseMs: number): Promise<boolean>;
  end(o: {
    readonly run: string;
    readonly at: Date;
    readonly files: number;
    readonly bytes: number;
    readonly error?: string;
  }): Promise<void>;
}

/** A file as a partner's listing shows it. */
export interface RemoteEntry {
  readonly name: string;
  readonly bytes: number;
  /** Seconds since 1970, as the protocol tells it. */
  readonly modified: number;
}

/**
 * `seen`: not fetched yet; `fetching`: begun, so that it may be resumed; `landed`: durable here, still at the partner; `gone`: dealt with at the
 * partner too; `refused`: nobody's, or not fit to be stored.
 */
export type RemoteFileState = 'seen' | 'fetching' | 'landed' | 'gone' | 'refused';

export interface RemoteFile extends RemoteEntry {
  readonly state: RemoteFileState;
  /** Listings in a row that showed the same size and time. */
  readonly looks: number;
  /** When this size and time were seen first. */
  readonly seenAt: Date;
}

/** What is remembered of the files at partners. */
export interface RemoteFileStore {
  /** Notes a page of a listing; gives what is known of its files by now, by name. */
  look(o: {
    readonly partner: string;
    readonly directory: string;
    readonly entries: readonly RemoteEntry[];
    readonly at: Date;
  }): Promise<ReadonlyMap<string, RemoteFile>>;
  mark(o: {
    readonly partner: string;
    readonly directory: string;
    readonly name: string;
    readonly state: RemoteFileState;
    /** Lowercase hex, once it is known. */
    readonly sha256?: string;
    readonly at: Date;
  }): Promise<void>;
  /** What landed under this name from this partner since: size and hash. */
  landed(o: {
    readonly partner: string;
    readonly sender: SenderNumber;
    readonly name: string;
    readonly since: Date;
  }): Promise<{ readonly bytes: number; readonly sha256: string } | undefined>;
}

/** Where files of a partner land: the same door as an upload's. */
export interface Landing {
  mailboxFor(o: {
    readonly partner: Pick<Partner, 'id' | 'name'>;
    readonly sender: SenderNumber;
  }): Mailbox;
  /** Whether files can land now: the database answers and there is room. Never throws. */
  isReady(): Promise<boolean>;
}

/** AES-256-GCM under a key of this installation. */
export interface SecretBox {
  seal(plain: Buffer): Buffer;
  open(sealed: Buffer): Buffer;
}

/** Reads schedules of five cron fields, in legal time. */
export interface Schedules {
  isSchedule(text: string): boolean;
  latestSlot(
    expression: string,
    o: { readonly after: Date; readonly until: Date; readonly minutesMax: number },
  ): { readonly slot: Date; readonly missed: number } | undefined;
  nextSlot(
    expression: string,
    o: { readonly after: Date; readonly minutesMax: number },
  ): Date | undefined;
  /** Calls every minute, more or less: which slots are due is asked of the clock. */
  everyMinute(run: () => void): { stop(): Promise<void> };
}

export interface PartnerJournal {
  record(event: ChannelEvent & { readonly facts: PartnerFacts }): Promise<void>;
}

export type PartnerFacts = Readonly<Record<string, string | number | boolean>> & {
  readonly partner: string;
};
