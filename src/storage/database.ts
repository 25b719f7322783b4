import knexLibrary, { type Knex } from 'knex';
import pg from 'pg';
import { openEmbedded, type EmbeddedServer } from './embedded-postgres.ts';
import { openListener, type Listener, type Listening, type OnNotice } from './listener.ts';
import { migrate } from './migrate.ts';
import { storageFailure } from './storage-failure.ts';
import { columnTypes } from './column-types.ts';

/** An open, migrated database. */
export interface Database {
  readonly knex: Knex;
  /** Address for other programs, password included: never log it. */
  readonly url: string;
  readonly embedded: boolean;
  /**
   * Runs `work` in one transaction. What the database refuses because it is gone or full becomes a
   * Failure; everything else passes as thrown. Inside, use `trx` alone: a query beside it takes a
   * second connection and, when all are taken, waits for ever.
   */
  transaction<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T>;
  /**
   * Calls `onNotice` for every NOTIFY on the channel. After a lost connection it is called once with
   * an empty text, since notices may have been missed.
   */
  listen(channel: string, onNotice: OnNotice): Promise<Listening>;
  /** Throws Failure `storage.unavailable` when the database does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Absent: the embedded PostgreSQL of the data directory. */
  readonly url?: string | undefined;
  readonly data: string;
  /** Connections of this process: at least twice the transactions it runs at once. */
  readonly poolMax?: number;
  /** Shown by pg_stat_activity. */
  readonly applicationName?: string;
}

const poolMaxDefault = 20;
const acquireMs = 30_000;
const connectMs = 10_000;
const idleInTransactionMs = 10 * 60_000;
/** A server that was seen a moment ago is taken to be there: a query finds out otherwise. */
const seenForMs = 100;
const databaseName = 'sluis';

/**
 * Opens the database and brings its tables up to date.
 *
 * @throws Failure `storage.unavailable`, `storage.embedded` or `storage.newer-schema`.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { url } = options;
  const embedded = url === undefined ? await openEmbedded({ data: options.data }) : undefined;
  const connect = connectionOf(embedded, url, options.applicationName ?? 'sluis');
  const knex = openKnex(connect, options.poolMax ?? poolMaxDefault);
  try {
    if (embedded !== undefined) await createDatabase(embedded, databaseName);
    await migrate(await connect());
    return await opened({ knex, embedded, url, connect });
  } catch (thrown) {
    await knex.destroy();
    await embedded?.release();
    throw storageFailure(thrown);
  }
}

/** What a new connection needs, asked for each time: the embedded server may have moved. */
type Connect = () => Promise<ConnectionSettings>;

interface ConnectionSettings extends pg.ClientConfig {
  /** Asked by knex before it opens a connection: whether to ask for settings again. */
  readonly expirationChecker?: () => boolean;
}

function connectionOf(
  embedded: EmbeddedServer | undefined,
  url: string | undefined,
  applicationName: string,
): Connect {
  const common: pg.ClientConfig = {
    application_name: applicationName,
    connectionTimeoutMillis: connectMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    keepAlive: true,
    types: columnTypes,
  };
  return async () => {
    if (embedded === undefined) return { ...common, ...(url && { connectionString: url }) };
    const address = await embedded.address();
    // Asked before every query as well; what it looks at are files.
    let seenAtMs = -Infinity;
    const expirationChecker = (): boolean => {
      const nowMs = performance.now();
      if (nowMs - seenAtMs < seenForMs) return false;
      if (!embedded.isAt(address)) return true;
      seenAtMs = nowMs;
      return false;
    };
    return { ...common, ...address, database: databaseName, expirationChecker };
  };
}

/** When the embedded server was killed, the next connection starts it again. */
function openKnex(connect: Connect, poolMax: number): Knex {
  return knexLibrary({
    client: 'pg',
    connection: connect as () => Promise<Knex.StaticConnectionConfig>,
    pool: { min: 0, max: poolMax, propagateCreateError: true },
    acquireConnectionTimeout: acquireMs,
    // What knex would print is thrown as well; a room that is not the log does not write to it.
    log: { warn: () => undefined, error: () => undefined },
  });
}

interface Opened {
  readonly knex: Knex;
  readonly embedded: EmbeddedServer | undefined;
  readonly url: string | undefined;
  readonly connect: Connect;
}

async function opened({ knex, embedded, url, connect }: Opened): Promise<Database> {
  let listener: Listener | undefined;
  return {
    knex,
    url: url ?? (await embedded?.url(databaseName)) ?? '',
    embedded: embedded !== undefined,
    transaction: async (work) => {
      try {
        return await knex.transaction(work);
      } catch (thrown) {
        throw storageFailure(thrown);
      }
    },
    listen: (channel, onNotice) => {
      listener ??= openListener(connect);
      return listener.listen(channel, onNotice);
    },
    ping: async () => {
      try {
        await knex.raw('select 1');
      } catch (thrown) {
        throw storageFailure(thrown);
      }
    },
    close: async () => {
      await listener?.close();
      await knex.destroy();
      await embedded?.release();
    },
  };
}

/** Creates a database of the embedded server unless it is there. The name is ours, never foreign. */
export async function createDatabase(embedded: EmbeddedServer, name: string): Promise<void> {
  const client = new pg.Client({ ...(await embedded.address()), database: 'postgres' });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`);
  } catch (error) {
    // Two processes may open a new data directory at the same moment.
    if ((error as { code?: unknown }).code !== '42P04' && !isDuplicateName(error)) throw error;
  } finally {
    await client.end();
  }
}

function isDuplicateName(error: unknown): boolean {
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  return code === '23505' && constraint === 'pg_database_datname_index';
}
