import { spawn } from 'node:child_process';
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Failure } from '../vocabulary/index.ts';
import type { ServerPlace } from './server-place.ts';

export interface RunningServer {
  readonly pid: number;
  readonly port: number;
  /** The directory of its socket; undefined when it has none. */
  readonly socket: string | undefined;
  readonly ready: boolean;
}

/**
 * What `postmaster.pid` says, provided that the process it names is really ours: after a kill -9 the
 * file stays and its number may belong to a stranger.
 */
export function runningServer({ cluster }: ServerPlace): RunningServer | undefined {
  const lines = linesOf(join(cluster, 'postmaster.pid'));
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0 || !worksIn(pid, cluster)) return undefined;
  const socket = lines[4] === '' ? undefined : lines[4];
  return { pid, port: Number(lines[3]), socket, ready: lines[7]?.trim() === 'ready' };
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Every PostgreSQL process has the cluster as its working directory. */
function worksIn(pid: number, cluster: string): boolean {
  try {
    return readlinkSync(`/proc/${String(pid)}/cwd`) === cluster;
  } catch {
    // Gone, or another user's: not ours in either case.
    return false;
  }
}

function anyoneIn(cluster: string): boolean {
  return readdirSync('/proc').some((name) => /^\d+$/.test(name) && worksIn(Number(name), cluster));
}

/** Recovery after a crash replays at most `max_wal_size`, which takes far less. */
const startMs = 300_000;
const launchesMax = 10;
const pollMs = 20;
const relaunchMs = 250;

/**
 * Starts the server unless it runs, and waits until it accepts connections. To be called under the
 * start lock.
 */
export async function startServer(place: ServerPlace): Promise<RunningServer> {
  const deadline = performance.now() + startMs;
  let said = 'it did not become ready';
  for (let launches = 0; launches < launchesMax && performance.now() < deadline;) {
    const running = runningServer(place);
    if (running?.ready === true) return running;
    if (running !== undefined) {
      await pause(pollMs);
      continue;
    }
    clearStalePid(place);
    launches += 1;
    const last = await launch(place, deadline);
    if (last === undefined) continue;
    said = last;
    // A port taken meanwhile, or a backend of a killed server that has yet to notice.
    await pause(relaunchMs);
  }
  throw new Failure('storage.embedded', { reason: 'PostgreSQL did not start', said });
}

/**
 * PostgreSQL judges its own stale file well, but for one case: the number in it belongs to another
 * living process. Only when nobody at all works in the cluster is the file removed; as long as a
 * backend of a killed server lives, the file guards the shared memory.
 */
function clearStalePid({ cluster }: ServerPlace): void {
  const file = join(cluster, 'postmaster.pid');
  if (existsSync(file) && !anyoneIn(cluster)) rmSync(file, { force: true });
}

/** Undefined when it is ready; otherwise the last it said before it ended. */
async function launch(place: ServerPlace, deadline: number): Promise<string | undefined> {
  const options = await optionsFor(place);
  const log = openLog(place);
  const from = statSync(log.path).size;
  const child = spawn(join(place.binaries.directory, 'bin/postgres'), options, {
    detached: true,
    cwd: '/',
    stdio: ['ignore', log.fd, log.fd],
    ...place.account,
  });
  let failed: string | undefined;
  child.once('error', (error) => {
    failed = error.message;
  });
  closeSync(log.fd);
  child.unref();
  while (performance.now() < deadline && child.exitCode === null && failed === undefined) {
    if (runningServer(place)?.ready === true) return undefined;
    await pause(pollMs);
  }
  return failed ?? readFileSync(log.path).subarray(from).toString('utf8').trim().slice(-400);
}

const logBytesMax = 10 * 1024 * 1024;

function openLog({ root, account }: ServerPlace): { readonly fd: number; readonly path: string } {
  const path = join(root, 'postgres.log');
  if (existsSync(path) && statSync(path).size > logBytesMax) renameSync(path, `${path}.1`);
  const fd = openSync(path, 'a', 0o600);
  if (account !== undefined) chownSync(path, account.uid, account.gid);
  return { fd, path };
}

/** Longest path of a Unix socket on Linux, its terminating zero included. */
const socketPathBytesMax = 108;

async function optionsFor(place: ServerPlace): Promise<string[]> {
  const settings: Readonly<Record<string, string>> = {
    listen_addresses: '127.0.0.1',
    port: String(await freePort()),
    unix_socket_directories: socketDirectory(place),
    unix_socket_permissions: '0700',
    max_connections: String(place.connectionsMax),
    shared_buffers: '128MB',
    max_wal_size: '1GB',
    checkpoint_timeout: '10min',
    wal_compression: 'on',
    random_page_cost: '1.1',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_line_prefix: '%m [%p] ',
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', place.cluster, ...options];
}

function socketDirectory({ socket, account }: ServerPlace): string {
  const longest = Buffer.byteLength(join(socket, '.s.PGSQL.65535'));
  if (longest >= socketPathBytesMax || !/^[\w./@+-]+$/.test(socket)) return '';
  mkdirSync(socket, { recursive: true, mode: 0o700 });
  if (account !== undefined) chownSync(socket, account.uid, account.gid);
  return socket;
}

/** Free at this moment; when another process takes it first, the start is simply tried again. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => {
        resolve(port);
      });
    });
  });
}
