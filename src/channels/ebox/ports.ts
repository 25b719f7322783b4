import type { Language } from '../../vocabulary/index.ts';
import type { Parcel } from '../contract.ts';

/** A transaction of the store: handed through, never looked into. */
export type EboxTransaction = object;

export type EboxTitles = Readonly<Record<Language, string>>;

/** Level 2 is for readers who also have the application that the document comes from. */
export type Protection =
  | { readonly level: 1; readonly application?: undefined }
  | { readonly level: 2; readonly application: string };

/** One file of a document. */
export interface EboxFile {
  readonly name: string;
  readonly bytes: number;
  /** Lowercase hex. */
  readonly sha256: string;
  /** Absent for a file without content. */
  readonly blob?: string;
}

/** What is put into a box. */
export interface NewDocument {
  /** The parcel it came with: the same for every attempt. */
  readonly delivery: string;
  readonly qualityId: string;
  /** Of the configuration: `routed-declaration`, `receipt`, … */
  readonly type: string;
  readonly titles: EboxTitles;
  readonly publisher: Publisher;
  readonly ticket: string;
  readonly messageType?: string;
  readonly environment: Parcel['environment'];
  readonly protection: Protection;
  readonly publishedAt: Date;
  /** YYYY-MM-DD: the last day it can be read. */
  readonly expiresOn: string;
  /** YYYY-MM-DD: from this day on its readers are to be warned. */
  readonly warnOn: string;
  readonly files: readonly EboxFile[];
}

/** Whom a document comes from. */
export interface Publisher {
  readonly name: string;
  readonly enterprise?: string;
}

/** A document as its readers see it: everything but its content. */
export interface EboxDocument extends Omit<NewDocument, 'delivery' | 'warnOn'> {
  readonly id: string;
  /** Absent: the general partition. */
  readonly partitionId?: string;
  readonly read: boolean;
  readonly firstReadAt?: Date;
  readonly firstReadBy?: string;
}

/** A quality of the enterprise that a parcel is for. */
export interface BoxOption {
  readonly qualityId: string;
  /** `employer`, `mandatary`, … */
  readonly type: string;
  readonly active: boolean;
}

export type NoBox = 'enterprise-unknown' | 'enterprise-closed' | 'not-activated' | 'no-quality';

/** What is known about the other side of a parcel. */
export interface Addressee {
  readonly enterprise: string;
  /** Why nothing can be put there. */
  readonly closed?: Exclude<NoBox, 'no-quality'>;
  /** In the order of the catalogue. */
  readonly boxes: readonly BoxOption[];
  /** The quality of the sender number it goes to, where it goes to one. */
  readonly quality?: string;
  /** Whether the declaration is about the enterprise itself and not about a client of it. */
  readonly isOwn: boolean;
  /** Who made the declaration; absent for answers of the gateway. */
  readonly declarant?: Publisher;
  /** What the declaration identifies itself as, such as `ZIMA001`. */
  readonly form?: string;
}

/** What the outlet needs of the store. */
export interface EboxDeliveries {
  /** Undefined when neither the sender number nor the enterprise is known. */
  addressee(parcel: Parcel): Promise<Addressee | undefined>;
  /** The document that came with a parcel, deleted or not. */
  documentOf(delivery: string): Promise<string | undefined>;
  /** All of it in one transaction; `taken` when somebody else delivered the parcel meanwhile. */
  insert(id: string, document: NewDocument): Promise<'done' | 'taken'>;
}

/** How much of a box a reader sees; asked anew at every request. */
export interface Sight {
  readonly qualityId: string;
  /** YYYY-MM-DD: documents that ended before it are not there any more. */
  readonly today: string;
  /** Managers of the quality see all of it. */
  readonly all: boolean;
  readonly applications: readonly string[];
  readonly assignmentId: string;
}

export interface DocumentFilter {
  readonly unread?: boolean;
  readonly type?: string;
  /** Null: the general partition. */
  readonly partitionId?: string | null;
  /** Published at or after. */
  readonly since?: Date;
  /** Published before. */
  readonly until?: Date;
  /** Anywhere in a title, the publisher, the ticket or a file name; case does not matter. */
  readonly text?: string;
}

export interface EboxPartition {
  /** Absent: the general one. */
  readonly id?: string;
  /** Absent for the general one, which every language names itself. */
  readonly name?: string;
  readonly documents: number;
  readonly unread: number;
}

export interface PartitionMember {
  readonly assignmentId: string;
  readonly username: string;
}

export type DigestWish = 'off' | 'daily' | 'weekly';

/** What acts in a box do, within one transaction. */
export interface EboxRows {
  list(
    sight: Sight,
    o: DocumentFilter & { readonly after?: string; readonly max: number },
  ): Promise<readonly EboxDocument[]>;
  find(sight: Sight, id: string): Promise<EboxDocument | undefined>;
  /** False when it stood so before. The first reader stays the first. */
  mark(
    id: string,
    o: { readonly read: boolean; readonly by: string; readonly at: Date },
  ): Promise<boolean>;
  move(id: string, partitionId: string | null): Promise<void>;
  /** Those in sight with what is in sight of them, the general one first, then by name. */
  partitions(sight: Sight): Promise<readonly EboxPartition[]>;
  /** Waits for whoever changes the partitions of the same box. */
  lockPartitions(qualityId: string): Promise<void>;
  insertPartition(o: {
    readonly id: string;
    readonly qualityId: string;
    readonly name: string;
    readonly by: string;
    readonly at: Date;
  }): Promise<'done' | 'taken'>;
  renamePartition(id: string, name: string): Promise<'done' | 'taken'>;
  /** False while a document is in it, in sight or not. */
  deletePartition(id: string): Promise<boolean>;
  members(partitionId: string): Promise<readonly PartitionMember[]>;
  /** False when it stood so before, or the assignment is no active user of the quality. */
  addMember(o: {
    readonly partitionId: string;
    readonly assignmentId: string;
    readonly qualityId: string;
  }): Promise<boolean>;
  removeMember(partitionId: string, assignmentId: string): Promise<boolean>;
  digestOf(qualityId: string): Promise<DigestWish>;
  saveDigest(
    qualityId: string,
    o: { readonly digest: DigestWish; readonly at: Date },
  ): Promise<void>;
}

/** What the clockwork does: warnings, deletions and digests. */
export interface EboxUpkeep {
  /** Boxes with documents to warn of. */
  boxesToWarn(o: { readonly today: string; readonly max: number }): Promise<readonly string[]>;
  /** Marks what is to be warned of in a box; undefined when somebody else did. */
  markWarned(
    qualityId: string,
    o: { readonly today: string; readonly at: Date },
  ): Promise<{ readonly count: number; readonly firstEndsOn: string } | undefined>;
  /** Marks documents that are past their last day as deleted, and forgets their files. */
  expire(o: {
    readonly today: string;
    readonly at: Date;
    readonly max: number;
  }): Promise<readonly ExpiredDocument[]>;
  /** Boxes that wish a digest that was not made on this day. */
  boxesToDigest(o: {
    readonly today: string;
    readonly wishes: readonly DigestWish[];
    readonly max: number;
  }): Promise<readonly string[]>;
  /** Makes the digest of the day; undefined when somebody else did, or there is nothing new. */
  markDigested(
    qualityId: string,
    o: { readonly today: string; readonly at: Date },
  ): Promise<{ readonly count: number; readonly unread: number } | undefined>;
  /** Where letters about a box go; undefined while nobody has an address. */
  addressOf(qualityId: string): Promise<BoxAddress | undefined>;
}

export interface ExpiredDocument {
  readonly id: string;
  readonly qualityId: string;
  readonly enterprise: string;
  readonly type: string;
  readonly expiresOn: string;
  readonly wasRead: boolean;
  readonly blobs: readonly string[];
}

export interface BoxAddress {
  readonly email: string;
  readonly language: Language;
  /** Name of the enterprise, or its number. */
  readonly enterprise: string;
  readonly quality: EboxTitles;
}

/** A document as operators see it: where it is and how it stands, nothing of what it says. */
export interface DocumentLine {
  readonly id: string;
  readonly enterprise: string;
  readonly quality: string;
  readonly type: string;
  readonly ticket: string;
  readonly delivery: string;
  readonly environment: string;
  readonly protection: 1 | 2;
  readonly application?: string;
  readonly partition?: string;
  readonly publishedAt: Date;
  readonly expiresOn: string;
  readonly warnedAt?: Date;
  readonly read: boolean;
  readonly firstReadAt?: Date;
  readonly deletedAt?: Date;
  readonly files: number;
  readonly bytes: number;
}

export interface LineFilter {
  readonly enterprise?: string;
  readonly quality?: string;
  readonly type?: string;
  readonly ticket?: string;
  readonly unread?: boolean;
  /** Deleted ones too. */
  readonly deletedToo?: boolean;
  readonly max: number;
}

export interface EboxStore extends EboxDeliveries {
  readonly rows: EboxRows;
  transaction<T>(
    work: (rows: EboxRows & EboxUpkeep, trx: EboxTransaction) => Promise<T>,
  ): Promise<T>;
  readonly upkeep: EboxUpkeep;
  /** Newest first. */
  lines(filter: LineFilter): Promise<readonly DocumentLine[]>;
  line(id: string): Promise<DocumentLine | undefined>;
}

/** Where contents lie. */
export interface EboxBlobs {
  put(source: AsyncIterable<Buffer>): Promise<{
    readonly blob: string;
    readonly bytes: number;
    readonly sha256: Buffer;
  }>;
  stream(blob: string): AsyncIterable<Buffer>;
  remove(blob: string): Promise<void>;
}
