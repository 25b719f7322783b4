import type { Knex } from 'knex';
import type { ThrottleKey, ThrottleRow, ThrottleStore } from '../identity/index.ts';

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

const pruneRowsMax = 10_000;

/** Wrong guesses and known sources in PostgreSQL, shared by all nodes. */
export function throttleStore(knex: Knex): ThrottleStore {
  const table = (): Knex.QueryBuilder<Row, Row[]> => knex<Row>('login_throttle');
  return {
    async look({ keys, username, source, since }) {
      const rows = await table().whereIn('key', [...keys]);
      const known = await knex('login_source')
        .select<{ readonly username: string }[]>('username')
        .where({ username, source })
        .where('last_at', '>', since);
      return { rows: rows.map(recordOf), known: known.length > 0 };
    },
    change: (key, next) => change(knex, key, next),
    async countRefusal(key) {
      await table().where({ key }).increment('refused', 1);
    },
    async endLock({ key, until }) {
      const ended = await table()
        .where({ key, until, locked: true })
        .update({ locked: false, refused: 0 });
      return ended === 1;
    },
    async clear(which) {
      const rows: Row[] = await table().where(which).delete('*');
      return rows.map(recordOf);
    },
    async rememberSource({ username, source, at }) {
      await knex('login_source')
        .insert({ username, source, last_at: at })
        .onConflict(['username', 'source'])
        .merge(['last_at'])
        // Once a day is fine enough for a memory of months, and spares a write a login.
        .whereRaw("login_source.last_at < excluded.last_at - interval '1 day'");
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
