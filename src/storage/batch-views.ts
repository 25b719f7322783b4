import type { Knex } from 'knex';
import type { BatchState } from '../ledger.ts';
import { Failure } from '../vocabulary/index.ts';
import { rowsOf } from './rows.ts';
import { findingOf } from './settled-rows.ts';
import { fileOfForm, shownFinding, type ShownFinding } from './shown-finding.ts';

export interface BatchLine {
  readonly ticket: string;
  readonly fileName: string;
  readonly sender: string;
  readonly type: string | null;
  readonly environment: string;
  readonly state: BatchState;
  readonly receivedAt: string;
  readonly declarations: number;
  readonly accepted: number;
  readonly refused: number;
  readonly error: string | null;
}

export interface BatchFilter {
  readonly sender?: string;
  readonly state?: string;
  readonly since?: Date;
  readonly max: number;
}

interface ListRow {
  readonly ticket: string;
  readonly file_name: string;
  readonly sender: string;
  readonly type: string | null;
  readonly environment: string;
  readonly state: BatchState;
  readonly received_at: Date;
  readonly declarations: number;
  readonly accepted: number;
  readonly refused: number;
  readonly errors: readonly { readonly code: string; readonly detail: string }[];
}

/** The newest batches first. */
export async function listBatches(knex: Knex, filter: BatchFilter): Promise<readonly BatchLine[]> {
  const rows = rowsOf<ListRow>(
    await knex.raw(
      `select b.ticket, b.file_name, b.sender, b.type, b.environment, b.state, b.received_at,
         b.declarations, b.accepted, b.refused, b.errors
       from batch b
       where (cast(:sender as text) is null or b.sender = :sender) and (cast(:state as text) is null or b.state = :state)
         and (cast(:since as timestamptz) is null or b.received_at >= :since)
       order by b.received_at desc, b.id desc limit :max`,
      {
        sender: filter.sender ?? null,
        state: filter.state ?? null,
        since: filter.since ?? null,
        max: filter.max,
      },
    ),
  );
  return rows.map((row) => ({
    ticket: row.ticket,
    fileName: row.file_name,
    sender: row.sender,
    type: row.type,
    environment: row.environment,
    state: row.state,
    receivedAt: row.received_at.toISOString(),
    declarations: row.declarations,
    accepted: row.accepted,
    refused: row.refused,
    error: row.errors[0]?.code ?? null,
  }));
}

export interface ShownBatch {
  readonly ticket: string;
  readonly fileName: string;
  readonly sender: string;
  readonly type: string | null;
  readonly environment: string;
  readonly state: BatchState;
  readonly receipt: {
    readonly result: 'accepted' | 'refused' | null;
    readonly errors: readonly { readonly code: string; readonly detail: string }[];
  };
  readonly declarations: {
    readonly total: number;
    readonly accepted: number;
    readonly refused: number;
  };
  readonly totals: Readonly<Record<string, unknown>> | null;
  readonly quarantine: Readonly<Record<string, unknown>> | null;
  readonly files: readonly {
    readonly name: string;
    readonly bytes: number;
    readonly sha256: string;
  }[];
  readonly findings: readonly ShownFinding[];
  /** Findings beyond the first `findingsMax` are counted here. */
  readonly findingsLeftOut: number;
  readonly parcels: readonly ShownParcel[];
  readonly timeline: readonly {
    readonly at: string;
    readonly code: string;
    readonly facts: unknown;
  }[];
}

export interface ShownParcel {
  readonly kind: string;
  readonly state: string;
  readonly directory: string;
  readonly channel: string;
  /** The sender number or enterprise it goes to. */
  readonly to: string;
  /** The declaration it holds; 0 for an answer on the whole batch. */
  readonly declaration: number;
  readonly files: readonly string[];
  readonly attempts: number;
  readonly lastError: string | null;
  /** What the other side confirmed with, where it was brought there. */
  readonly reference: string | null;
  readonly createdAt: string;
  readonly deliveredAt: string | null;
  readonly collectedAt: string | null;
}

/** The id of the batch that goes by a ticket or a file name (the newest, when a name was refused before). */
export async function findBatch(knex: Knex, ticketOrName: string): Promise<number> {
  const [row] = rowsOf<{ id: bigint }>(
    await knex.raw(
      `select b.id from batch b where b.ticket = :key or b.file_name = :key
         or exists (select 1 from batch_file f where f.batch_id = b.id and f.name = :key)
       order by b.reserves desc, b.id desc limit 1`,
      { key: ticketOrName },
    ),
  );
  if (row === undefined) throw new Failure('batch.unknown', { name: ticketOrName });
  return Number(row.id);
}

/** Everything an operator asks about one batch. */
export async function showBatch(knex: Knex, id: number, findingsMax: number): Promise<ShownBatch> {
  const [row] = rowsOf<
    ListRow & {
      readonly totals: Readonly<Record<string, unknown>> | null;
      readonly quarantine: Readonly<Record<string, unknown>> | null;
    }
  >(await knex.raw('select b.* from batch b where b.id = ?', [id]));
  if (row === undefined) throw new Failure('batch.unknown', { batch: id });
  const files = rowsOf<{ name: string; bytes: bigint; sha256: Buffer }>(
    await knex.raw(
      `select f.name, f.bytes, f.sha256 from batch_file f where f.batch_id = ?
       order by f.prefix, f.part`,
      [id],
    ),
  );
  const { findings, leftOut } = await findingsOf(knex, id, findingsMax);
  return {
    ticket: row.ticket,
    fileName: row.file_name,
    sender: row.sender,
    type: row.type,
    environment: row.environment,
    state: row.state,
    receipt: { result: receiptResult(row), errors: row.errors },
    declarations: { total: row.declarations, accepted: row.accepted, refused: row.refused },
    totals: row.totals,
    quarantine: row.quarantine,
    files: files.map(({ name, bytes, sha256 }) => ({
      ...{ name, bytes: Number(bytes), sha256: sha256.toString('hex') },
    })),
    findings,
    findingsLeftOut: leftOut,
    parcels: await parcelsOf(knex, id),
    timeline: await timelineOf(knex, row.ticket),
  };
}

function receiptResult({ state, errors }: ListRow): 'accepted' | 'refused' | null {
  if (state === 'RECEIVED') return null;
  return errors.length > 0 ? 'refused' : 'accepted';
}

async function findingsOf(
  knex: Knex,
  id: number,
  max: number,
): Promise<{ readonly findings: readonly ShownFinding[]; readonly leftOut: number }> {
  const rows = rowsOf<
    Parameters<typeof findingOf>[0] & {
      readonly number: number;
      readonly all: bigint;
      readonly file: string | null;
    }
  >(
    await knex.raw(
      `select f.*, count(*) over () as "all", ${fileOfForm('f')} as file from finding f
       where f.batch_id = ? order by f.number, f.ordinal limit ?`,
      [id, max],
    ),
  );
  const findings = rows.map((row) => {
    return shownFinding(row.number, row.file, findingOf(row));
  });
  return { findings, leftOut: Number(rows[0]?.all ?? 0) - findings.length };
}

/** Answers come first, then routed declarations, those given up before the others. */
const parcelsMax = 1_000;

async function parcelsOf(knex: Knex, id: number): Promise<readonly ShownParcel[]> {
  const rows = rowsOf<{
    kind: string;
    state: string;
    directory: string;
    channel: string;
    to: string;
    number: number;
    files: string[];
    attempts: number;
    last_error: string | null;
    reference: string | null;
    created_at: Date;
    delivered_at: Date | null;
    collected_at: Date | null;
  }>(
    await knex.raw(
      `select p.kind, p.state, p.directory, p.channel, coalesce(p.sender, p.recipient) as to,
         p.number, p.attempts, p.last_error, p.reference, p.created_at, p.delivered_at,
         p.collected_at,
         array(select f.name from parcel_file f where f.parcel_id = p.id order by f.ordinal) as files
       from parcel p where p.batch_id = ?
       order by p.number > 0, p.state <> 'DEAD', p.id limit ?`,
      [id, parcelsMax],
    ),
  );
  return rows.map((row) => ({
    kind: row.kind,
    state: row.state,
    directory: row.directory,
    channel: row.channel,
    to: row.to,
    declaration: row.number,
    files: row.files,
    attempts: row.attempts,
    lastError: row.last_error,
    reference: row.reference,
    createdAt: row.created_at.toISOString(),
    deliveredAt: row.delivered_at?.toISOString() ?? null,
    collectedAt: row.collected_at?.toISOString() ?? null,
  }));
}

async function timelineOf(knex: Knex, ticket: string): Promise<ShownBatch['timeline']> {
  const rows = rowsOf<{ at: Date; code: string; facts: unknown }>(
    await knex.raw(
      `select e.at, e.code, e.facts from journal_event e where e.ticket = ? order by e.id limit 1000`,
      [ticket],
    ),
  );
  return rows.map(({ at, code, facts }) => ({ at: at.toISOString(), code, facts }));
}

/**
 * Puts a quarantined batch back where it stopped. Its items run again; what was recorded stays.
 *
 * @throws Failure `batch.not-replayable` when it is not quarantined.
 */
export async function replayBatch(
  knex: Knex,
  id: number,
  o: { readonly reason: string; readonly at: Date },
): Promise<{ readonly ticket: string; readonly from: string }> {
  return knex.transaction(async (trx) => {
    const [row] = rowsOf<{
      ticket: string;
      state: string;
      sender: string;
      file_name: string;
      quarantine: { from: string; step: string } | null;
    }>(
      await trx.raw(
        'select b.ticket, b.state, b.sender, b.file_name, b.quarantine from batch b where b.id = ? for update',
        [id],
      ),
    );
    if (row === undefined) throw new Failure('batch.unknown', { batch: id });
    if (row.state !== 'QUARANTINED' || row.quarantine === null) {
      throw new Failure('batch.not-replayable', { ticket: row.ticket, state: row.state });
    }
    const { from, step } = row.quarantine;
    await trx.raw('update batch set state = ?, quarantine = null where id = ?', [from, id]);
    await trx.raw(
      `update work_item set state = 'READY', attempts = 0, run_after = clock_timestamp(),
         lease_token = null, lease_until = null
       where batch_id = ? and state = 'POISON'`,
      [id],
    );
    await trx('journal_event').insert({
      at: o.at,
      level: 2,
      code: 'batch.replayed',
      sender: row.sender,
      ticket: row.ticket,
      file_name: row.file_name,
      facts: JSON.stringify({ step, reason: o.reason }),
    });
    await trx.raw(`select pg_notify('sluis_work', '')`);
    return { ticket: row.ticket, from: step };
  });
}
