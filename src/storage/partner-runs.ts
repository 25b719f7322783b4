import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { Run, RunStore } from '../channels/index.ts';
import { rowsOf } from './rows.ts';
import { isUniqueViolation, storageFailure } from './storage-failure.ts';

/** Rounds of looking for files at partners. */
export function partnerRuns(knex: Knex): RunStore {
  return {
    of: (partner, max) => list(knex, partner, max),
    async lastSlot(partner) {
      const [row] = rowsOf<{ due_at: Date | null }>(
        await knex.raw(
          `select max(due_at) as due_at from partner_run
           where partner_id = ? and trigger = 'schedule'`,
          [partner],
        ),
      );
      return row?.due_at ?? undefined;
    },
    begin: (o) => begin(knex, o),
    async renew(run, leaseMs) {
      const rows = rowsOf(
        await knex.raw(
          `update partner_run set lease_until = clock_timestamp() + ? * interval '1 millisecond'
           where id = ? and state = 'running' returning id`,
          [leaseMs, run],
        ),
      );
      return rows.length > 0;
    },
    async end({ run, at, files, bytes, error }) {
      await knex.raw(
        `update partner_run set state = ?, ended_at = ?, files = ?, bytes = ?, error = ?,
           lease_until = null
         where id = ? and state = 'running'`,
        [error === undefined ? 'done' : 'failed', at, files, bytes, error ?? null, run],
      );
    },
  };
}

interface Row {
  readonly id: string;
  readonly due_at: Date;
  readonly trigger: Run['trigger'];
  readonly missed: number;
  readonly state: Run['state'];
  readonly started_at: Date;
  readonly ended_at: Date | null;
  readonly files: number;
  readonly bytes: bigint;
  readonly error: string | null;
}

async function list(knex: Knex, partner: string, max: number): Promise<readonly Run[]> {
  const rows = rowsOf<Row>(
    await knex.raw(
      `select r.id, r.due_at, r.trigger, r.missed, r.state, r.started_at, r.ended_at, r.files,
         r.bytes, r.error
       from partner_run r where r.partner_id = ? order by r.started_at desc, r.due_at desc limit ?`,
      [partner, max],
    ),
  );
  return rows.map((row) => ({
    ...{ id: row.id, dueAt: row.due_at, trigger: row.trigger, missed: row.missed },
    ...{ state: row.state, startedAt: row.started_at, files: row.files, bytes: Number(row.bytes) },
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
    ...(row.error === null ? {} : { error: row.error }),
  }));
}

type Beginning = Parameters<RunStore['begin']>[0];

async function begin(knex: Knex, o: Beginning): Promise<string | undefined> {
  const id = randomUUID();
  try {
    return await knex.transaction(async (trx) => {
      // A round whose process died holds nothing up once its lease is over.
      await trx.raw(
        `update partner_run set state = 'abandoned', ended_at = ?, lease_until = null
         where partner_id = ? and state = 'running' and lease_until < clock_timestamp()`,
        [o.at, o.partner],
      );
      await trx.raw(
        `insert into partner_run (id, partner_id, due_at, trigger, missed, state, started_at,
           lease_until)
         values (:id, :partner, :dueAt, :trigger, :missed, 'running', :at,
           clock_timestamp() + :leaseMs * interval '1 millisecond')`,
        { ...o, id },
      );
      return id;
    });
  } catch (error) {
    if (isUniqueViolation(error)) return undefined;
    throw storageFailure(error);
  }
}
