import type { BatchEvent, BatchEventName } from './batch-events.ts';
import type {
  Batch,
  JournalEntry,
  LandedFile,
  LedgerTransaction,
  ParcelFile,
  ParcelKind,
  ReceiptError,
  SetRef,
} from './ledger.ts';
import type { Inspected } from './stage-faces.ts';
import type { Environment, SenderNumber } from './vocabulary/index.ts';
import { outDirectories } from './vocabulary/index.ts';

/** An answer on a batch, in the outbox of the channel its answers leave by. */
export async function addParcel(
  tx: LedgerTransaction,
  batch: {
    readonly id: number;
    readonly sender: SenderNumber;
    readonly environment: Environment;
    readonly channel: string;
  },
  kind: ParcelKind,
  files: readonly ParcelFile[],
  at: Date,
): Promise<void> {
  const { id: batchId, sender, channel } = batch;
  const directory = outDirectories[batch.environment];
  await tx.addParcel({ batchId, kind, sender, directory, channel, at, files });
}

/** What the journal keeps of a file that no batch stands for yet. */
export function entryOf(
  set: { readonly trigger: LandedFile; readonly at: Date },
  ref: SetRef,
  code: string,
  ticket: string | undefined,
  facts: Readonly<Record<string, string | number>>,
): JournalEntry {
  return {
    at: set.at,
    level: 'info',
    code,
    sender: ref.sender,
    username: set.trigger.username,
    fileName: set.trigger.name,
    ...(ticket === undefined ? {} : { ticket }),
    facts,
  };
}

/** What integrators are told of a turning. */
export function eventOf(
  batch: Pick<Batch, 'id' | 'sender' | 'environment'>,
  event: BatchEventName,
  at: Date,
  facts: BatchEvent['facts'] = {},
): BatchEvent {
  const { id: batchId, sender, environment } = batch;
  return { event, at, batchId, sender, environment, facts };
}

/** The facts of the event `receipt.given`. */
export function receiptFacts(errors: readonly ReceiptError[]): BatchEvent['facts'] {
  const result = errors.length === 0 ? 'accepted' : 'refused';
  return { result, errors: errors.map(({ code }) => code) };
}

/** What the journal keeps of a turning of a batch. */
export function batchEntry(batch: Batch, code: string, at: Date): JournalEntry {
  const { sender, ticket, username, fileName } = batch;
  return { at, level: 'info', code, sender, ticket, username, fileName };
}

/** The journal's line on a batch that was inspected. */
export function judgedEntry(
  batch: Batch,
  errors: readonly ReceiptError[],
  found: Inspected,
  at: Date,
): JournalEntry {
  const first = errors[0];
  if (first === undefined) {
    const facts = { declarations: found.forms, chunks: found.chunks };
    return { ...batchEntry(batch, 'batch.accepted', at), facts };
  }
  const facts = { error: first.code, detail: first.detail };
  return { ...batchEntry(batch, 'batch.refused', at), level: 'warn', facts };
}
