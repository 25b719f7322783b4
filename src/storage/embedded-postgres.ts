import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { Failure } from '../vocabulary/index.ts';
import { isFree, takeLock, withLock, type HeldLock } from './file-lock.ts';
import { canUse, makePassable, serverAccountFor, type ServerAccount } from './server-account.ts';
import { serverBinaries } from './server-binaries.ts';
import { initialiseCluster, roleName } from './server-cluster.ts';
import { runningServer, startServer, type RunningServer } from './server-process.ts';
import type { ServerPlace } from './server-place.ts';

/** How to connect to the embedded server. */
export interface EmbeddedAddress {
  /** The directory of its socket, or 127.0.0.1 where the path would be too long for a socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** One user's hold on the embedded server. */
export interface EmbeddedServer {
  /**
   * Where it listens; starts it again when it is gone.
   *
   * @throws Failure `storage.embedded` when it is gone and this hold was released.
   */
  address(): Promise<EmbeddedAddress>;
  /** Whether it still listens there. */
  isAt(address: EmbeddedAddress): boolean;
  /** A database of it over TCP on the loopback, password included: for other programs. */
  url(database: string): Promise<string>;
  /** Lets go; the last user to do so stops the server. */
  release(): Promise<void>;
}

export interface EmbeddedOptions {
  /** The data directory; the server lives in its folder `postgres`. */
  readonly data: string;
  readonly connectionsMax?: number;
}

/** Longer than a start may take, so that whoever waits learns the outcome. */
const startWaitSeconds = 330;

/**
 * Starts the embedded PostgreSQL of a data directory, or joins it when another process has started
 * it. It runs detached, shared by all processes that hold a shared lock on `users.lock`. A sentinel
 * waits for that lock exclusively: when the last user has gone, however it went, it stops the server.
 *
 * @throws Failure `storage.embedded` with the reason.
 */
export async function openEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const place = placeFor(options);
  const alone = <T>(work: () => Promise<T>): Promise<T> =>
    withLock({ path: place.locks.start, mode: 'exclusive', waitSeconds: startWaitSeconds }, work);
  const users = await alone(() => joinServer(place));
  let starting: Promise<unknown> = Promise.resolve();
  let released = false;
  const running = async (): Promise<RunningServer> => {
    const found = runningServer(place);
    if (found?.ready === true) return found;
    if (released) {
      throw new Failure('storage.embedded', { reason: 'this hold on the server was let go' });
    }
    const started = alone(() => ensureRunning(place));
    starting = Promise.allSettled([starting, started]);
    return await started;
  };
  return {
    address: async () => addressOf(place, await running()),
    isAt: ({ port }) => {
      const found = runningServer(place);
      return found?.ready === true && found.port === port;
    },
    url: async (database) => {
      const { port } = await running();
      return `postgres://${roleName}:${passwordOf(place)}@127.0.0.1:${String(port)}/${database}`;
    },
    release: async () => {
      // A start that is under way would leave a server behind that nobody holds and nobody stops.
      released = true;
      await starting;
      await users.release();
      await stopWhenUnused(place);
    },
  };
}

async function joinServer(place: ServerPlace): Promise<HeldLock> {
  const { users: path } = place.locks;
  const users = await takeLock({ path, mode: 'shared', waitSeconds: startWaitSeconds });
  try {
    postSentinel(place);
    await ensureRunning(place);
    return users;
  } catch (error) {
    await users.release();
    throw error;
  }
}

function placeFor({ data, connectionsMax = 60 }: EmbeddedOptions): ServerPlace {
  const wanted = resolve(data, 'postgres');
  const account = serverAccountFor(join(wanted, 'cluster'));
  let root: string;
  try {
    makePassable(resolve(data), account);
    mkdirSync(wanted, { recursive: true, mode: 0o700 });
    // The kernel tells working directories by their real path.
    root = realpathSync(wanted);
    own(root, 0o700, account);
    for (const path of Object.values(locksIn(root))) {
      closeSync(openSync(path, 'a', 0o600));
      own(path, 0o600, account);
    }
  } catch (error) {
    throw unusable(wanted, error);
  }
  if (!canUse(root, account)) throw unusable(root, undefined);
  return {
    root,
    cluster: join(root, 'cluster'),
    socket: join(root, 'socket'),
    passwordFile: join(root, 'password'),
    locks: locksIn(root),
    account,
    binaries: serverBinaries(account),
    connectionsMax,
  };
}

function locksIn(root: string): ServerPlace['locks'] {
  const path = (name: string): string => join(root, `${name}.lock`);
  return { start: path('start'), users: path('users'), sentinel: path('sentinel') };
}

function unusable(directory: string, cause: unknown): Failure {
  const said = cause instanceof Error ? { said: cause.message } : {};
  const reason = 'the server cannot use its directory';
  return new Failure('storage.embedded', { reason, directory, ...said }, cause);
}

function own(path: string, mode: number, account: ServerAccount | undefined): void {
  chmodSync(path, mode);
  if (account !== undefined) chownSync(path, account.uid, account.gid);
}

/** Initialises and starts whatever was missing. To be called under the start lock. */
async function ensureRunning(place: ServerPlace): Promise<RunningServer> {
  const versionFile = join(place.cluster, 'PG_VERSION');
  if (!existsSync(versionFile)) initialiseCluster(place);
  const found = readFileSync(versionFile, 'utf8').trim();
  const wanted = place.binaries.major;
  if (found !== wanted) {
    const reason = 'the data directory was written by another major version of PostgreSQL';
    throw new Failure('storage.embedded', { reason, found, wanted });
  }
  return await startServer(place);
}

function addressOf(place: ServerPlace, { socket, port }: RunningServer): EmbeddedAddress {
  return { host: socket ?? '127.0.0.1', port, user: roleName, password: passwordOf(place) };
}

function passwordOf({ passwordFile }: ServerPlace): string {
  return readFileSync(passwordFile, 'utf8');
}

/**
 * Waits, detached, until nobody holds `users.lock`, and stops the server. One sentinel at a time: a
 * second finds `sentinel.lock` taken and ends at once. It lets go of `sentinel.lock` before
 * `users.lock`, so whoever gets a hold on the latter knows that no sentinel is on its way out.
 */
const sentinelScript = `
exec 8>>"$1" || exit 1
flock -n 8 || exit 0
exec 9>>"$2" || exit 1
flock -x 9
"$3" stop -D "$4" -m fast -w -t 60 8>&- 9>&- >/dev/null 2>&1
exec 8>&-
`;

function postSentinel({ locks, binaries, cluster, account }: ServerPlace): void {
  const pgCtl = join(binaries.directory, 'bin/pg_ctl');
  spawn(
    '/bin/sh',
    ['-c', sentinelScript, 'sluis-sentinel', locks.sentinel, locks.users, pgCtl, cluster],
    { detached: true, stdio: 'ignore', cwd: '/', ...account },
  ).unref();
}

const stopWaitSeconds = 90;
const exitTaken = 75;

/** Stops the server when nobody holds it, and waits where the sentinel is faster. */
async function stopWhenUnused({ locks, binaries, cluster, account }: ServerPlace): Promise<void> {
  const pgCtl = join(binaries.directory, 'bin/pg_ctl');
  const child = spawn(
    'flock',
    [
      ...['--exclusive', '--nonblock', '--conflict-exit-code', String(exitTaken), locks.users],
      ...[pgCtl, 'stop', '-D', cluster, '-m', 'fast', '-w', '-t', '60'],
    ],
    { cwd: '/', stdio: 'ignore', detached: true, ...account },
  );
  const code = await new Promise<number | null>((done) => child.once('close', done));
  if (code !== exitTaken || isFree({ path: locks.users, mode: 'shared' })) return;
  const stopped = { path: locks.users, mode: 'shared', waitSeconds: stopWaitSeconds } as const;
  await withLock(stopped, () => Promise.resolve());
}
