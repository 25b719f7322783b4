import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { once } from 'node:events';
import ssh2 from 'ssh2';
import type { Connection } from 'ssh2';
import type { ChannelJournal, LoginAccount, Logins, Mailbox } from '../ports.ts';
import { Failure, failureOf, type Clock } from '../../vocabulary/index.ts';
import { algorithmsOf } from './algorithms.ts';
import { fingerprintOf, type HostKey } from './host-keys.ts';
import { defaultLimits, type SftpLimits } from './limits.ts';
import { Load } from './load.ts';
import { openLogin, type Login } from './login.ts';
import { serveSession, type Session } from './session.ts';
import { announceExtensions, injectSocket, socketOf } from './version-shim.ts';

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
  /** Closes the connections of one account at once: it was blocked. */
  disconnect(accountId: string): void;
  /** Takes nobody new, lets uploads under way end for the drain time, then cuts them. */
  stop(): Promise<void>;
}

/** One client's connection, from its first byte to its last. */
interface Guest {
  readonly connection: Connection;
  readonly socket: Socket;
  readonly sessions: Set<Session>;
  account: LoginAccount | undefined;
  /** Everything about it that still has to be told to the mailbox. */
  leaving: Promise<void> | undefined;
}

/**
 * Starts the SFTP server.
 *
 * @throws Failure `channel.listen` when the address cannot be listened on.
 */
export async function startSftpServer(options: SftpServerOptions): Promise<SftpServer> {
  const limits: SftpLimits = { ...defaultLimits, ...options.limits };
  const guests = new Set<Guest>();
  const waiting = new Set<Socket>();
  const ssh = new ssh2.Server(
    {
      hostKeys: options.hostKeys.map(({ pem }) => pem),
      algorithms: algorithmsOf({ chacha20: options.chacha20 ?? false }),
      ident: 'sluis',
      keepaliveInterval: limits.keepaliveMs,
      keepaliveCountMax: limits.keepalivesMissedMax,
    },
    (connection) => {
      welcome({ ...options, limits, guests, waiting }, connection);
    },
  );
  const net = createServer({ noDelay: true }, (socket) => {
    const refused = whyNotAdmitted(socket, { guests, waiting }, limits);
    if (refused !== undefined) {
      socket.destroy();
      const facts = { reason: refused };
      options.journal
        .record({ level: 'warn', code: 'sftp.connection-refused', source: sourceOf(socket), facts })
        .catch(() => undefined);
      return;
    }
    waiting.add(socket);
    // Until the greeting there is no guest to speak of; a client that never greets is cut off.
    socket.setTimeout(limits.loginGraceMs, () => socket.destroy());
    socket.once('close', () => waiting.delete(socket)).on('error', () => socket.destroy());
    injectSocket(ssh, socket);
  });
  await listen(net, options);
  const address = net.address();
  if (address === null || typeof address === 'string') throw new Failure('channel.listen');
  return {
    host: options.host,
    port: address.port,
    hostKeys: options.hostKeys.map(fingerprintOf),
    sessions: () => [...guests].filter(({ account }) => account !== undefined).length,
    disconnect(accountId) {
      for (const guest of guests) if (guest.account?.id === accountId) guest.connection.end();
    },
    async stop() {
      for (const socket of waiting) socket.destroy();
      await stop(net, guests, limits);
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

function sourceOf(socket: Socket): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
}

function whyNotAdmitted(
  socket: Socket,
  here: { readonly guests: ReadonlySet<Guest>; readonly waiting: ReadonlySet<Socket> },
  limits: SftpLimits,
): string | undefined {
  const sockets = [...here.waiting, ...[...here.guests].map((guest) => guest.socket)];
  if (sockets.length >= limits.connectionsMax) return 'connections';
  const source = sourceOf(socket);
  const same = sockets.filter((one) => sourceOf(one) === source).length;
  return same >= limits.connectionsPerSourceMax ? 'connections-per-source' : undefined;
}

interface House extends Omit<SftpServerOptions, 'limits'> {
  readonly limits: SftpLimits;
  readonly guests: Set<Guest>;
  /** Connected, not greeted yet. */
  readonly waiting: Set<Socket>;
}

function welcome(house: House, connection: Connection): void {
  const { limits, guests, waiting, clock } = house;
  const socket = socketOf(connection);
  waiting.delete(socket);
  socket.setTimeout(0);
  const source = sourceOf(socket);
  const guest: Guest = {
    ...{ connection, socket, account: undefined, leaving: undefined },
    sessions: new Set(),
  };
  guests.add(guest);
  const hangUp = (code: string, reason: string): void => {
    tell(house, guest, code, { reason });
    connection.end();
    // A client that does not hang up in turn is cut off.
    setTimeout(() => socket.destroy(), limits.lingerMs).unref();
  };
  const idle = setTimeout(() => {
    hangUp('sftp.idle', 'idle');
  }, limits.idleMs);
  const grace = setTimeout(() => {
    login.end('grace-expired');
    hangUp('sftp.login-ended', 'grace-expired');
  }, limits.loginGraceMs);
  const login: Login = openLogin({
    ...{ logins: house.logins, source, clock, triesMax: limits.authTriesMax },
    onAccepted(account) {
      clearTimeout(grace);
      guest.account = account;
      if (sessionsOf(guests, account) > limits.sessionsPerUserMax) {
        hangUp('sftp.connection-refused', 'sessions-per-user');
      }
    },
    onExhausted: () => {
      hangUp('sftp.login-ended', 'too-many-attempts');
    },
    onTrouble(error) {
      tell(house, guest, 'sftp.login-failed', { reason: failureOf(error).code }, 'error');
    },
  });
  connection.on('authentication', (context) => {
    login.attempt(context);
  });
  connection.on('ready', () => {
    const load = new Load(socket, limits.inFlightBytesMax);
    receive(house, guest, { load, onRequest: () => idle.refresh(), hangUp });
  });
  connection.on('error', () => {
    // What a client does to its connection shows in what it did not finish.
    socket.destroy();
  });
  // The end of the socket, not of the protocol: a killed client says no goodbye.
  socket.once('close', () => {
    clearTimeout(idle);
    clearTimeout(grace);
    login.end('closed');
    const ending = [...guest.sessions].map((session) => session.drop('connection-lost'));
    guest.leaving = Promise.allSettled(ending).then(() => {
      guests.delete(guest);
    });
  });
}

function sessionsOf(guests: ReadonlySet<Guest>, account: LoginAccount): number {
  return [...guests].filter((guest) => guest.account?.id === account.id).length;
}

/** What a logged-in client may ask of its connection: SFTP channels, and nothing else. */
function receive(
  house: House,
  guest: Guest,
  o: {
    readonly load: Load;
    readonly onRequest: () => void;
    readonly hangUp: (code: string, reason: string) => void;
  },
): void {
  const { connection, socket, account, sessions } = guest;
  if (account === undefined) return;
  const { limits, journal, clock } = house;
  const pump = (): void => {
    o.load.weigh();
    for (const session of sessions) session.pump();
  };
  socket.on('drain', pump);
  // Whatever arrives may be the client opening its window for answers that wait.
  socket.on('data', () => {
    if (sessions.size > 0) setImmediate(pump);
  });
  connection.on('session', (accept, reject) => {
    if (sessions.size >= limits.channelsMax) {
      reject();
      return;
    }
    const session = accept();
    session.on('sftp', (acceptSftp) => {
      const sftp = acceptSftp();
      announceExtensions(sftp);
      const served = serveSession(sftp, {
        ...{ account, journal, clock, limits, load: o.load, onRequest: o.onRequest },
        mailbox: house.mailboxFor(account),
        onAbuse: (what) => {
          o.hangUp('sftp.connection-refused', what);
        },
      });
      sessions.add(served);
      const leave = (): void => {
        void served.drop('connection-lost').then(() => sessions.delete(served));
      };
      sftp.on('close', leave);
    });
  });
  connection.on('request', (_accept, rejectRequest) => {
    rejectRequest?.();
  });
}

function tell(
  { journal }: Pick<House, 'journal'>,
  guest: Guest,
  code: string,
  facts: Readonly<Record<string, string | number>>,
  level: 'info' | 'warn' | 'error' = 'info',
): void {
  const { account, socket } = guest;
  const who =
    account === undefined ? {} : { username: account.username, sender: account.senderNumber };
  journal.record({ level, code, source: sourceOf(socket), ...who, facts }).catch(() => undefined);
}

async function stop(net: NetServer, guests: Set<Guest>, limits: SftpLimits): Promise<void> {
  const closed = once(net, 'close');
  net.close();
  const deadline = performance.now() + limits.drainMs;
  for (const guest of guests) if (!isWriting(guest)) guest.connection.end();
  while (performance.now() < deadline && [...guests].some(isWriting)) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  for (const guest of guests) {
    const ending = [...guest.sessions].map((session) => session.drop('server-stopped'));
    await Promise.allSettled(ending);
    guest.socket.destroy();
  }
  await closed;
  for (const { leaving } of [...guests]) await leaving;
}

function isWriting({ sessions }: Guest): boolean {
  return [...sessions].some(({ writing }) => writing);
}
