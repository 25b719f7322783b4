import { connect, type Socket } from 'node:net';
import type { SFTPWrapper } from 'ssh2';
import SftpClient from 'ssh2-sftp-client';
import { Failure, type Facts } from '../../vocabulary/index.ts';
import { algorithms, loginSteps, shownHostKey } from './partner-login.ts';
import type { PartnerAddress } from './ports.ts';
import { codeOf, messageOf } from './thrown.ts';

/** How long a partner may take, in milliseconds. Nothing is waited for without an end. */
export interface LinkDeadlines {
  /** The TCP connection. */
  readonly connectMs: number;
  /** From the connection to the end of the login. */
  readonly loginMs: number;
  /** Each request and each block of a transfer; not the transfer as a whole. */
  readonly requestMs: number;
}

export const linkDeadlines: LinkDeadlines = {
  connectMs: 10_000,
  loginMs: 20_000,
  requestMs: 60_000,
};

type Answer<T> = (error: Error | null | undefined, value: T) => void;

/** One connection to a partner. Every call ends, with a value or a Failure. */
export interface PartnerLink {
  /**
   * One request of the protocol. A request without an answer in time costs the connection: a server
   * that does not answer one does not answer the next either, and the library keeps its promises
   * for ever.
   *
   * @throws Failure `channel.refused` with `status`, `channel.timed-out`, `channel.unreachable`
   */
  ask<T>(doing: string, send: (sftp: SFTPWrapper, done: Answer<T>) => void): Promise<T>;
  /** True once the connection is gone: nothing can be asked any more. */
  readonly lost: boolean;
  close(): Promise<void>;
}

const keepaliveIntervalMs = 15_000;
const keepaliveCountMax = 4;

/**
 * Connects, compares the host key with those that are pinned, and logs in.
 *
 * @throws Failure `channel.unreachable`, `channel.timed-out`, `channel.host-key`,
 * `channel.login-refused`
 */
export async function openPartnerLink(
  address: PartnerAddress,
  o: { readonly deadlines?: Partial<LinkDeadlines>; readonly signal?: AbortSignal } = {},
): Promise<PartnerLink> {
  const deadlines = { ...linkDeadlines, ...o.deadlines };
  const socket = await openSocket(address, deadlines.connectMs);
  const cut = (): void => {
    socket.destroy();
  };
  o.signal?.addEventListener('abort', cut, { once: true });
  if (o.signal?.aborted === true) cut();
  try {
    return await logIn(address, socket, deadlines);
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    o.signal?.removeEventListener('abort', cut);
  }
}

/** @throws Failure `channel.unreachable` or `channel.timed-out` */
export async function openSocket(
  { host, port }: Pick<PartnerAddress, 'host' | 'port'>,
  connectMs: number,
): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true });
  // Kept for the whole life of the socket: what befalls it is told by the calls that suffer from it.
  socket.on('error', ignore);
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject);
      timer = setTimeout(() => {
        reject(new Failure('channel.timed-out', { host, port, doing: 'connect' }));
      }, connectMs);
    });
    return socket;
  } catch (error) {
    socket.destroy();
    if (error instanceof Failure) throw error;
    const reason = String(codeOf(error) ?? messageOf(error));
    throw new Failure('channel.unreachable', { host, port, reason }, error);
  } finally {
    clearTimeout(timer);
  }
}

function ignore(): void {
  // Told elsewhere.
}

async function logIn(
  address: PartnerAddress,
  socket: Socket,
  deadlines: LinkDeadlines,
): Promise<PartnerLink> {
  const { host, port, username, hostKeys } = address;
  const client = new SftpClient('sluis', { error: ignore, end: ignore, close: ignore });
  let trouble: unknown;
  client.on('error', (error: unknown) => {
    trouble ??= error;
  });
  let shown = '';
  const gate = openGate(socket, { host, port });
  const config = {
    ...{ username, sock: socket, algorithms, readyTimeout: 0 },
    ...{ keepaliveInterval: keepaliveIntervalMs, keepaliveCountMax },
    authHandler: loginSteps(address),
    hostVerifier: (blob: Buffer) => {
      shown = shownHostKey(blob);
      return hostKeys.includes(shown);
    },
  };
  try {
    const sftp = await gate.pass('login', deadlines.loginMs, (done: Answer<SFTPWrapper>) => {
      client.connect(config).then(
        (opened) => {
          done(undefined, opened);
        },
        (error: unknown) => {
          done(error as Error, undefined as never);
        },
      );
    });
    return linkOver({ client, sftp, socket, gate, requestMs: deadlines.requestMs });
  } catch (error) {
    throw loginFailure({ address, error, trouble, shown });
  }
}

function loginFailure(o: {
  readonly address: PartnerAddress;
  readonly error: unknown;
  readonly trouble: unknown;
  readonly shown: string;
}): Failure {
  const { host, port, username, hostKeys } = o.address;
  const { error, shown } = o;
  if (shown !== '' && !hostKeys.includes(shown)) {
    return new Failure('channel.host-key', { host, port, shown, pinned: hostKeys.join(' ') });
  }
  if (error instanceof Failure && error.code === 'channel.timed-out') return error;
  const said = `${messageOf(o.trouble)} ${messageOf(error)}`;
  if (/authentication/i.test(said)) {
    return new Failure('channel.login-refused', { host, port, username }, error);
  }
  if (error instanceof Failure && o.trouble === undefined) return error;
  const reason = messageOf(o.trouble ?? error);
  return new Failure('channel.unreachable', { host, port, doing: 'login', reason }, error);
}

/** Through it go all promises of the library: it ends them when the line is cut or time is over. */
interface Gate {
  pass<T>(doing: string, ms: number, send: (done: Answer<T>) => void): Promise<T>;
  readonly closed: boolean;
}

interface Waiting {
  readonly end: (failure: Failure) => void;
}

function openGate(socket: Socket, where: Facts): Gate {
  const waiting = new Set<Waiting>();
  let closed = socket.destroyed;
  socket.once('close', () => {
    closed = true;
    const failure = new Failure('channel.unreachable', { ...where, reason: 'connection lost' });
    for (const one of waiting) one.end(failure);
  });
  return {
    get closed() {
      return closed;
    },
    pass: (doing, ms, send) =>
      new Promise((resolve, reject) => {
        const facts = { ...where, doing };
        const settle = (act: () => void): void => {
          if (!waiting.delete(one)) return;
          clearTimeout(timer);
          act();
        };
        const one: Waiting = {
          end: (failure) => {
            settle(() => {
              reject(new Failure(failure.code, { ...failure.facts, doing }, failure));
            });
          },
        };
        waiting.add(one);
        const timer = setTimeout(() => {
          settle(() => {
            reject(new Failure('channel.timed-out', { ...facts, waitedMs: ms }));
            socket.destroy();
          });
        }, ms);
        if (closed) {
          one.end(new Failure('channel.unreachable', { ...facts, reason: 'connection lost' }));
          return;
        }
        send((error, value) => {
          settle(() => {
            if (error === undefined || error === null) resolve(value);
            else reject(requestFailure(error, facts));
          });
        });
      }),
  };
}

/** A status of the protocol is an answer; whatever else a request fails with is the connection. */
function requestFailure(error: Error, facts: Facts): Failure {
  const reason = messageOf(error);
  const status = codeOf(error);
  if (typeof status === 'number') {
    return new Failure('channel.refused', { ...facts, status, reason }, error);
  }
  return new Failure('channel.unreachable', { ...facts, reason }, error);
}

const farewellMs = 1_000;

function linkOver(o: {
  readonly client: SftpClient;
  readonly sftp: SFTPWrapper;
  readonly socket: Socket;
  readonly gate: Gate;
  readonly requestMs: number;
}): PartnerLink {
  const { client, sftp, socket, gate, requestMs } = o;
  const gather = gatheredWrites(socket);
  return {
    get lost() {
      return gate.closed;
    },
    ask: (doing, send) =>
      gate.pass(doing, requestMs, (done) => {
        gather();
        send(sftp, done);
      }),
    async close() {
      if (gate.closed) return;
      // A server that does not say goodbye is left without one.
      const left = client.end().catch(ignore);
      const timer = setTimeout(() => {
        socket.destroy();
      }, farewellMs);
      await new Promise<void>((resolve) => {
        socket.once('close', () => {
          resolve();
        });
        if (socket.destroyed) resolve();
      });
      clearTimeout(timer);
      void left;
    },
  };
}

/**
 * Requests made in one turn of the event loop leave in one write: with many small files under way, a
 * write for each of their requests is what takes most of the time.
 */
function gatheredWrites(socket: Socket): () => void {
  let gathering = false;
  return () => {
    if (gathering) return;
    gathering = true;
    socket.cork();
    setImmediate(() => {
      gathering = false;
      socket.uncork();
    });
  };
}
