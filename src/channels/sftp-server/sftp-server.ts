import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { once } from 'node:events';
import ssh2 from 'ssh2';
import type { ChannelJournal, LoginAccount, Logins, Mailbox } from '../ports.ts';
import { Failure, failureOf, type Clock } from '../../vocabulary/index.ts';
import { algorithmsOf } from './algorithms.ts';
import { welcome, type Guest } from './connection.ts';
import { fingerprintOf, type HostKey } from './host-keys.ts';
import { defaultLimits, refusalsToldEveryMs, type SftpLimits } from './limits.ts';
import { sourceOf } from './source.ts';
import { injectSocket, socketOf } from './version-shim.ts';

export interface SftpServerOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly hostKeys: readonly HostKey[];
  readonly logins: Logins;
  readonly mailboxFor: (account: LoginAccount) => Mailbox;
  readonly journal: ChannelJournal;
  readonly clock: Clock;
  readonly chacha20?: boolean;
  readonly limits?: Partial<SftpLimits>;
}

export interface SftpServer {
  readonly host: string;
  readonly port: number;
  /** `SHA256:…`, as clients show them. */
  readonly hostKeys: readonly string[];
  /** Logged-in connections. */
  sessions(): number;
  /** The accounts that are logged in, each once. */
  accounts(): readonly LoginAccount[];
  /** Closes the connections of one account at once: it was blocked. */
  disconnect(accountId: string): void;
  /** Closes those connections of an account whose key is no longer one of its own. */
  recheck(now: LoginAccount): void;
  /** Takes nobody new, lets uploads under way end for the drain time, then cuts them. */
  stop(drain?: { readonly drainMs: number }): Promise<void>;
}

/** The connections there are: greeted, or still without a word. */
interface Hall {
  readonly guests: Set<Guest>;
  readonly waiting: Set<Socket>;
}

/**
 * Starts the SFTP server.
 *
 * @throws Failure `channel.listen` when the address cannot be listened on.
 */
export async function startSftpServer(options: SftpServerOptions): Promise<SftpServer> {
  const limits: SftpLimits = { ...defaultLimits, ...options.limits };
  const hall: Hall = { guests: new Set(), waiting: new Set() };
  const ssh = new ssh2.Server(
    {
      hostKeys: options.hostKeys.map(({ pem }) => pem),
      algorithms: algorithmsOf({ chacha20: options.chacha20 ?? false }),
      ident: 'sluis',
      keepaliveInterval: limits.keepaliveMs,
      keepaliveCountMax: limits.keepalivesMissedMax,
    },
    (connection) => {
      hall.waiting.delete(socketOf(connection));
      welcome({ ...options, limits, guests: hall.guests }, connection);
    },
  );
  const refused = refusalTeller(options.journal);
  const net = createServer({ noDelay: true }, (socket) => {
    const reason = whyNotAdmitted(socket, hall, limits);
    if (reason === undefined) admit(socket, { hall, limits, ssh });
    else {
      refused(sourceOf(socket), reason);
      socket.destroy();
    }
  });
  await listen(net, options);
  net.on('error', (error) => {
    const facts = { reason: failureOf(error).code };
    // A line that cannot be stored stops no server: the journal has told the log of it.
    options.journal
      .record({ level: 'error', code: 'sftp.listening-failed', facts })
      .catch(() => undefined);
  });
  const address = net.address();
  if (address === null || typeof address === 'string') throw new Failure('channel.listen');
  return {
    host: options.host,
    port: address.port,
    hostKeys: options.hostKeys.map(fingerprintOf),
    ...register(hall.guests),
    stop: (drain) => stop(net, hall, { ...limits, ...drain }),
  };
}

function register(
  guests: ReadonlySet<Guest>,
): Pick<SftpServer, 'sessions' | 'accounts' | 'disconnect' | 'recheck'> {
  const accounts = (): LoginAccount[] =>
    [...guests].flatMap(({ account }) => (account === undefined ? [] : [account]));
  return {
    sessions: () => accounts().length,
    accounts: () => [...new Map(accounts().map((account) => [account.id, account])).values()],
    disconnect(accountId) {
      for (const guest of guests) {
        if (guest.account?.id === accountId) guest.dismiss('sftp.disconnected', 'account-blocked');
      }
    },
    recheck(now) {
      for (const guest of guests) {
        if (guest.account?.id !== now.id || guest.holds(now)) continue;
        guest.dismiss('sftp.disconnected', 'key-withdrawn');
      }
    },
  };
}

async function listen(net: NetServer, { host, port }: SftpServerOptions): Promise<void> {
  net.listen({ host, port });
  try {
    await once(net, 'listening');
  } catch (error) {
    throw new Failure('channel.listen', { host, port }, error);
  }
}

/** Until its greeting there is no guest to speak of; who does not greet in time is cut off. */
function admit(
  socket: Socket,
  o: { readonly hall: Hall; readonly limits: SftpLimits; readonly ssh: ssh2.Server },
): void {
  const { waiting } = o.hall;
  waiting.add(socket);
  const grace = setTimeout(() => {
    if (waiting.has(socket)) socket.destroy();
  }, o.limits.loginGraceMs);
  socket.once('close', () => {
    clearTimeout(grace);
    waiting.delete(socket);
  });
  socket.on('error', () => socket.destroy());
  injectSocket(o.ssh, socket);
}

function whyNotAdmitted(
  socket: Socket,
  { waiting, guests }: Hall,
  limits: SftpLimits,
): string | undefined {
  const sockets = [...waiting, ...[...guests].map((guest) => guest.socket)];
  if (sockets.length >= limits.connectionsMax) return 'connections';
  const source = sourceOf(socket);
  const same = sockets.filter((one) => sourceOf(one) === source).length;
  return same >= limits.connectionsPerSourceMax ? 'connections-per-source' : undefined;
}

/** A flood of connections is a line now and then, and not a line each. */
function refusalTeller(journal: ChannelJournal): (source: string, reason: string) => void {
  let untold = 0;
  let toldAtMs = -Infinity;
  return (source, reason) => {
    untold += 1;
    const nowMs = performance.now();
    if (nowMs - toldAtMs < refusalsToldEveryMs) return;
    toldAtMs = nowMs;
    const facts = { reason, refused: untold };
    untold = 0;
    // As above: the refusal stands, with or without its line.
    journal
      .record({ level: 'warn', code: 'sftp.connection-refused', source, facts })
      .catch(() => undefined);
  };
}

const drainPollMs = 50;

async function stop(net: NetServer, { guests, waiting }: Hall, limits: SftpLimits): Promise<void> {
  const closed = once(net, 'close');
  net.close();
  for (const socket of waiting) socket.destroy();
  const deadline = performance.now() + limits.drainMs;
  while (performance.now() < deadline && [...guests].some(({ writing }) => writing)) {
    for (const guest of guests) if (!guest.writing) await guest.cut('server-stopped');
    await new Promise((resolve) => setTimeout(resolve, drainPollMs));
  }
  await Promise.all([...guests].map((guest) => guest.cut('server-stopped')));
  await closed;
}
