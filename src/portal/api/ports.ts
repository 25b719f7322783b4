import type {
  Action,
  Applications,
  Audit,
  Caller,
  EnterpriseAccess,
  OpenSession,
  People,
  Qualities,
  Roles,
  SenderForm,
  SigningIn,
  TechnicalAccounts,
} from '../../identity/index.ts';
import type { Language } from '../../vocabulary/index.ts';

/** What the endpoints need of the room of identity. */
export interface ApiIdentity extends SigningIn {
  readonly people: People;
  readonly roles: Roles;
  readonly qualities: Qualities;
  readonly applications: Applications;
  readonly enterpriseAccess: EnterpriseAccess;
  readonly technicalAccounts: TechnicalAccounts;
  readonly senderForm: SenderForm;
  readonly audit: Audit;
}

export type LetterState = 'pending' | 'sent' | 'held' | 'dead';

/** A letter as operators see it. */
export interface LetterLine {
  readonly id: string;
  readonly template: string;
  readonly recipient: string;
  readonly language: Language;
  readonly subject: string;
  readonly secret: boolean;
  readonly state: LetterState;
  readonly attempts: number;
  readonly lastError?: string;
  readonly createdAt: Date;
  readonly sentAt?: Date;
}

/** Letters that left, wait or are held. */
export interface Outbox {
  /** Newest first; continues after the one named. */
  list(o: {
    readonly states?: readonly LetterState[];
    readonly after?: string;
    readonly max: number;
  }): Promise<readonly LetterLine[]>;
  show(
    id: string,
    o: { readonly reveal: boolean },
  ): Promise<LetterLine & { readonly body: string }>;
  release(id: string): Promise<void>;
}

/** What became of a list of mandates. */
export interface MandateImportLine {
  readonly id: string;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly by: string;
  readonly sha256: string;
  /** Why the list was not read to its end. */
  readonly failure?: string;
  readonly added: number;
  readonly already: number;
  readonly refusedTotal: number;
  readonly refused: readonly { readonly line: number; readonly reason: string }[];
}

/** Results of lists of mandates that were read in. */
export interface MandateImports {
  /** Newest first; continues after the one named. */
  imports(o: {
    readonly after?: string;
    readonly max: number;
  }): Promise<readonly MandateImportLine[]>;
  /** @throws Failure `registration.unknown` */
  importNamed(id: string): Promise<MandateImportLine>;
}

/** What the frame asks before it lets a request through to its act. */
export interface Access {
  /** Sessions at any stage; nothing for a token that is unknown, ended or timed out. */
  openSession(token: string, o: { readonly source: string }): Promise<OpenSession | undefined>;
  openToken(token: string, o: { readonly source: string }): Promise<Caller | undefined>;
  /** Whether the matrix has this action. */
  knows(action: Action): boolean;
  /** Whether the matrix gives the action to the role, on whatever target. */
  mayEver(role: Caller['role'], action: Action): boolean;
  /** Writes down that a caller was turned away by his role. */
  refused(caller: Caller, o: { readonly action: string; readonly target: string }): Promise<void>;
}

/** Who reads an e-Box: the caller in his quality, and what he sees of its box. */
export interface BoxReader {
  readonly actor: Caller;
  readonly name: string;
  readonly qualityId: string;
  readonly assignmentId: string;
  readonly manages: boolean;
  readonly applications: readonly string[];
}

/** A document without its content. */
export interface BoxDocument {
  readonly id: string;
  readonly type: string;
  readonly titles: Readonly<Record<Language, string>>;
  readonly publisher: { readonly name: string; readonly enterprise?: string };
  readonly ticket: string;
  readonly messageType?: string;
  readonly environment: 'R' | 'T' | 'S';
  readonly protection: { readonly level: 1 | 2; readonly application?: string | undefined };
  readonly partitionId?: string;
  readonly publishedAt: Date;
  /** YYYY-MM-DD */
  readonly expiresOn: string;
  readonly read: boolean;
  readonly firstReadAt?: Date;
  readonly firstReadBy?: string;
  readonly files: readonly {
    readonly name: string;
    readonly bytes: number;
    readonly sha256: string;
  }[];
}

export interface BoxPartition {
  readonly id?: string;
  readonly name?: string;
  readonly documents: number;
  readonly unread: number;
}

export type BoxDigest = 'off' | 'daily' | 'weekly';

/** The e-Boxes, for readers who were admitted. What is out of a reader's sight is not there. */
export interface EboxDesk {
  list(
    reader: BoxReader,
    o: {
      readonly unread?: boolean;
      readonly type?: string;
      readonly partitionId?: string | null;
      readonly since?: Date;
      readonly until?: Date;
      readonly text?: string;
      readonly after?: string;
      readonly max: number;
    },
  ): Promise<{ readonly items: readonly BoxDocument[]; readonly next?: string }>;
  show(reader: BoxReader, id: string): Promise<BoxDocument>;
  download(reader: BoxReader, o: { readonly id: string; readonly file: string }): Promise<SentFile>;
  mark(reader: BoxReader, o: { readonly id: string; readonly read: boolean }): Promise<void>;
  move(
    reader: BoxReader,
    o: { readonly id: string; readonly partitionId: string | null },
  ): Promise<void>;
  partitions(reader: BoxReader): Promise<readonly BoxPartition[]>;
  createPartition(reader: BoxReader, name: string): Promise<BoxPartition>;
  renamePartition(
    reader: BoxReader,
    o: { readonly id: string; readonly name: string },
  ): Promise<void>;
  deletePartition(reader: BoxReader, id: string): Promise<void>;
  members(
    reader: BoxReader,
    id: string,
  ): Promise<readonly { readonly assignmentId: string; readonly username: string }[]>;
  admit(
    reader: BoxReader,
    o: { readonly id: string; readonly assignmentId: string },
  ): Promise<void>;
  exclude(
    reader: BoxReader,
    o: { readonly id: string; readonly assignmentId: string },
  ): Promise<void>;
  digest(reader: BoxReader): Promise<BoxDigest>;
  chooseDigest(reader: BoxReader, digest: BoxDigest): Promise<void>;
}

/** A file on its way to the client. */
export interface SentFile {
  readonly name: string;
  readonly bytes: number;
  /** Lowercase hex. */
  readonly sha256: string;
  readonly content: AsyncIterable<Buffer>;
}
