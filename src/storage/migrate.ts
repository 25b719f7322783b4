import pg from 'pg';
import { Failure } from '../vocabulary/index.ts';
import { migrations as ours, type Migration } from './migrations/index.ts';

/** Any constant will do, as long as nothing else of ours locks it. */
const lockNumber = 7_358_211_904n;

/**
 * Brings the tables up to date: every migration that the database has not had, in order, each in a
 * transaction of its own with its mark. Several processes may start at once: one migrates, the
 * others wait.
 *
 * @throws Failure `storage.newer-schema` when the database had a migration we do not know.
 */
export async function migrate(
  connection: pg.ClientConfig,
  migrations: readonly Migration[] = ours,
): Promise<readonly string[]> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    // Held by the session, so it ends with the connection whatever happens.
    await client.query('select pg_advisory_lock($1)', [lockNumber]);
    return await migrateLocked(client, migrations);
  } finally {
    await client.end();
  }
}

async function migrateLocked(
  client: pg.Client,
  migrations: readonly Migration[],
): Promise<string[]> {
  await client.query(`create table if not exists schema_migration (
    id text primary key,
    applied_at timestamptz not null default now()
  )`);
  const { rows } = await client.query<{ id: string }>('select id from schema_migration order by 1');
  const had = new Set(rows.map(({ id }) => id));
  const known = new Set(migrations.map(({ id }) => id));
  const unknown = [...had].find((id) => !known.has(id));
  if (unknown !== undefined) throw new Failure('storage.newer-schema', { migration: unknown });
  const missing = migrations.filter(({ id }) => !had.has(id));
  for (const migration of missing) await apply(client, migration);
  return missing.map(({ id }) => id);
}

async function apply(client: pg.Client, { id, up }: Migration): Promise<void> {
  await client.query('begin');
  try {
    await client.query(up);
    await client.query('insert into schema_migration (id) values ($1)', [id]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}
