import type { BatchEvent } from './batch-events.ts';
import type { ParcelKind } from './channels/index.ts';
import type { LandedFile, SetFile, SetRef, WaitingFile } from './intake/index.ts';
import type {
  Environment,
  FormHeader,
  Finding,
  InDirectory,
  OutDirectory,
  SenderNumber,
  Ticket,
} from './vocabulary/index.ts';
import type { CopyTable } from './rows/index.ts';

/*
 * What the pipeline asks of storage: the rows a batch lives in. Types only; storage keeps them in
 * PostgreSQL. Everything that must happen together is a method of `LedgerTransaction`.
 */

export type Step = 'inspect' | 'chunk' | 'settle' | 'notify' | 'state' | 'dispatch';

/** A claim on a work item. The token fences: after the lease is lost, `finish` refuses it. */
export interface Lease {
  readonly itemId: number;
  readonly token: string;
}

export interface WorkItem {
  readonly batchId: number;
  readonly sender: SenderNumber;
  readonly step: Step;
  readonly seq: number;
  /** How often it was claimed, this time included. */
  readonly attempts: number;
  readonly lease: Lease;
}

export type BatchState =
  | 'RECEIVED'
  | 'REFUSED'
  | 'ACCEPTED'
  | 'PROCESSING'
  | 'SETTLED'
  | 'NOTIFIED'
  | 'ARCHIVED'
  | 'CANCELLED'
  | 'QUARANTINED';

export interface BatchFile {
  readonly prefix: string;
  readonly part: number;
  readonly name: string;
  readonly bytes: number;
  readonly sha256: Buffer;
  readonly blob: string;
  /** Of an FI of an accepted set: the number of its first declaration. */
  readonly firstForm?: number;
}

/** One set that a sender handed over, from its reception on. */
export interface Batch {
  readonly id: number;
  readonly ticket: Ticket;
  readonly state: BatchState;
  readonly sender: SenderNumber;
  readonly directory: InDirectory;
  readonly environment: Environment;
  readonly type: string;
  /** The name the receipt speaks of: the GO, or the file that was at fault. */
  readonly fileName: string;
  readonly channel: string;
  readonly username: string;
  readonly receivedAt: Date;
  readonly declarations: number;
  readonly accepted: number;
  readonly refused: number;
  readonly root: string | undefined;
  readonly files: readonly BatchFile[];
}

/** The key that one accepted set holds for ever. */
export interface SetIdentity {
  readonly sender: SenderNumber;
  readonly type: string;
  readonly date: string;
  readonly sequence: string;
  readonly environment: Environment;
}

/** Who holds a name already, and with what content. */
export interface Holder {
  readonly batchId: number;
  readonly ticket: Ticket;
  readonly state: BatchState;
  /** Digest over the FI files. */
  readonly contentKey: string;
  /** Digest over FI and FS files. */
  readonly sealKey: string;
}

export interface ReceiptError {
  readonly code: string;
  readonly detail: string;
  readonly fileName?: string;
}

export interface NewBatch {
  /** From `Ledger.nextBatchId`. */
  readonly id: number;
  readonly sender: SenderNumber;
  readonly directory: InDirectory;
  readonly environment: Environment;
  readonly identity: SetIdentity | undefined;
  readonly parts: number | undefined;
  readonly fileName: string;
  readonly channel: string;
  readonly username: string;
  readonly receivedAt: Date;
  /** Absent for sets that hold no name: refused at checks 1 to 9, cancelled. */
  readonly reserves?: { readonly contentKey: string; readonly sealKey: string };
  readonly state: 'RECEIVED' | 'REFUSED' | 'CANCELLED';
  readonly errors: readonly ReceiptError[];
  readonly files: readonly LandedFile[];
}

export interface ParcelFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: Buffer;
  /** Small answers are kept in the row, large ones in the blob store. */
  readonly stored: { readonly content: Buffer } | { readonly blob: string };
}

export interface NewParcel {
  readonly batchId: number;
  readonly kind: ParcelKind;
  /** Where it goes: absent for a recipient without a sender number, who is named then. */
  readonly sender: SenderNumber | undefined;
  readonly recipient?: string;
  /** The one declaration it holds, with its own ticket; absent when it is about the whole batch. */
  readonly declaration?: { readonly number: number; readonly ticket: Ticket };
  readonly directory: OutDirectory;
  readonly channel: string;
  readonly at: Date;
  /** In the order they become visible: FO, FS, GO. */
  readonly files: readonly ParcelFile[];
}

export interface JournalEntry {
  readonly at: Date;
  readonly level: 'info' | 'warn' | 'error';
  readonly code: string;
  readonly sender?: string;
  readonly ticket?: string;
  readonly username?: string;
  readonly fileName?: string;
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
}

export interface ChunkPlace {
  readonly seq: number;
  readonly part: number;
  readonly from: number;
  readonly to: number;
  readonly firstForm: number;
  readonly forms: number;
}

/** A settled declaration as the notification tells it. */
export interface SettledDeclaration {
  readonly number: number;
  readonly accepted: boolean;
  readonly header: FormHeader;
  readonly reference: string | undefined;
  readonly employerKind: 'KBO' | 'NSSO' | 'PPL' | undefined;
  readonly employerNumber: string | undefined;
  readonly quarter: number | undefined;
  readonly findings: readonly Finding[];
}

export interface SettledAssessment {
  readonly number: number;
  readonly header: FormHeader;
  readonly reference: string | undefined;
  readonly employerNumber: string | undefined;
  readonly year: number;
  readonly result: string;
}

/** An accepted declaration of social risk on its way to a recipient of its own. */
export interface RoutedForm {
  readonly number: number;
  readonly recipient: string;
  /** As routing chose it. */
  readonly channel: string;
  /** The recipient's sender number that has the channel in production. */
  readonly sender: SenderNumber | undefined;
  /** Where its bytes stand: in the file of this blob, unpacked. */
  readonly blob: string;
  readonly offset: number;
  readonly bytes: number;
}

export interface SettledTotals {
  readonly accepted: number;
  readonly refused: number;
}

export interface LedgerTransaction {
  /**
   * Lets the commit return before the disk has it. For results only that would be made again, the
   * same, and that nobody was told of: the next commit that waits takes them to the disk first.
   */
  flushLater(): Promise<void>;
  /** Takes the files for a batch; false when one of them changed since it was read. */
  claim(files: readonly LandedFile[]): Promise<boolean>;
  /** The batch that holds a name. Waits for any other transaction that is about to hold it. */
  holderOf(identity: SetIdentity): Promise<Holder | undefined>;
  openBatch(batch: NewBatch): Promise<void>;
  /** Files that came again for a batch that has them already. */
  attach(batchId: number, files: readonly LandedFile[]): Promise<void>;
  refuse(batchId: number, errors: readonly ReceiptError[], at: Date): Promise<void>;
  accept(batchId: number, facts: AcceptedFacts): Promise<void>;
  addParcel(parcel: NewParcel): Promise<void>;
  /** Makes every answer of a batch visible again, under its own name and with its own bytes. */
  showAgain(batchId: number, at: Date): Promise<void>;
  addWork(
    batchId: number,
    sender: SenderNumber,
    step: Step,
    seqs: readonly number[],
  ): Promise<void>;
  /**
   * Marks the item done.
   *
   * @throws Failure `work.lease-lost` when another worker holds it: the transaction rolls back.
   */
  finish(lease: Lease): Promise<void>;
  /** The rows of a chunk's declarations, one text a table. */
  recordDeclarations(tables: readonly CopyTable[]): Promise<void>;
  /** Counts a chunk off; the number still to be done. */
  chunkDone(batchId: number): Promise<number>;
  /**
   * The checks across declarations, and the totals. With `declaredOnce`, an original that repeats one
   * of an earlier set is refused as well.
   */
  settle(
    batchId: number,
    o: { readonly at: Date; readonly declaredOnce: boolean },
  ): Promise<SettledTotals>;
  notified(batchId: number, at: Date): Promise<void>;
  record(entry: JournalEntry): Promise<void>;
  /** Integrators are told when this transaction stands, and not otherwise. */
  tell(events: readonly BatchEvent[]): Promise<void>;
}

export interface AcceptedFacts {
  readonly at: Date;
  readonly signer: string | undefined;
  readonly root: string;
  readonly version: string;
  readonly declarations: number;
  readonly chunks: number;
}

export interface PostponedSet {
  readonly set: SetRef;
  readonly until: Date;
  readonly seen: readonly WaitingFile[];
}

export interface Ledger {
  transaction<T>(work: (tx: LedgerTransaction) => Promise<T>): Promise<T>;

  /** Sets that intake should look at now, oldest first. */
  dueSets(now: Date, max: number): Promise<readonly SetRef[]>;
  /** The files of each set, in the order of the sets. */
  waitingFiles(sets: readonly SetRef[]): Promise<readonly (readonly WaitingFile[])[]>;
  /**
   * Has the files of sets looked at again at `until`, or earlier when one more lands. Only those
   * that were seen wait: a GO that landed since its set was read is looked at at once.
   */
  postpone(sets: readonly PostponedSet[]): Promise<void>;

  /** The number, and so the ticket, of a batch to come. Gaps are harmless. */
  nextBatchId(): Promise<number>;
  batch(id: number): Promise<Batch>;
  /**
   * Forgets chunks of an inspection that did not end; a rerun writes them anew. The disk has it at
   * the latest with the transaction that accepts the batch.
   */
  saveChunk(batchId: number, place: ChunkPlace, result: Buffer): Promise<void>;
  chunk(batchId: number, seq: number): Promise<Buffer>;
  declarations(batchId: number): AsyncIterable<SettledDeclaration>;
  /** Those with numbers from `from` to `to`, both included. */
  routedForms(
    batchId: number,
    o: { readonly from: number; readonly to: number },
  ): Promise<readonly RoutedForm[]>;
  assessments(batchId: number): AsyncIterable<SettledAssessment>;
  /** The next free sequence number of the authority's own files on a day. Gaps are harmless. */
  nextSequence(day: string, environment: Environment): Promise<number>;

  claimWork(o: { readonly max: number; readonly leaseMs: number }): Promise<readonly WorkItem[]>;
  renewLeases(leases: readonly Lease[], leaseMs: number): Promise<void>;
  /** Gives an item back to be run after a pause. */
  retryWork(lease: Lease, o: { readonly afterMs: number; readonly error: string }): Promise<void>;
  /** Takes a batch out of the flow until an operator replays it. */
  quarantine(
    item: WorkItem,
    reason: { readonly code: string; readonly detail: string },
    at: Date,
  ): Promise<void>;
}

export type { BatchEvent, LandedFile, ParcelKind, SetFile, SetRef, WaitingFile };
