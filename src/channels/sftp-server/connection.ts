import type { Socket } from 'node:net';
import type { Connection, Session as SshSession } from 'ssh2';
import type { AbandonReason, ChannelJournal, LoginAccount, Logins, Mailbox } from '../ports.ts';
import { failureOf, type Clock } from '../../vocabulary/index.ts';
import { GatheredWrites } from './gathered-writes.ts';
import type { SftpLimits } from './limits.ts';
import { Load } from './load.ts';
import { openLogin, type Accepted, type Login } from './login.ts';
import { serveSession, type Session } from './session.ts';
import { sourceOf } from './source.ts';
import { announceExtensions, socketOf } from './version-shim.ts';

/** What every connection shares. */
export interface House {
  readonly logins: Logins;
  readonly mailboxFor: (account: LoginAccount) => Mailbox;
  readonly journal: ChannelJournal;
  readonly clock: Clock;
  readonly limits: SftpLimits;
  readonly guests: Set<Guest>;
}

/** One client's connection, from its greeting to its last byte. */
export interface Guest {
  readonly socket: Socket;
  readonly account: LoginAccount | undefined;
  /** Whether the key it came in with is still one of the account's. */
  holds(now: LoginAccount): boolean;
  /** Whether a file is being written or landed. */
  readonly writing: boolean;
  /** Tells the client that it is over, and cuts it when it does not leave by itself. */
  dismiss(code: string, reason: string): void;
  /** Ends what is unfinished and cuts the connection. Resolves when the mailbox knows. */
  cut(reason: AbandonReason): Promise<void>;
}

interface Place extends Pick<House, 'journal' | 'clock' | 'limits' | 'mailboxFor'> {
  readonly connection: Connection;
  readonly socket: Socket;
  readonly sessions: Set<Session>;
  readonly onTraffic: () => void;
  readonly dismiss: (code: string, reason: string) => void;
}

/** Looks after a connection that has been greeted; it is one of `house.guests` until it is gone. */
export function welcome(house: House, connection: Connection): void {
  const { limits, guests, journal } = house;
  const socket = socketOf(connection);
  const source = sourceOf(socket);
  const sessions = new Set<Session>();
  let accepted: Accepted | undefined;
  let over = false;

  function tell(level: 'info' | 'error', code: string, reason: string): void {
    const { username, senderNumber: sender } = accepted?.account ?? {};
    const who = username === undefined || sender === undefined ? {} : { username, sender };
    // A line that cannot be stored ends no connection: the journal has told the log of it.
    journal.record({ level, code, source, ...who, facts: { reason } }).catch(() => undefined);
  }

  async function drop(reason: AbandonReason): Promise<void> {
    await Promise.allSettled([...sessions].map((session) => session.drop(reason)));
  }

  function dismiss(code: string, reason: string, level: 'info' | 'error' = 'info'): void {
    if (over) return;
    over = true;
    tell(level, code, reason);
    // From here on nothing it asks is heard, whether it leaves or not.
    void drop('connection-lost');
    connection.end();
    setTimeout(() => socket.destroy(), limits.lingerMs).unref();
  }

  const guest: Guest = {
    socket,
    get account() {
      return accepted?.account;
    },
    holds: (now) => accepted?.holds(now) ?? true,
    get writing() {
      return [...sessions].some(({ writing }) => writing);
    },
    dismiss,
    async cut(reason) {
      over = true;
      await drop(reason);
      socket.destroy();
    },
  };
  guests.add(guest);

  const idle = setTimeout(() => {
    dismiss('sftp.idle', 'idle');
  }, limits.idleMs);
  const grace = setTimeout(() => {
    login.end('grace-expired');
    dismiss('sftp.login-ended', 'grace-expired');
  }, limits.loginGraceMs);
  const login: Login = openLogin({
    ...{ logins: house.logins, source, clock: house.clock, triesMax: limits.authTriesMax },
    onAccepted(now) {
      clearTimeout(grace);
      accepted = now;
      if (sessionsOf(guests, now.account) > limits.sessionsPerUserMax) {
        dismiss('sftp.connection-refused', 'sessions-per-user');
      }
    },
    onExhausted() {
      dismiss('sftp.login-ended', 'too-many-attempts');
    },
    onTrouble(error) {
      dismiss('sftp.login-failed', failureOf(error).code, 'error');
    },
  });
  connection.on('authentication', (context) => {
    login.attempt(context);
  });
  connection.on('ready', () => {
    if (accepted === undefined || over) return;
    const onTraffic = (): void => {
      idle.refresh();
    };
    receive(
      { ...house, connection, socket, sessions, onTraffic, dismiss },
      accepted.account,
      () => over,
    );
  });
  connection.on('error', () => {
    // What a client does to its connection shows in what it did not finish.
    socket.destroy();
  });
  // The end of the socket, not of the protocol: a killed client says no goodbye.
  socket.once('close', () => {
    over = true;
    clearTimeout(idle);
    clearTimeout(grace);
    login.end('closed');
    void drop('connection-lost').then(() => guests.delete(guest));
  });
}

function sessionsOf(guests: ReadonlySet<Guest>, account: LoginAccount): number {
  return [...guests].filter((guest) => guest.account?.id === account.id).length;
}

/** What a logged-in client may ask of its connection: SFTP channels, and nothing else. */
function receive(place: Place, account: LoginAccount, isOver: () => boolean): void {
  const { connection, socket, sessions, limits } = place;
  const load = new Load(socket, limits.inFlightBytesMax);
  const writes = new GatheredWrites(socket);
  socket.prependListener('data', () => {
    writes.gather();
  });
  const pump = (): void => {
    load.weigh();
    for (const session of sessions) session.pump();
  };
  socket.on('drain', pump);
  // Whatever arrives may be the client opening its window for answers that wait.
  socket.on('data', () => {
    if (sessions.size > 0) setImmediate(pump);
  });
  let open = 0;
  let opened = 0;
  connection.on('session', (accept, reject) => {
    opened += 1;
    if (isOver() || open >= limits.channelsMax) {
      reject();
      return;
    }
    if (opened > limits.channelsOpenedMax) {
      place.dismiss('sftp.connection-refused', 'channels');
      return;
    }
    open += 1;
    const channel = accept();
    channel.once('close', () => {
      open -= 1;
    });
    serveChannel(place, { channel, account, load, writes });
  });
  // Forwarding and the like. The keep-alive of clients is answered by the library.
  connection.on('request', (_accept, refuse) => {
    refuse?.();
  });
}

function serveChannel(
  { sessions, journal, clock, limits, mailboxFor, onTraffic, dismiss }: Place,
  o: {
    readonly channel: SshSession;
    readonly account: LoginAccount;
    readonly load: Load;
    readonly writes: GatheredWrites;
  },
): void {
  const { account, load, writes } = o;
  o.channel.once('sftp', (accept) => {
    // Nothing comes back when a second program is asked for on the same channel.
    const sftp = accept() as ReturnType<typeof accept> | undefined;
    if (sftp === undefined) return;
    announceExtensions(sftp);
    const session = serveSession(sftp, {
      ...{ account, journal, clock, limits, load, onTraffic },
      mailbox: mailboxFor(account),
      onAnswer: () => {
        writes.gather();
      },
      onAbuse: (what) => {
        dismiss('sftp.connection-refused', what);
      },
    });
    sessions.add(session);
    sftp.on('close', () => {
      void session.drop('connection-lost').then(() => sessions.delete(session));
    });
  });
}
