import type { Knex } from 'knex';
import type { ThrottleKey, ThrottleRow, ThrottleStore } from '../identity/index.ts';
import { rowsOf } from './rows.ts';
import { rememberingLocks } from './throttle-memory.ts';

interface Row {
  readonly key: string;
  readonly scope: ThrottleRow['scope'];
  readonly source: string | null;
  readonly username: string | null;
  readonly score: number;
  readonly until: Date | null;
  readonly last_at: Date;
  readonly locked: boolean;
  readonly refused: number;
}

/** What a left join gives where there is no row. */
interface Nothing {
  readonly key: null;
}

const pruneRowsMax = 10_000;

/** Wrong guesses and known sources in PostgreSQL, shared by all nodes. */
export function throttleStore(knex: Knex): ThrottleStore {
  return rememberingLocks(throttleTables(knex));
}

function throttleTables(knex: Knex): ThrottleStore {
  const table = (): Knex.QueryBuilder<Row, Row[]> => knex<Row>('login_throttle');
  return {
    async look({ keys, username, source, since }) {
      const found = rowsOf<{ readonly known_at: Date | null } & (Row | Nothing)>(
        await knex
          .raw(
            `select s.known_at, t.* from (select (select last_at from login_source
             where username = :username and source = :source and last_at > :since) as known_at) s
           left join login_throttle t on t.key = any(:keys)`,
            { username, source, since, keys: [...keys] },
          )
          .options({ name: 'sluis_throttle_look' }),
      );
      const rows = found.flatMap((row) => (row.key === null ? [] : [recordOf(row)]));
      const knownAt = found[0]?.known_at;
      return { rows, ...(knownAt instanceof Date ? { knownAt } : {}) };
    },
    change: (key, next) => change(knex, key, next),
    async countRefusals(key, count) {
      // A count that a crash may lose by a second is no reason to make a storm of guesses wait for
      // the disk, and everybody else with it.
      await knex
        .raw(
          `update login_throttle set refused = refused + ? where key = ?
         and set_config('synchronous_commit', 'off', true) is not null`,
          [count, key],
        )
        .options({ name: 'sluis_throttle_refused' });
    },
    async endLock({ key, until }) {
      const [ended] = rowsOf<{ readonly refused: number }>(
        await knex.raw(
          `update login_throttle t set locked = false, refused = 0
           from (select key, refused from login_throttle where key = :key for update) o
           where t.key = o.key and t.until = :until and t.locked returning o.refused`,
          { key, until },
        ),
      );
      return ended?.refused;
    },
    async clear(which) {
      const rows: Row[] = await table().where(which).delete('*');
      return rows.map(recordOf);
    },
    async succeed({ key, username, source, at }) {
      const rows = rowsOf<Row | Nothing>(
        await knex
          .raw(
            `with cleared as (delete from login_throttle where key = :key returning *),
           remembered as (
             insert into login_source (username, source, last_at)
             select :username, :source, cast(:at as timestamptz) where not exists (
               select from login_source where username = :username and source = :source
                 and last_at > cast(:at as timestamptz) - interval '1 day')
             on conflict (username, source) do update set last_at = excluded.last_at)
           select * from cleared`,
            { key, username, source, at },
          )
          .options({ name: 'sluis_throttle_succeed' }),
      );
      return rows.flatMap((row) => (row.key === null ? [] : [recordOf(row)]));
    },
    async locked({ at, max }) {
      const rows = await table().where('until', '>', at).orderBy('until', 'desc').limit(max);
      return rows.map(recordOf);
    },
    async lapsed({ at, max }) {
      const rows = await table().where('locked', true).where('until', '<=', at).limit(max);
      return rows.map(recordOf);
    },
    prune: (limits) => prune(knex, limits),
  };
}

function change(
  knex: Knex,
  key: ThrottleKey,
  next: (row: ThrottleRow | undefined) => ThrottleRow,
): Promise<ThrottleRow> {
  return knex.transaction(async (transaction) => {
    // Two first guesses at once have no row to wait for: the lock is on the key itself.
    await transaction.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [key.key]);
    const row = await transaction<Row>('login_throttle').where({ key: key.key }).first();
    const after = next(row && recordOf(row));
    await transaction<Row>('login_throttle').insert(rowOf(after)).onConflict('key').merge();
    return after;
  });
}

async function prune(
  knex: Knex,
  { rowsBefore, sourcesBefore, at }: Parameters<ThrottleStore['prune']>[0],
): Promise<number> {
  const old = knex<Row>('login_throttle')
    .select('key')
    .where('last_at', '<', rowsBefore)
    .where('locked', false)
    .whereRaw('(until is null or until < ?)', [at])
    .limit(pruneRowsMax);
  const rows = await knex('login_throttle').whereIn('key', old).delete();
  const sources = await knex('login_source').where('last_at', '<', sourcesBefore).delete();
  return rows + sources;
}

function rowOf(row: ThrottleRow): Row {
  return {
    key: row.key,
    scope: row.scope,
    source: row.source ?? null,
    username: row.username ?? null,
    score: row.score,
    until: row.until ?? null,
    last_at: row.lastAt,
    locked: row.locked,
    refused: row.refused,
  };
}

function recordOf(row: Row): ThrottleRow {
  const { key, scope, score, locked, refused } = row;
  return {
    ...{ key, scope, score, locked, refused },
    ...(row.source === null ? {} : { source: row.source }),
    ...(row.username === null ? {} : { username: row.username }),
    ...(row.until === null ? {} : { until: row.until }),
    lastAt: row.last_at,
  };
}
