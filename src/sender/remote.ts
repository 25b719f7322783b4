import { connect, type Socket } from 'node:net';
import type { ConnectConfig, ServerHostKeyAlgorithm, SFTPWrapper } from 'ssh2';
import SftpClient from 'ssh2-sftp-client';
import { Failure, type Facts } from '../vocabulary/index.ts';
import { usualDeadlines, within, type Deadlines } from './deadline.ts';
import { hostKeyOf, type HostKey, type HostKeyFamily, type HostKeyTrust } from './host-key.ts';
import type { LoginKey } from './login-key.ts';
import { codeOf, levelOf, messageOf } from './thrown.ts';

/** Where to, who we are, and whom we expect to meet there. */
export interface Destination {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly privateKey?: LoginKey;
  /** Alone, or as the second factor after the key. */
  readonly password?: string;
  readonly hostKey: HostKeyTrust;
  readonly deadlines?: Partial<Deadlines>;
}

export interface RemoteEntry {
  readonly name: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** One SFTP connection. Every call ends: with a value, or with a Failure. */
export interface Remote {
  list(directory: string): Promise<readonly RemoteEntry[]>;
  /** Undefined when there is no such file. */
  sizeOf(path: string): Promise<number | undefined>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Runs raw requests; each promise of `call` has its own deadline. */
  readonly wire: Wire;
  readonly lost: boolean;
  close(): Promise<void>;
}

/** The raw protocol, for transfers that keep many requests under way. */
export interface Wire {
  readonly sftp: SFTPWrapper;
  call<T>(
    doing: string,
    send: (done: (error: Error | null | undefined, value: T) => void) => void,
  ): Promise<T>;
}

/**
 * Opens a connection and logs in.
 *
 * @throws Failure `channel.unreachable`, `channel.timed-out`, `channel.host-key`, `sender.refused`.
 */
export async function openRemote(destination: Destination): Promise<Remote> {
  let families = destination.hostKey.families;
  for (;;) {
    const attempt = await tryToLogIn(destination, families);
    if ('remote' in attempt) {
      await destination.hostKey.remember?.(attempt.shown);
      return attempt.remote;
    }
    // The server may hold keys of several kinds of which we know another one.
    families = families.filter((family) => family !== attempt.refused.family);
    const { host, port, hostKey } = destination;
    const shown = attempt.refused.fingerprint;
    if (families.length === 0 || attempt.refused.family === undefined) {
      throw new Failure('channel.host-key', { host, port, shown, ...pinnedAt(hostKey) });
    }
  }
}

type Attempt = { readonly remote: Remote; readonly shown: HostKey } | { readonly refused: HostKey };

async function tryToLogIn(
  destination: Destination,
  families: readonly HostKeyFamily[],
): Promise<Attempt> {
  const { host, port, hostKey } = destination;
  const deadlines = { ...usualDeadlines, ...destination.deadlines };
  const socket = await openSocket(destination, deadlines.connectMs);
  const client = new SftpClient('sluis', silent);
  let shown: HostKey | undefined;
  let trouble: unknown;
  client.on('error', (error: unknown) => {
    trouble ??= error;
  });
  const verify = (blob: Buffer): boolean => {
    shown = hostKeyOf(blob);
    return hostKey.accepts(shown);
  };
  const config = { ...configOf(destination, families), sock: socket, hostVerifier: verify };
  try {
    const login = client.connect({ ...config, readyTimeout: 0 });
    const facts = { host, port, doing: 'login' };
    const sftp = await within({ ms: deadlines.loginMs, facts }, login);
    if (shown === undefined) throw new Failure('channel.host-key', { host, port });
    return { remote: remoteOver({ client, sftp, socket, destination, deadlines }), shown };
  } catch (error) {
    socket.destroy();
    if (shown !== undefined && !hostKey.accepts(shown)) return { refused: shown };
    throw loginFailure({ destination, families, error, trouble });
  }
}

/** What befalls a connection is told by the calls that suffer from it. */
const silent = { error: noop, end: noop, close: noop };

function noop(): void {
  // Nothing to do.
}

async function openSocket({ host, port }: Destination, ms: number): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true });
  const opened = new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  try {
    await within({ ms, facts: { host, port, doing: 'connect' } }, opened);
    return socket;
  } catch (error) {
    socket.destroy();
    socket.on('error', noop);
    if (error instanceof Failure) throw error;
    throw new Failure('channel.unreachable', { host, port, reason: reasonOf(error) }, error);
  }
}

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  return typeof code === 'string' ? code : messageOf(error);
}

const algorithmsOf: Readonly<Record<HostKeyFamily, readonly ServerHostKeyAlgorithm[]>> = {
  ed25519: ['ssh-ed25519'],
  ecdsa: ['ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'],
  rsa: ['rsa-sha2-512', 'rsa-sha2-256'],
};

const keepaliveIntervalMs = 15_000;

function configOf(destination: Destination, families: readonly HostKeyFamily[]): ConnectConfig {
  const { username, privateKey: key, password } = destination;
  let keyOffered = false;
  let passwordOffered = false;
  return {
    username,
    keepaliveInterval: keepaliveIntervalMs,
    keepaliveCountMax: 4,
    algorithms: { serverHostKey: families.flatMap((family) => algorithmsOf[family]) },
    // A password is shown only to a server that asks for one, and after the key: an attempt that
    // could not succeed would count against us.
    authHandler: (left, partial, next) => {
      // The first question is asked before the server has said anything.
      const methods = (left as readonly string[] | null) ?? ['publickey', 'password'];
      if (key !== undefined && !keyOffered && methods.includes('publickey')) {
        keyOffered = true;
        next({ type: 'publickey', username, key });
        return;
      }
      const wanted = methods.includes('password') && (partial || !methods.includes('publickey'));
      if (password !== undefined && !passwordOffered && (wanted || key === undefined)) {
        passwordOffered = true;
        next({ type: 'password', username, password });
        return;
      }
      // The declared type forgets that false ends the attempts.
      next(false as unknown as 'none');
    },
  };
}

function loginFailure(o: {
  readonly destination: Destination;
  readonly families: readonly HostKeyFamily[];
  readonly error: unknown;
  readonly trouble: unknown;
}): Failure {
  const { error, trouble } = o;
  const { host, port, username, hostKey } = o.destination;
  if (error instanceof Failure) return error;
  if (levelOf(trouble) === 'client-authentication') {
    return new Failure('sender.refused', { host, port, username }, error);
  }
  const reason = trouble === undefined ? reasonOf(error) : messageOf(trouble);
  if (/no matching host key/i.test(reason)) {
    // It has no key of the only kinds we know it by.
    const expected = o.families.join(' ');
    return new Failure('channel.host-key', { host, port, expected, ...pinnedAt(hostKey) }, error);
  }
  return new Failure('channel.unreachable', { host, port, doing: 'login', reason }, error);
}

function pinnedAt({ pinnedAt: pinned = '' }: HostKeyTrust): { readonly pinned?: string } {
  return pinned === '' ? {} : { pinned };
}

function remoteOver(o: {
  readonly client: SftpClient;
  readonly sftp: SFTPWrapper;
  readonly socket: Socket;
  readonly destination: Destination;
  readonly deadlines: Deadlines;
}): Remote {
  const { client, sftp, socket, deadlines } = o;
  const { host, port } = o.destination;
  let lost = false;
  const gone = new Promise<never>((_, reject) => {
    socket.once('close', () => {
      lost = true;
      reject(new Failure('channel.unreachable', { host, port, reason: 'connection lost' }));
    });
  });
  gone.catch(noop);
  const guard = async <T>(doing: string, work: Promise<T>): Promise<T> => {
    const ms = deadlines.requestMs;
    const raced = Promise.race([work, gone]);
    return await within({ ms, facts: { host, port, doing } }, raced).catch((error: unknown) => {
      // A server that does not answer one request will not answer the next either.
      if (error instanceof Failure && error.code === 'channel.timed-out') socket.destroy();
      throw failureOfRequest(error, { host, port, doing });
    });
  };
  const wire: Wire = {
    sftp,
    call: (doing, send) => guard(doing, called(send)),
  };
  return {
    wire,
    get lost() {
      return lost;
    },
    list: async (directory) => {
      const entries = await guard(`list ${directory}`, client.list(directory));
      return entries
        .filter(({ type }) => type === '-')
        .map(({ name, size, modifyTime }) => ({ name, bytes: size, modifiedMs: modifyTime }));
    },
    sizeOf: (path) => sizeOf(wire, path),
    rename: async (from, to) => {
      await wire.call<undefined>(`rename ${from}`, (done) => {
        sftp.rename(from, to, (error) => {
          done(error, undefined);
        });
      });
    },
    remove: async (path) => {
      await wire.call<undefined>(`remove ${path}`, (done) => {
        sftp.unlink(path, (error) => {
          done(error, undefined);
        });
      });
    },
    close: () => hangUp(client, socket),
  };
}

async function called<T>(
  send: (done: (error: Error | null | undefined, value: T) => void) => void,
): Promise<T> {
  return await new Promise<T>((resolve, reject) => {
    send((error, value) => {
      if (error === null || error === undefined) resolve(value);
      else reject(error);
    });
  });
}

/** SSH_FX_NO_SUCH_FILE of the SFTP protocol. */
const noSuchFile = 2;

/** SSH_FX_FAILURE: "a generic catch-all" (draft-ietf-secsh-filexfer-02, section 7). */
const generalFailure = 4;

/**
 * A status of the protocol is an answer; whatever else a request fails with is the connection. Of
 * the answers only the general failure may pass: a full disk and a database that is away are it.
 */
function failureOfRequest(error: unknown, facts: Facts): Failure {
  if (error instanceof Failure) return error;
  const reason = messageOf(error);
  const status = codeOf(error);
  if (typeof status === 'number') {
    const code = status === generalFailure ? 'sender.request-failed' : 'sender.request-refused';
    return new Failure(code, { ...facts, status, reason }, error);
  }
  return new Failure('channel.unreachable', { ...facts, reason }, error);
}

export function isNoSuchFile(error: unknown): boolean {
  return error instanceof Failure && error.facts['status'] === noSuchFile;
}

async function sizeOf(wire: Wire, path: string): Promise<number | undefined> {
  try {
    const { size } = await wire.call<{ readonly size: number }>(`stat ${path}`, (done) => {
      wire.sftp.stat(path, done);
    });
    return size;
  } catch (error) {
    if (isNoSuchFile(error)) return undefined;
    throw error;
  }
}

const farewellMs = 2000;

async function hangUp(client: SftpClient, socket: Socket): Promise<void> {
  // A server that does not say goodbye is left without one.
  await Promise.race([
    client.end().catch(noop),
    new Promise((resolve) => {
      setTimeout(resolve, farewellMs).unref();
    }),
  ]);
  socket.destroy();
}
