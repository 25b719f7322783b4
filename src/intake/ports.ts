import type { AnnouncedFile, HeaderFault } from '../channels/index.ts';
import type { InDirectory, SenderNumber } from '../vocabulary/index.ts';

/** A file as intake sees it: landed, or still on its way and so worth waiting for. */
export interface WaitingFile {
  readonly id: string;
  readonly sender: SenderNumber;
  readonly directory: InDirectory;
  readonly name: string;
  readonly state: 'LANDED' | 'UPLOADING' | 'PARTIAL';
  readonly bytes: number;
  /** Absent until the file has landed. */
  readonly sha256: Buffer | undefined;
  readonly blob: string | undefined;
  readonly landedAt: Date | undefined;
  readonly channel: string;
  readonly username: string;
  /** What is wrong with the message that brought it. */
  readonly faults?: readonly HeaderFault[];
  /** Of a GO: the files it stands for, as the message said they are. */
  readonly announced?: readonly AnnouncedFile[];
}

/** Files of one login and directory that share everything between prefix and parts of their names. */
export interface SetRef {
  readonly sender: SenderNumber;
  readonly directory: InDirectory;
  readonly setKey: string;
}

/** How long intake waits before it judges what is there. */
export interface Patience {
  /** For FI and FS that come after their GO, and before a nameless stray is refused. */
  readonly settleMs: number;
  /** For a GO that never comes. */
  readonly goTimeoutMs: number;
}
