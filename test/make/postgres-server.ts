import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { serverAccountFor } from '../../src/storage/server-account.ts';
import { serverBinaries } from '../../src/storage/server-binaries.ts';
import { eventually } from './exchange.ts';
import { freePort } from './gateway-process.ts';

/** A PostgreSQL server of the test's own, which the gateway knows by its address alone. */
export interface PostgresServer {
  /** Of its database `sluis`. */
  readonly url: string;
  /** Of any other, there or not. */
  urlOf(database: string): string;
  /** The directory of its cluster. */
  readonly cluster: string;
  start(): Promise<void>;
  /** `crash` leaves recovery to the next start. */
  stop(how: 'crash' | 'orderly'): Promise<void>;
  remove(): Promise<void>;
}

/** The newest of Debian's own servers, with its programs for dump and restore, if one is here. */
export function debianPostgres(): string | undefined {
  const home = '/usr/lib/postgresql';
  if (!existsSync(home)) return undefined;
  return readdirSync(home)
    .sort((one, other) => Number(other) - Number(one))
    .map((version) => join(home, version, 'bin'))
    .find((bin) => ['initdb', 'postgres', 'pg_dump'].every((one) => existsSync(join(bin, one))));
}

/** Its files lie in a directory of its own; started, with an empty database. */
export async function postgresServer(
  o: { readonly cluster?: string; readonly bin?: string } = {},
): Promise<PostgresServer> {
  const home = mkdtempSync(join(tmpdir(), 'sluis-server-'));
  const cluster = o.cluster ?? join(home, 'cluster');
  const account = serverAccountFor(cluster);
  const bin = o.bin ?? join(serverBinaries(account).directory, 'bin');
  chmodSync(home, 0o755);
  if (o.cluster === undefined) {
    mkdirSync(cluster, { mode: 0o700 });
    if (account !== undefined) chownSync(cluster, account.uid, account.gid);
    const { status, stderr } = spawnSync(
      join(bin, 'initdb'),
      ['--pgdata', cluster, '--username', 'sluis', '--auth', 'trust', '--no-sync'],
      { cwd: '/', encoding: 'utf8', ...account },
    );
    if (status !== 0) throw new Error(stderr);
  }
  const port = await freePort();
  const urlOf = (database: string): string =>
    `postgres://sluis@127.0.0.1:${String(port)}/${database}`;
  let child: ChildProcess | undefined;

  const server: PostgresServer = {
    url: urlOf('sluis'),
    urlOf,
    cluster,
    async start() {
      const settings = { listen_addresses: '127.0.0.1', unix_socket_directories: '' };
      const options = Object.entries(settings).flatMap(([name, value]) => [
        '-c',
        `${name}=${value}`,
      ]);
      child = spawn(join(bin, 'postgres'), ['-D', cluster, '-p', String(port), ...options], {
        cwd: '/',
        stdio: 'ignore',
        ...account,
      });
      await eventually(() => asked(urlOf('postgres'), 'select 1'), 'the server');
    },
    async stop(how) {
      if (child?.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.kill(how === 'crash' ? 'SIGQUIT' : 'SIGINT');
      await ended;
    },
    async remove() {
      await server.stop('crash');
      rmSync(home, { recursive: true, force: true });
    },
  };
  await server.start();
  if (o.cluster === undefined) await asked(urlOf('postgres'), 'create database sluis');
  return server;
}

async function asked(url: string, sql: string): Promise<true> {
  const client = new pg.Client(url);
  // A server that is going down says so on a connection nobody asks anything of.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(sql);
    return true;
  } finally {
    await client.end();
  }
}
