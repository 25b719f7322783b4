import type { Knex } from 'knex';
import type {
  AcceptedFacts,
  Holder,
  JournalEntry,
  LandedFile,
  Lease,
  LedgerTransaction,
  NewBatch,
  NewParcel,
  ReceiptError,
  SetIdentity,
  Step,
} from '../ledger.ts';
import type { SenderNumber, Ticket } from '../vocabulary/index.ts';
import { Failure, elementsOf, ticketOf } from '../vocabulary/index.ts';
import type { CopyTable } from '../rows/index.ts';
import { copyRows } from './copy-rows.ts';
import { insertEvents } from './batch-events.ts';
import { enterNow } from './declared.ts';
import { jsonText } from './json-text.ts';
import { rowsOf } from './rows.ts';
import { settleBatch } from './settlement.ts';

/** The methods of one transaction of the ledger, over a knex transaction. */
export function ledgerTransaction(
  trx: Knex.Transaction,
  recorded: (entry: JournalEntry) => void = () => undefined,
): LedgerTransaction {
  return {
    flushLater: () => flushLater(trx),
    claim: (files) => claim(trx, files),
    holderOf: (identity) => holderOf(trx, identity),
    openBatch: (batch) => openBatch(trx, batch),
    attach: (batchId, files) => attach(trx, batchId, files),
    refuse: (batchId, errors, at) => refuse(trx, batchId, errors, at),
    accept: (batchId, facts) => accept(trx, batchId, facts),
    addParcel: (parcel) => addParcel(trx, parcel),
    showAgain: (batchId, at) => showAgain(trx, batchId, at),
    addWork: (batchId, sender, step, seqs) => addWork(trx, { batchId, sender, step, seqs }),
    finish: (lease) => finish(trx, lease),
    recordDeclarations: (tables) => recordDeclarations(trx, tables),
    chunkDone: (batchId) => chunkDone(trx, batchId),
    settle: (batch, o) => settleBatch(trx, { ...o, batch }),
    notified: (batchId, at) => notified(trx, batchId, at),
    async record(entry) {
      await record(trx, entry);
      recorded(entry);
    },
    tell: (events) => insertEvents(trx, events),
  };
}

/** `docs/decisions/0017-commits-that-wait.md` says why this loses nothing. */
async function flushLater(trx: Knex.Transaction): Promise<void> {
  await trx.raw('set local synchronous_commit = off');
}

async function claim(trx: Knex.Transaction, files: readonly LandedFile[]): Promise<boolean> {
  const ids = files.map(({ id }) => id);
  const blobs = files.map(({ blob }) => blob);
  const rows = rowsOf<{ id: string }>(
    await trx.raw(
      `update landed_file f set state = 'CLAIMED'
       from unnest(?::uuid[], ?::uuid[]) as wanted (id, blob)
       where f.id = wanted.id and f.blob = wanted.blob and f.state = 'LANDED'
       returning f.id`,
      [ids, blobs],
    ),
  );
  if (rows.length === files.length) return true;
  // A file was replaced, renamed or taken by another node meanwhile: give back what was taken.
  await trx.raw(`update landed_file set state = 'LANDED' where id = any (?::uuid[])`, [
    rows.map(({ id }) => id),
  ]);
  return false;
}

async function holderOf(trx: Knex.Transaction, identity: SetIdentity): Promise<Holder | undefined> {
  const { sender, type, date, sequence, environment } = identity;
  const key = [sender, type, date, sequence, environment].join('.');
  await trx.raw('select pg_advisory_xact_lock(hashtextextended(?, 7))', [key]);
  const [row] = rowsOf<{
    id: bigint;
    ticket: Ticket;
    state: Holder['state'];
    content_key: string;
    seal_key: string;
  }>(
    await trx.raw(
      `select b.id, b.ticket, b.state, b.content_key, b.seal_key from batch b
       where b.reserves and b.sender = ? and b.type = ? and b.set_date = ?
         and b.sequence = ? and b.environment = ? for update`,
      [sender, type, date, sequence, environment],
    ),
  );
  if (row === undefined) return undefined;
  const { ticket, state, content_key: contentKey, seal_key: sealKey } = row;
  return { batchId: Number(row.id), ticket, state, contentKey, sealKey };
}

async function openBatch(trx: Knex.Transaction, batch: NewBatch): Promise<void> {
  await trx.raw(
    `insert into batch (id, ticket, state, sender, enterprise, directory, environment, type,
       set_date, sequence, parts, file_name, reserves, content_key, seal_key, channel, username,
       received_at, judged_at, errors)
     overriding system value
     values (?, ?, ?, ?, (select s.enterprise from sender s where s.number = ?), ?, ?, ?, ?, ?, ?,
       ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      batch.id,
      ticketOf(batch.id),
      batch.state,
      batch.sender,
      batch.sender,
      batch.directory,
      batch.environment,
      batch.identity?.type ?? null,
      batch.identity?.date ?? null,
      batch.identity?.sequence ?? null,
      batch.parts ?? null,
      batch.fileName,
      batch.reserves !== undefined,
      batch.reserves?.contentKey ?? null,
      batch.reserves?.sealKey ?? null,
      batch.channel,
      batch.username,
      batch.receivedAt,
      batch.state === 'RECEIVED' ? null : batch.receivedAt,
      jsonText(batch.errors),
    ],
  );
  await attach(trx, batch.id, batch.files);
  const files = batch.files.map((file) => {
    const elements = elementsOf(file.name);
    const { part = '1' } = elements ?? {};
    return {
      batch_id: batch.id,
      landed_file_id: file.id,
      prefix: elements?.prefix ?? '',
      // A refused file may claim any part, a number that no column holds among them.
      part: /^[1-9]$/.test(part) ? Number(part) : 0,
      name: file.name,
      bytes: file.bytes,
      sha256: file.sha256,
      blob: file.blob,
    };
  });
  if (files.length > 0) await trx('batch_file').insert(files);
}

async function attach(
  trx: Knex.Transaction,
  batchId: number,
  files: readonly LandedFile[],
): Promise<void> {
  const ids = files.map(({ id }) => id);
  await trx.raw('update landed_file set batch_id = ? where id = any (?::uuid[])', [batchId, ids]);
}

async function refuse(
  trx: Knex.Transaction,
  batchId: number,
  errors: readonly ReceiptError[],
  at: Date,
): Promise<void> {
  await trx.raw(`update batch set state = 'REFUSED', judged_at = ?, errors = ? where id = ?`, [
    at,
    jsonText(errors),
    batchId,
  ]);
  await trx.raw('delete from chunk where batch_id = ?', [batchId]);
}

async function accept(trx: Knex.Transaction, batchId: number, facts: AcceptedFacts): Promise<void> {
  const { at, signer, root, version, declarations, chunks } = facts;
  // An earlier inspection that was cut short may have written more chunks than this one.
  await trx.raw('delete from chunk where batch_id = ? and seq >= ?', [batchId, chunks]);
  await trx.raw(
    `update batch_file f set first_form = c.first_form
     from (select part, min(first_form) as first_form from chunk where batch_id = :batchId
       group by part) c
     where f.batch_id = :batchId and f.prefix = 'FI' and f.part = c.part`,
    { batchId },
  );
  await trx.raw(
    `update batch set state = 'ACCEPTED', judged_at = ?, signer = ?, root = ?, schema_version = ?,
       declarations = ?, chunks_left = ? where id = ?`,
    [at, signer ?? null, root, version, declarations, chunks, batchId],
  );
}

async function addParcel(trx: Knex.Transaction, parcel: NewParcel): Promise<void> {
  const { batchId, kind, sender = null, directory, channel, at, declaration, recipient } = parcel;
  const [row] = rowsOf<{ id: bigint }>(
    await trx.raw(
      `insert into parcel (batch_id, kind, sender, directory, channel, state, created_at, number,
         ticket, recipient)
       values (?, ?, ?, ?, ?, 'PENDING', ?, ?, ?, ?) returning id`,
      [
        ...[batchId, kind, sender, directory, channel, at],
        ...[declaration?.number ?? 0, declaration?.ticket ?? null, recipient ?? null],
      ],
    ),
  );
  const rows = parcel.files.map(({ name, bytes, sha256, stored }, ordinal) => ({
    parcel_id: row?.id,
    ...{ ordinal, name, bytes, sha256, sender, directory },
    content: 'content' in stored ? stored.content : null,
    blob: 'blob' in stored ? stored.blob : null,
  }));
  await trx('parcel_file').insert(rows);
  await trx.raw(`select pg_notify('sluis_parcel', '')`);
}

/**
 * What still lies there looks new as well, a second at least: a listing tells whole seconds, and who
 * sent the set again knows by them that this is the answer.
 */
async function showAgain(trx: Knex.Transaction, batchId: number, at: Date): Promise<void> {
  await trx.raw(
    `update parcel_file f set visible = true, removed_at = null,
       shown_at = greatest(cast(? as timestamptz), f.shown_at + interval '1 second')
     from parcel p where p.id = f.parcel_id and p.batch_id = ? and p.number = 0
       and p.channel = 'sftp' and p.state in ('DELIVERED', 'COLLECTED')
       and f.name not like 'expired:%'`,
    [at, batchId],
  );
  // What was brought is brought again, under the same id: who has it already can tell.
  await trx.raw(
    `update parcel set state = 'PENDING', attempts = 0, dead_at = null,
       run_after = clock_timestamp()
     where batch_id = ? and number = 0 and channel <> 'sftp'
       and state in ('DELIVERED', 'COLLECTED', 'DEAD')`,
    [batchId],
  );
  await trx.raw(`select pg_notify('sluis_parcel', '')`);
}

async function addWork(
  trx: Knex.Transaction,
  work: {
    readonly batchId: number;
    readonly sender: SenderNumber;
    readonly step: Step;
    readonly seqs: readonly number[];
  },
): Promise<void> {
  await trx.raw(
    `insert into work_item (batch_id, sender, step, seq)
     select ?, ?, ?, seq from unnest(?::int[]) as seq`,
    [work.batchId, work.sender, work.step, [...work.seqs]],
  );
  await trx.raw(`select pg_notify('sluis_work', '')`);
}

async function finish(trx: Knex.Transaction, lease: Lease): Promise<void> {
  const rows = rowsOf(
    await trx.raw(
      `update work_item set state = 'DONE', lease_until = null, lease_token = null
       where id = ? and lease_token = ? and state = 'LEASED' returning id`,
      [lease.itemId, lease.token],
    ),
  );
  if (rows.length === 0) throw new Failure('work.lease-lost', { item: lease.itemId });
}

async function recordDeclarations(
  trx: Knex.Transaction,
  tables: readonly CopyTable[],
): Promise<void> {
  for (const table of tables) await copyRows(trx, table);
}

async function chunkDone(trx: Knex.Transaction, batchId: number): Promise<number> {
  const [row] = rowsOf<{ chunks_left: number }>(
    await trx.raw(
      `update batch set chunks_left = chunks_left - 1,
         state = case when state = 'ACCEPTED' then 'PROCESSING' else state end
       where id = ? returning chunks_left`,
      [batchId],
    ),
  );
  return row?.chunks_left ?? 0;
}

async function notified(trx: Knex.Transaction, batchId: number, at: Date): Promise<void> {
  await enterNow(trx, batchId);
  await trx.raw(`update batch set state = 'NOTIFIED', notified_at = ? where id = ?`, [at, batchId]);
  // Every verdict stands in its own rows now; the queue and the extracts stay small.
  await trx.raw('delete from chunk where batch_id = ?', [batchId]);
  await trx.raw(`delete from work_item where batch_id = ? and state = 'DONE'`, [batchId]);
}

/** As `journal_event.level` stores them. */
const journalLevels = { info: 1, warn: 2, error: 3 } as const;

async function record(trx: Knex.Transaction, entry: JournalEntry): Promise<void> {
  await trx('journal_event').insert({
    at: entry.at,
    level: journalLevels[entry.level],
    code: entry.code,
    sender: entry.sender ?? null,
    ticket: entry.ticket ?? null,
    username: entry.username ?? null,
    file_name: entry.fileName ?? null,
    facts: jsonText(entry.facts ?? {}),
  });
}
