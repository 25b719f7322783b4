import type { SetFile, Gathered } from './intake/index.ts';
import type { NamedSet, Problem } from './inspection/index.ts';
import type {
  Batch,
  ChunkPlace,
  NewParcel,
  ParcelFile,
  ReceiptError,
  RoutedForm,
  WaitingFile,
} from './ledger.ts';
import type { CopyTable } from './rows/index.ts';
import type { Environment, SenderNumber, Ticket } from './vocabulary/index.ts';

/** What inspection found in the content of a set. */
export interface Inspected {
  readonly problems: readonly Problem[];
  readonly signer: string | undefined;
  readonly root: string;
  readonly version: string;
  readonly forms: number;
  readonly chunks: number;
}

export interface ReceiptStory {
  readonly ticket: Ticket;
  readonly fileName: string;
  readonly errors: readonly ReceiptError[];
  readonly environment: Environment;
  readonly sender: SenderNumber;
  readonly at: Date;
}

/** The stages, their ports already in hand. Each decides and returns; none calls another. */
export interface Stages {
  gather(files: readonly WaitingFile[], now: Date): readonly Gathered[];
  checkNames(set: NamedSet): readonly Problem[];
  /** Narrows problems to those the receipt shall tell: the first, or all where the sender asks. */
  toldTo(sender: SenderNumber, problems: readonly Problem[]): Promise<readonly Problem[]>;
  fingerprint(files: readonly SetFile[]): { readonly contentKey: string; readonly sealKey: string };
  inspect(
    batch: Batch,
    save: (place: ChunkPlace, judged: Buffer) => Promise<void>,
  ): Promise<Inspected>;
  /** Mandates, route and assessment of the declarations of one chunk, as the rows they become. */
  decide(batch: Batch, judged: Uint8Array): Promise<readonly CopyTable[]>;
  receipt(story: ReceiptStory): Promise<readonly ParcelFile[]>;
  notification(batch: Batch, at: Date): Promise<readonly ParcelFile[]>;
  /** Whether an original that repeats one of an earlier set is refused. */
  isDeclaredOnce(batch: Batch): boolean;
  /** Whether accepted declarations go to recipients of their own. */
  isRouted(batch: Batch): boolean;
  /** Writes declarations out for their recipients. */
  dispatch(batch: Batch, forms: readonly RoutedForm[], at: Date): Promise<readonly NewParcel[]>;
  /** The channel the answers on a batch leave by: the one it came by, unless registered otherwise. */
  answersBy(batch: Pick<Batch, 'sender' | 'channel'>): Promise<string>;
  /** Whether a statement follows the notification. */
  isStated(batch: Batch): boolean;
  statement(batch: Batch, at: Date): Promise<readonly ParcelFile[]>;
  /** A chunk as inspection saved it. */
  chunkOf(batchId: number, seq: number): Promise<Uint8Array>;
}
