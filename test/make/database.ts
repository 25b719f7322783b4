import { createHash, randomBytes } from 'node:crypto';
import pg from 'pg';
import {
  migrate,
  migrations,
  openDatabase,
  openEmbedded,
  type Database,
  type EmbeddedServer,
  type Knex,
} from '../../src/storage/index.ts';
import { testDataDirectory } from './test-data-directory.mjs';

export interface TestDatabase {
  readonly knex: Knex;
  /** For processes a test starts: `SLUIS_DATABASE_URL`. */
  readonly url: string;
  readonly database: Database;
  /** Closes and drops it; to be called in afterAll. */
  drop(): Promise<void>;
}

const connectionsMax = 200;
const templateLock = 4_711;

/**
 * A fresh, migrated database on a server that all tests of this machine share. It is copied from a
 * template, which takes about a tenth of a second; the template is made once for each list of
 * migrations.
 */
export async function testDatabase(): Promise<TestDatabase> {
  const server = await openEmbedded({ data: testDataDirectory(), connectionsMax });
  try {
    const name = `test_${String(process.pid)}_${randomBytes(4).toString('hex')}`;
    await withAdministrator(server, async (client) => {
      await dropLeftovers(client);
      const template = await templateOf(server, client);
      // By files: a third of the work of copying it through the log.
      await client.query(`create database ${name} template ${template} strategy file_copy`);
      // What only a crash of the server itself could lose: tests that crash one have their own.
      await client.query(`alter database ${name} set synchronous_commit = off`);
    });
    const url = await server.url(name);
    const database = await openDatabase({ url, data: testDataDirectory() });
    const drop = async (): Promise<void> => {
      await database.close();
      await withAdministrator(server, (client) =>
        client.query(`drop database if exists ${name} with (force)`),
      );
      await server.release();
    };
    return { knex: database.knex, url, database, drop };
  } catch (error) {
    await server.release();
    throw error;
  }
}

async function withAdministrator(
  server: EmbeddedServer,
  work: (client: pg.Client) => Promise<unknown>,
): Promise<void> {
  const client = new pg.Client(await server.url('postgres'));
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/** Databases of runs that were interrupted: their names carry the process that made them. */
async function dropLeftovers(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ datname: string }>(
    `select datname from pg_database where datname like 'test\\_%'`,
  );
  for (const { datname } of rows) {
    const pid = Number(datname.split('_')[1]);
    if (!isAlive(pid)) await client.query(`drop database if exists ${datname} with (force)`);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function templateOf(server: EmbeddedServer, client: pg.Client): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(migrations)).digest('hex').slice(0, 16);
  const name = `template_${hash}`;
  await client.query('select pg_advisory_lock($1)', [templateLock]);
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (found.rowCount === 0) {
      // Renamed only when complete: a template is there whole or not at all.
      await client.query(`drop database if exists ${name}_new with (force)`);
      await client.query(`create database ${name}_new`);
      await migrate({ connectionString: await server.url(`${name}_new`) });
      await client.query(`alter database ${name}_new rename to ${name}`);
    }
  } finally {
    await client.query('select pg_advisory_unlock($1)', [templateLock]);
  }
  return name;
}
