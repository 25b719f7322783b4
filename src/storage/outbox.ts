import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { Parcel, ParcelPart } from '../channels/index.ts';
import type { ClaimedParcel, Outbox, ParcelLease } from '../delivery.ts';
import { Failure } from '../vocabulary/index.ts';
import type { BlobStore } from './blob-store.ts';
import { rowsOf } from './rows.ts';
import { translating } from './storage-failure.ts';

/** The journal's line and the integrators' event of parcels, for a statement that names them `d`. */
const telling = (
  source: string,
  code: 'parcel.delivered' | 'parcel.dead',
  level: 1 | 3,
): string => `
  told as (
    insert into journal_event (at, level, code, sender, ticket, file_name, facts)
    select :at, ${String(level)}, '${code}', d.sender, coalesce(d.ticket, b.ticket),
      (select f.name from parcel_file f where f.parcel_id = d.id and f.ordinal = 0),
      jsonb_strip_nulls(jsonb_build_object('kind', d.kind, 'channel', d.channel,
        'recipient', d.recipient, 'reference', d.reference, 'attempts', d.attempts,
        'error', d.last_error))
    from ${source} d join batch b on b.id = d.batch_id
  ), published as (
    insert into batch_event (at, event, batch_id, sender, environment, facts)
    select :at, '${code}', d.batch_id, b.sender, b.environment,
      jsonb_strip_nulls(jsonb_build_object('kind', d.kind, 'channel', d.channel,
        'parcel', coalesce(d.ticket, b.ticket) || '-' || d.kind, 'recipient', d.recipient,
        'reference', d.reference, 'error', d.last_error,
        'files', (select jsonb_agg(f.name order by f.ordinal) from parcel_file f
          where f.parcel_id = d.id)))
    from ${source} d join batch b on b.id = d.batch_id
    returning id
  ), noticed as (select pg_notify('sluis_event', '') from published limit 1)`;

const toldColumns =
  'p.id, p.kind, p.sender, p.recipient, p.channel, p.ticket, p.batch_id, p.reference, p.attempts, p.last_error';

/**
 * Makes the pending parcels of the SFTP mailboxes visible: their bytes stand in the row and in the
 * blob store already, so delivery is one statement, FO, FS and GO at once.
 *
 * @returns how many parcels became visible.
 */
export async function showParcels(
  knex: Knex,
  o: { readonly at: Date; readonly max: number },
): Promise<number> {
  const [row] = rowsOf<{ shown: bigint }>(
    await knex.raw(
      `with due as (
         select p.id from parcel p
         where p.state = 'PENDING' and p.channel = 'sftp' and p.run_after <= clock_timestamp()
         order by p.id limit :max for update skip locked
       ), delivered as (
         update parcel p set state = 'DELIVERED', delivered_at = :at, attempts = p.attempts + 1
         from due where p.id = due.id returning ${toldColumns}
       ), shown as (
         update parcel_file f set visible = true, shown_at = :at from delivered d
         where f.parcel_id = d.id
       ), ${telling('delivered', 'parcel.delivered', 1)}
       select count(*) as shown, (select count(*) from noticed) from delivered`,
      { at: o.at, max: o.max },
    ),
  );
  return Number(row?.shown ?? 0);
}

/** The parcels of one channel whose outlet brings them to the other side. */
export function openOutbox(o: {
  readonly knex: Knex;
  readonly blobs: BlobStore;
  readonly channel: string;
}): Outbox {
  const { knex } = o;
  return {
    claim: (wish) => translating(() => claim(o, wish)),
    renew: (leases, leaseMs) => translating(() => renew(knex, leases, leaseMs)),
    delivered: (done, at) => translating(() => markDelivered(knex, done, at)),
    retry: (failed) => translating(() => retry(knex, failed)),
    bury: (lease, wish) => translating(() => bury(knex, lease, wish)),
    giveBack: (lease) => translating(() => giveBack(knex, lease)),
  };
}

/** Parcels looked at to choose from; those of busy destinations are left out before. */
const candidatesMax = 1_000;

interface ParcelRow {
  readonly id: bigint;
  readonly kind: Parcel['kind'];
  readonly ticket: string;
  readonly environment: Parcel['environment'];
  readonly sender: string | null;
  readonly recipient: string | null;
  readonly type: string | null;
  readonly created_at: Date;
  readonly attempts: number;
}

async function claim(
  o: { readonly knex: Knex; readonly blobs: BlobStore; readonly channel: string },
  wish: Parameters<Outbox['claim']>[0],
): Promise<readonly ClaimedParcel[]> {
  const token = randomUUID();
  const { max, perDestinationMax, inHand, leaseMs } = wish;
  const busy = [...inHand].filter(([, count]) => count >= perDestinationMax).map(([name]) => name);
  const rows = rowsOf<ParcelRow>(
    await o.knex.raw(claimStatement, {
      ...{ channel: o.channel, max, perDestinationMax, busy, leaseMs, token, candidatesMax },
      inHand: JSON.stringify(Object.fromEntries(inHand)),
    }),
  );
  if (rows.length === 0) return [];
  const files = await filesOf(
    o,
    rows.map(({ id }) => id),
  );
  return rows
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map((row) => claimed(row, files.get(row.id) ?? [], token));
}

/** Whether line r of the register is about batch b; a line for R is about T and S as well. */
const concerns = `(r.message_type = '*' or b.type is null or r.message_type = b.type)
  and (r.environment = b.environment or r.environment = 'R')`;

/**
 * Parcels of a sender whose channel is suspended or closed for their type and environment rest, and
 * go out when it is opened again. A channel nobody registered lines for is open.
 */
const isOpen = `(
  p.sender is null
  or not (p.sender = any (array(select r.sender from channel_registration r
    where r.channel = :channel and r.state in ('suspended', 'closed'))))
  or exists (select 1 from channel_registration r join batch b on b.id = p.batch_id
    where r.sender = p.sender and r.channel = :channel and r.state not in ('suspended', 'closed')
      and ${concerns})
  or not exists (select 1 from channel_registration r join batch b on b.id = p.batch_id
    where r.sender = p.sender and r.channel = :channel and ${concerns}))`;

/**
 * For a statement that moves parcels: its commit does not wait for the disk. What a crash of the
 * server may undo is the last moments of the outbox's state alone, and that as a whole: a parcel is
 * brought again under its id and name, which the other side has already or takes in its place, as
 * after a process that died before its mark.
 */
const swiftly = `(select set_config('synchronous_commit', 'off', true))`;

/**
 * Rows are picked by arrays of their ids, since the outbox fills and empties faster than statistics
 * are made: joined to what was ranked, each of thousands was compared with each of a thousand. What
 * is asked of a chosen row is a `case`, from which no partial index follows: with one, every parcel
 * that waits was looked up among the thousand.
 */
const claimStatement = `
  with due as materialized (
    select p.id, coalesce(p.sender, p.recipient) as destination
    from parcel p
    where p.channel = :channel
      and ((p.state = 'PENDING' and p.run_after <= clock_timestamp())
        or (p.state = 'SENDING' and p.lease_until < clock_timestamp()))
      and not (coalesce(p.sender, p.recipient) = any (cast(:busy as text[])))
      and ${isOpen}
      and (p.number > 0 or not exists (select 1 from parcel e
        where e.batch_id = p.batch_id and e.number = 0 and e.id < p.id
          and e.channel = p.channel and e.state in ('PENDING', 'SENDING')))
    order by p.id limit :candidatesMax
  ), ranked as (
    select d.id, row_number() over (partition by d.destination order by d.id)
      + coalesce(cast(cast(:inHand as jsonb) ->> d.destination as integer), 0) as place
    from due d
  ), chosen as (
    select p.id from parcel p
    where p.id = any (array(select r.id from ranked r where r.place <= :perDestinationMax))
      and case p.state when 'PENDING' then true when 'SENDING'
        then p.lease_until < clock_timestamp() else false end
    order by p.id limit :max for update skip locked
  )
  update parcel p set state = 'SENDING', attempts = p.attempts + 1, lease_token = :token,
    lease_until = clock_timestamp() + :leaseMs * interval '1 millisecond'
  from batch b
  where p.id = any (array(select c.id from chosen c)) and b.id = p.batch_id
  returning p.id, p.kind, coalesce(p.ticket, b.ticket) as ticket, b.environment, p.sender,
    p.recipient, b.type, p.created_at, p.attempts, ${swiftly}`;

interface FileRow {
  readonly parcel_id: bigint;
  readonly name: string;
  readonly bytes: bigint;
  readonly sha256: Buffer;
  readonly content: Buffer | null;
  readonly blob: string | null;
}

async function filesOf(
  o: { readonly knex: Knex; readonly blobs: BlobStore },
  ids: readonly bigint[],
): Promise<ReadonlyMap<bigint, readonly ParcelPart[]>> {
  const rows = rowsOf<FileRow>(
    await o.knex.raw(
      `select f.parcel_id, f.name, f.bytes, f.sha256, f.content, f.blob from parcel_file f
       where f.parcel_id = any (cast(? as bigint[])) order by f.parcel_id, f.ordinal`,
      [ids.map(String)],
    ),
  );
  const files = new Map<bigint, ParcelPart[]>();
  for (const row of rows) {
    const list = files.get(row.parcel_id) ?? [];
    list.push(partOf(row, o.blobs));
    files.set(row.parcel_id, list);
  }
  return files;
}

function partOf({ name, bytes, sha256, content, blob }: FileRow, blobs: BlobReaders): ParcelPart {
  return {
    ...{ name, bytes: Number(bytes), sha256: sha256.toString('hex') },
    open: () => (blob === null ? onePiece(content) : blobs.stream(blob)),
  };
}

type BlobReaders = Pick<BlobStore, 'stream'>;

// eslint-disable-next-line @typescript-eslint/require-await -- the shape of a stream, over one piece
async function* onePiece(content: Buffer | null): AsyncGenerator<Buffer, void, undefined> {
  if (content !== null && content.length > 0) yield content;
}

function claimed(row: ParcelRow, files: readonly ParcelPart[], token: string): ClaimedParcel {
  const { kind, ticket, environment } = row;
  return {
    lease: { parcelId: Number(row.id), token },
    destination: row.sender ?? row.recipient ?? '',
    parcel: {
      ...{ id: `${ticket}-${kind}`, kind, ticket, environment, files },
      sender: row.sender ?? undefined,
      recipient: row.recipient ?? undefined,
      type: row.type ?? undefined,
      createdAt: row.created_at,
      attempt: row.attempts,
    },
  };
}

async function renew(knex: Knex, leases: readonly ParcelLease[], leaseMs: number): Promise<void> {
  await knex.raw(
    `update parcel p set lease_until = clock_timestamp() + :leaseMs * interval '1 millisecond'
     from unnest(cast(:ids as bigint[]), cast(:tokens as uuid[])) as held (id, token)
     where p.id = any (cast(:ids as bigint[])) and p.id = held.id and p.lease_token = held.token and p.state = 'SENDING'`,
    { ...columnsOf(leases), leaseMs },
  );
}

function columnsOf(leases: readonly ParcelLease[]): {
  readonly ids: readonly number[];
  readonly tokens: readonly string[];
} {
  return { ids: leases.map(({ parcelId }) => parcelId), tokens: leases.map(({ token }) => token) };
}

async function markDelivered(
  knex: Knex,
  done: Parameters<Outbox['delivered']>[0],
  at: Date,
): Promise<void> {
  await knex.raw(
    `with delivered as (
       update parcel p set state = 'DELIVERED', delivered_at = :at, reference = done.reference,
         lease_token = null, lease_until = null, last_error = null
       from unnest(cast(:ids as bigint[]), cast(:tokens as uuid[]), cast(:references as text[]))
         as done (id, token, reference)
       where p.id = any (cast(:ids as bigint[])) and p.id = done.id
         and p.lease_token = done.token and p.state = 'SENDING'
       returning ${toldColumns}
     ), ${telling('delivered', 'parcel.delivered', 1)}
     select count(*), ${swiftly} from noticed`,
    {
      ...columnsOf(done.map(({ lease }) => lease)),
      references: done.map(({ reference }) => reference),
      at,
    },
  );
}

async function retry(knex: Knex, failed: Parameters<Outbox['retry']>[0]): Promise<void> {
  await knex.raw(
    `update parcel p set state = 'PENDING', lease_token = null, lease_until = null,
       last_error = failed.error,
       run_after = clock_timestamp() + failed.after_ms * interval '1 millisecond'
     from unnest(cast(:ids as bigint[]), cast(:tokens as uuid[]), cast(:pauses as integer[]),
       cast(:errors as text[])) as failed (id, token, after_ms, error)
     where p.id = any (cast(:ids as bigint[])) and p.id = failed.id
       and p.lease_token = failed.token and p.state = 'SENDING'`,
    {
      ...columnsOf(failed.map(({ lease }) => lease)),
      pauses: failed.map(({ afterMs }) => afterMs),
      errors: failed.map(({ error }) => error),
    },
  );
}

async function bury(
  knex: Knex,
  { parcelId, token }: ParcelLease,
  o: { readonly at: Date; readonly error: string },
): Promise<void> {
  await knex.raw(
    `with buried as (
       update parcel p set state = 'DEAD', dead_at = :at, last_error = :error, lease_token = null,
         lease_until = null
       where p.id = :parcelId and p.lease_token = :token and p.state = 'SENDING'
       returning ${toldColumns}
     ), ${telling('buried', 'parcel.dead', 3)}
     select count(*) from noticed`,
    { ...o, parcelId, token },
  );
}

async function giveBack(knex: Knex, { parcelId, token }: ParcelLease): Promise<void> {
  await knex.raw(
    `update parcel set state = 'PENDING', attempts = attempts - 1, lease_token = null,
       lease_until = null, run_after = clock_timestamp()
     where id = ? and lease_token = ? and state = 'SENDING'`,
    [parcelId, token],
  );
}

/**
 * Has the parcels of a batch that were given up tried again, with all their attempts before them.
 *
 * @returns the ticket of the batch, and how many parcels there were.
 */
export async function reviveParcels(
  knex: Knex,
  batchId: number,
  o: { readonly reason: string; readonly at: Date },
): Promise<{ readonly ticket: string; readonly parcels: number }> {
  const [row] = rowsOf<{ ticket: string; parcels: bigint }>(
    await knex.raw(
      `with revived as (
         update parcel set state = 'PENDING', attempts = 0, dead_at = null,
           run_after = clock_timestamp()
         where batch_id = :batchId and state = 'DEAD' returning id
       ), counted as (select count(*) as parcels from revived
       ), told as (
         insert into journal_event (at, level, code, sender, ticket, file_name, facts)
         select :at, 2, 'parcel.revived', b.sender, b.ticket, b.file_name,
           jsonb_build_object('parcels', c.parcels, 'reason', cast(:reason as text))
         from batch b, counted c where b.id = :batchId and c.parcels > 0
       )
       select b.ticket, c.parcels from batch b, counted c where b.id = :batchId`,
      { ...o, batchId },
    ),
  );
  if (row === undefined) throw new Failure('batch.unknown', { batch: batchId });
  const parcels = Number(row.parcels);
  if (parcels > 0) await knex.raw(`select pg_notify('sluis_parcel', '')`);
  return { ticket: row.ticket, parcels };
}

/** How much has to be brought out still, what was given up, and since when the oldest waits. */
export async function outboxState(
  knex: Knex,
): Promise<{ readonly waiting: number; readonly dead: number; readonly oldest: Date | undefined }> {
  const [row] = rowsOf<{ waiting: bigint; dead: bigint; oldest: Date | null }>(
    await knex.raw(
      `select count(*) filter (where p.state <> 'DEAD') as waiting,
         count(*) filter (where p.state = 'DEAD') as dead,
         min(p.created_at) filter (where p.state <> 'DEAD') as oldest
       from parcel p where p.state in ('PENDING', 'SENDING', 'DEAD')`,
    ),
  );
  const { waiting = 0n, dead = 0n, oldest } = row ?? {};
  return { waiting: Number(waiting), dead: Number(dead), oldest: oldest ?? undefined };
}
