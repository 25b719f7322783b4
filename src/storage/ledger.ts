import type { Knex } from 'knex';
import type {
  Batch,
  BatchFile,
  ChunkPlace,
  JournalEntry,
  Ledger,
  Lease,
  PostponedSet,
  WorkItem,
} from '../ledger.ts';
import type { Database } from './database.ts';
import { translating } from './storage-failure.ts';
import type { SetRef, WaitingFile } from '../intake/index.ts';
import type { Environment, InDirectory, SenderNumber, Ticket } from '../vocabulary/index.ts';
import { Failure } from '../vocabulary/index.ts';
import { ledgerTransaction } from './ledger-transaction.ts';
import { rowsOf } from './rows.ts';
import { routedForms } from './routed-forms.ts';
import { assessmentsOf, declarationsOf } from './settled-rows.ts';

export interface LedgerOptions {
  readonly database: Database;
  /** Names this process in leases. */
  readonly nodeId: string;
  /** Told of every entry that goes to the journal. */
  readonly recorded?: (entry: JournalEntry) => void;
}

/** The ledger over PostgreSQL. What the database refuses because it is away becomes a Failure. */
export function openLedger({ database, nodeId, recorded }: LedgerOptions): Ledger {
  const { knex } = database;
  return {
    transaction: (work) => database.transaction((trx) => work(ledgerTransaction(trx, recorded))),
    dueSets: (now, max) => translating(() => dueSets(knex, now, max)),
    waitingFiles: (sets) => translating(() => waitingFiles(knex, sets)),
    postpone: (sets) => translating(() => postpone(knex, sets)),
    nextBatchId: () => translating(() => nextBatchId(knex)),
    batch: (id) => translating(() => batchOf(knex, id)),
    saveChunk: (batchId, place, result) =>
      translating(() => saveChunk(knex, batchId, place, result)),
    chunk: (batchId, seq) => translating(() => chunkOf(knex, batchId, seq)),
    declarations: (batchId) => declarationsOf(knex, batchId),
    routedForms: (batchId, o) => translating(() => routedForms(knex, batchId, o)),
    assessments: (batchId) => assessmentsOf(knex, batchId),
    nextSequence: (day, environment) => translating(() => nextSequence(knex, day, environment)),
    claimWork: (o) => translating(() => claimWork(knex, nodeId, o)),
    renewLeases: (leases, leaseMs) => translating(() => renewLeases(knex, leases, leaseMs)),
    retryWork: (lease, o) => translating(() => retryWork(knex, lease, o)),
    quarantine: (item, reason, at) => translating(() => quarantine(knex, item, reason, at)),
  };
}

/** One statement, one transaction: its commit need not wait, since that of `accept` does. */
async function saveChunk(
  knex: Knex,
  batchId: number,
  place: ChunkPlace,
  result: Buffer,
): Promise<void> {
  const { seq, part, from, to, firstForm, forms } = place;
  await knex.raw(
    `insert into chunk (batch_id, seq, part, from_byte, to_byte, first_form, forms, result)
     select ?::bigint, ?::int, ?::int, ?::bigint, ?::bigint, ?::int, ?::int, ?::bytea
     from set_config('synchronous_commit', 'off', true)
     on conflict (batch_id, seq) do update set part = excluded.part,
       from_byte = excluded.from_byte, to_byte = excluded.to_byte,
       first_form = excluded.first_form, forms = excluded.forms, result = excluded.result`,
    [batchId, seq, part, from, to, firstForm, forms, result],
  );
}

async function dueSets(knex: Knex, now: Date, max: number): Promise<readonly SetRef[]> {
  const rows = rowsOf<{ sender: SenderNumber; directory: InDirectory; set_key: string }>(
    await knex.raw(
      `select f.sender, f.directory, f.set_key from landed_file f
       where f.state = 'LANDED' and not f.temporary and f.look_at <= ?
       group by f.sender, f.directory, f.set_key order by min(f.look_at) limit ?`,
      [now, max],
    ),
  );
  return rows.map(({ sender, directory, set_key: setKey }) => ({ sender, directory, setKey }));
}

async function waitingFiles(
  knex: Knex,
  sets: readonly SetRef[],
): Promise<readonly (readonly WaitingFile[])[]> {
  if (sets.length === 0) return [];
  const rows = rowsOf<{
    place: bigint;
    id: string;
    sender: SenderNumber;
    directory: InDirectory;
    name: string;
    state: WaitingFile['state'];
    bytes: bigint;
    sha256: Buffer | null;
    blob: string | null;
    landed_at: Date | null;
    channel: string;
    username: string;
    faults: WaitingFile['faults'] | null;
    announced: WaitingFile['announced'] | null;
  }>(
    await knex.raw(
      `select s.place, f.id, f.sender, f.directory, f.name, f.state, f.bytes, f.sha256, f.blob,
         f.landed_at, f.channel, f.username, f.faults, f.announced
       from unnest(?::bpchar[], ?::text[], ?::text[])
         with ordinality as s (sender, directory, set_key, place)
       join landed_file f on f.sender = s.sender and f.directory = s.directory
         and f.set_key = s.set_key
       where not f.temporary and f.state in ('UPLOADING', 'PARTIAL', 'LANDED')
       order by s.place, f.name`,
      [
        sets.map(({ sender }) => sender),
        sets.map(({ directory }) => directory),
        sets.map(({ setKey }) => setKey),
      ],
    ),
  );
  const found: WaitingFile[][] = sets.map(() => []);
  for (const {
    place,
    landed_at: landedAt,
    sha256,
    blob,
    bytes,
    faults,
    announced,
    ...row
  } of rows) {
    found[Number(place) - 1]?.push({
      ...row,
      ...(faults ? { faults } : {}),
      ...(announced ? { announced } : {}),
      bytes: Number(bytes),
      sha256: sha256 ?? undefined,
      blob: blob ?? undefined,
      landedAt: landedAt ?? undefined,
    });
  }
  return found;
}

/**
 * A postponement that a power cut takes back is made again, so that its commit need not wait. A row
 * that another holds is being changed, and so is left as it is: due.
 */
async function postpone(knex: Knex, sets: readonly PostponedSet[]): Promise<void> {
  // One seen under way may have landed since, and one renamed is no longer this set's to wait with.
  const rows = sets.flatMap(({ set, until, seen }) =>
    seen
      .filter(({ state }) => state === 'LANDED')
      .map(({ id }) => ({ id, until, setKey: set.setKey })),
  );
  if (rows.length === 0) return;
  await knex.raw(
    `update landed_file f set look_at = w.until
     from set_config('synchronous_commit', 'off', true), (
       select l.id, p.until from landed_file l
       join unnest(?::uuid[], ?::text[], ?::timestamptz[]) as p (id, set_key, until)
         on l.id = p.id and l.set_key = p.set_key
       where l.state = 'LANDED' and l.look_at <= p.until
       for update of l skip locked
     ) w
     where f.id = w.id`,
    [rows.map(({ id }) => id), rows.map(({ setKey }) => setKey), rows.map(({ until }) => until)],
  );
}

async function nextBatchId(knex: Knex): Promise<number> {
  const [row] = rowsOf<{ id: bigint }>(
    await knex.raw(`select nextval(pg_get_serial_sequence('batch', 'id')) as id`),
  );
  return Number(row?.id);
}

interface BatchRow {
  readonly id: bigint;
  readonly ticket: Ticket;
  readonly state: Batch['state'];
  readonly sender: SenderNumber;
  readonly directory: InDirectory;
  readonly environment: Environment;
  readonly type: string | null;
  readonly file_name: string;
  readonly channel: string;
  readonly username: string;
  readonly received_at: Date;
  readonly declarations: number;
  readonly accepted: number;
  readonly refused: number;
  readonly root: string | null;
}

async function batchOf(knex: Knex, id: number): Promise<Batch> {
  const [row] = rowsOf<BatchRow>(
    await knex.raw(
      `select b.id, b.ticket, b.state, b.sender, b.directory, b.environment, b.type, b.file_name,
         b.channel, b.username, b.received_at, b.declarations, b.accepted, b.refused, b.root
       from batch b where b.id = ?`,
      [id],
    ),
  );
  if (row === undefined) throw new Failure('batch.unknown', { batch: id });
  const files = rowsOf<
    Omit<BatchFile, 'bytes' | 'firstForm'> & { bytes: bigint; first_form: number | null }
  >(
    await knex.raw(
      `select f.prefix, f.part, f.name, f.bytes, f.sha256, f.blob, f.first_form from batch_file f
       where f.batch_id = ? order by f.prefix, f.part, f.name`,
      [id],
    ),
  );
  const { file_name: fileName, received_at: receivedAt, type, root, ...rest } = row;
  return {
    ...rest,
    id,
    type: type ?? '',
    root: root ?? undefined,
    ...{ fileName, receivedAt },
    files: files.map(({ bytes, first_form: firstForm, ...file }) => ({
      ...{ ...file, bytes: Number(bytes) },
      ...(firstForm === null ? {} : { firstForm }),
    })),
  };
}

async function chunkOf(knex: Knex, batchId: number, seq: number): Promise<Buffer> {
  const [row] = rowsOf<{ result: Buffer | null }>(
    await knex.raw('select c.result from chunk c where c.batch_id = ? and c.seq = ?', [
      batchId,
      seq,
    ]),
  );
  if (row?.result == null) throw new Failure('gateway.defect', { batch: batchId, chunk: seq });
  return row.result;
}

async function nextSequence(knex: Knex, day: string, environment: Environment): Promise<number> {
  const [row] = rowsOf<{ last: number }>(
    await knex.raw(
      `insert into answer_sequence as a (day, environment, last) values (?, ?, 1)
       on conflict (day, environment) do update set last = a.last + 1 returning a.last`,
      [day, environment],
    ),
  );
  return Number(row?.last);
}

/** Senders with the fewest items in hand go first, so that a large batch starves nobody. */
const claimSql = `
  with picked as (
    select w.id from work_item w
    where (w.state = 'READY' and w.run_after <= clock_timestamp())
       or (w.state = 'LEASED' and w.lease_until < clock_timestamp())
    order by (select count(*) from work_item l where l.sender = w.sender and l.state = 'LEASED'),
      w.id
    limit :max for update of w skip locked
  )
  update work_item w set state = 'LEASED', attempts = w.attempts + 1, node_id = :node,
    lease_token = gen_random_uuid(),
    lease_until = clock_timestamp() + make_interval(secs => cast(:lease as float8) / 1000)
  from picked where w.id = picked.id
  returning w.id, w.batch_id, w.sender, w.step, w.seq, w.attempts, w.lease_token`;

async function claimWork(
  knex: Knex,
  node: string,
  { max, leaseMs }: { readonly max: number; readonly leaseMs: number },
): Promise<readonly WorkItem[]> {
  const rows = rowsOf<{
    id: bigint;
    batch_id: bigint;
    sender: SenderNumber;
    step: WorkItem['step'];
    seq: number;
    attempts: number;
    lease_token: string;
  }>(await knex.raw(claimSql, { max, node, lease: leaseMs }));
  return rows.map((row) => ({
    batchId: Number(row.batch_id),
    sender: row.sender,
    step: row.step,
    seq: row.seq,
    attempts: row.attempts,
    lease: { itemId: Number(row.id), token: row.lease_token },
  }));
}

async function renewLeases(knex: Knex, leases: readonly Lease[], leaseMs: number): Promise<void> {
  await knex.raw(
    `update work_item w set lease_until = clock_timestamp() + make_interval(secs => ?::float8 / 1000)
     from unnest(?::bigint[], ?::uuid[]) as held (id, token)
     where w.id = held.id and w.lease_token = held.token and w.state = 'LEASED'`,
    [leaseMs, leases.map(({ itemId }) => itemId), leases.map(({ token }) => token)],
  );
}

async function retryWork(
  knex: Knex,
  lease: Lease,
  o: { readonly afterMs: number; readonly error: string },
): Promise<void> {
  await knex.raw(
    `update work_item set state = 'READY', lease_token = null, lease_until = null, last_error = ?,
       run_after = clock_timestamp() + make_interval(secs => ?::float8 / 1000)
     where id = ? and lease_token = ? and state = 'LEASED'`,
    [o.error, o.afterMs, lease.itemId, lease.token],
  );
}

async function quarantine(
  knex: Knex,
  item: WorkItem,
  reason: { readonly code: string; readonly detail: string },
  at: Date,
): Promise<void> {
  await knex.transaction(async (trx) => {
    const rows = rowsOf(
      await trx.raw(
        `update work_item set state = 'POISON', lease_until = null, last_error = ?
         where id = ? and lease_token = ? and state = 'LEASED' returning id`,
        [reason.code, item.lease.itemId, item.lease.token],
      ),
    );
    if (rows.length === 0) return;
    const { step, seq } = item;
    const [batch] = rowsOf<{ ticket: string; file_name: string; environment: Environment }>(
      await trx.raw(
        `update batch b set state = 'QUARANTINED',
           quarantine = jsonb_build_object('from', b.state, 'step', ?::text, 'seq', ?::int,
             'code', ?::text, 'detail', ?::text)
         where b.id = ? and b.state <> 'QUARANTINED'
         returning b.ticket, b.file_name, b.environment`,
        [step, seq, reason.code, reason.detail, item.batchId],
      ),
    );
    // An item that was in hand meanwhile met the same fault: where to go on is known already.
    if (batch === undefined) return;
    // The batch's other items wait for the operator too: they would meet the same fault.
    await trx.raw(
      `update work_item set state = 'POISON', last_error = 'quarantined'
       where batch_id = ? and state = 'READY'`,
      [item.batchId],
    );
    const tx = ledgerTransaction(trx);
    await tx.record({
      ...{ at, level: 'error', code: 'batch.quarantined', sender: item.sender },
      ...{ ticket: batch.ticket, fileName: batch.file_name },
      facts: { step, seq, reason: reason.code },
    });
    const { environment } = batch;
    const { batchId, sender } = item;
    const facts = { step, reason: reason.code };
    await tx.tell([{ event: 'batch.quarantined', at, batchId, sender, environment, facts }]);
  });
}
