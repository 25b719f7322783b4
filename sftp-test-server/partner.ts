import { createHash, generateKeyPairSync } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import ssh2, { type AuthContext, type Connection, type ServerConfig } from 'ssh2';
import { Moods, type Misbehaviour, type Mood } from './misbehaviour.ts';
import { serveTree } from './tree.ts';

/** Who may log in. With both, either is enough; with neither, nobody gets in. */
export interface PartnerUser {
  readonly name: string;
  readonly password?: string;
  /** A line of an authorized_keys file: `ssh-ed25519 AAAA…`. */
  readonly publicKey?: string;
}

export interface PartnerOptions {
  /** The root every user sees. It must be there. */
  readonly directory: string;
  readonly users: readonly PartnerUser[];
  readonly misbehave?: Misbehaviour;
  /** Default 127.0.0.1 and any free port. */
  readonly host?: string;
  readonly port?: number;
  /** A private key as OpenSSH or as SEC 1 and PKCS#1 write it; by default a new one is made for every start. */
  readonly hostKey?: string;
}

/** One thing a client asked for, in the order it was asked. */
export interface PartnerRequest {
  readonly user: string;
  /** `login`, or the SFTP request in lower case: `open`, `write`, `close`, `rename` … */
  readonly what: string;
  readonly path: string;
  /** Bytes of a read or write, else 0. */
  readonly bytes: number;
}

export interface Partner {
  readonly host: string;
  readonly port: number;
  /** `SHA256:…` of the host key, as ssh-keygen prints it. */
  readonly fingerprint: string;
  /** What clients asked so far. */
  requests(): readonly PartnerRequest[];
  /** Connections open now, logged in or not. */
  connections(): number;
  /** Changes the misbehaviour of connections that are still to come. */
  misbehave(how: Misbehaviour): void;
  /** Cuts every connection and stops listening. */
  stop(): Promise<void>;
}

/** Starts a partner's SFTP server that behaves, or goes wrong in the way asked for. */
export async function startPartner(options: PartnerOptions): Promise<Partner> {
  const { directory, users, host = '127.0.0.1', port = 0 } = options;
  const hostKey = options.hostKey ?? newHostKey();
  const moods = new Moods(options.misbehave);
  const sockets = new Map<Socket, Mood>();
  const requests: PartnerRequest[] = [];
  const ssh = new ssh2.Server({ hostKeys: [hostKey] } satisfies ServerConfig, (connection) => {
    const socket = socketOf(connection);
    const mood = sockets.get(socket);
    if (mood === undefined) return;
    const note = (request: PartnerRequest): void => {
      requests.push(request);
    };
    welcome(connection, { mood, users, directory, note, isOpen: () => !socket.destroyed });
  });
  const net = createServer({ noDelay: true }, (socket) => {
    const mood = moods.next({
      cut: () => socket.resetAndDestroy(),
      mute: () => {
        socket.cork();
      },
    });
    sockets.set(socket, mood);
    socket.once('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
    if (mood.refuses('connect')) socket.destroy();
    else if (!mood.stalls('connect')) ssh.injectSocket(socket);
  });
  net.listen(port, host);
  await once(net, 'listening');
  const address = net.address();
  if (address === null || typeof address === 'string') throw new Error('no port to listen on');
  return {
    host,
    port: address.port,
    fingerprint: fingerprintOf(hostKey),
    requests: () => [...requests],
    connections: () => sockets.size,
    misbehave: (how) => {
      moods.change(how);
    },
    stop: async () => {
      const closed = once(net, 'close');
      net.close();
      for (const socket of sockets.keys()) socket.destroy();
      await closed;
    },
  };
}

/** ssh2 1.17 keeps the socket of a connection to itself. */
function socketOf(connection: Connection): Socket {
  return (connection as unknown as { readonly _sock: Socket })._sock;
}

interface House {
  readonly mood: Mood;
  readonly users: readonly PartnerUser[];
  readonly directory: string;
  readonly note: (request: PartnerRequest) => void;
  readonly isOpen: () => boolean;
}

function welcome(connection: Connection, house: House): void {
  const { mood, users, directory, note, isOpen } = house;
  let user = '';
  connection.on('error', () => connection.end());
  connection.on('authentication', (attempt) => {
    user = attempt.username;
    if (attempt.method === 'none') {
      attempt.reject(['publickey', 'password']);
      return;
    }
    note({ user, what: 'login', path: '', bytes: 0 });
    if (mood.stalls('login')) return;
    if (!mood.refuses('login') && isGood(attempt, users)) attempt.accept();
    else attempt.reject(['publickey', 'password']);
  });
  connection.on('session', (accept) => {
    accept().on('sftp', (start) => {
      const told = (what: string, path: string, bytes: number): void => {
        note({ user, what, path, bytes });
      };
      serveTree(start(), { mood, directory, note: told, isOpen });
    });
  });
}

function isGood(attempt: AuthContext, users: readonly PartnerUser[]): boolean {
  const user = users.find(({ name }) => name === attempt.username);
  if (user === undefined) return false;
  if (attempt.method === 'password') return user.password === attempt.password;
  if (attempt.method !== 'publickey' || user.publicKey === undefined) return false;
  const key = ssh2.utils.parseKey(user.publicKey);
  if (key instanceof Error || !key.getPublicSSH().equals(attempt.key.data)) return false;
  const { signature, blob, hashAlgo } = attempt;
  if (signature === undefined || blob === undefined) return true;
  // The library answers a malformed signature with an Error where its types promise a boolean.
  const verdict: unknown = key.verify(blob, signature, hashAlgo);
  return verdict === true;
}

/** The library's own generator drops a byte of some ed25519 keys; Node's keys are always whole. */
function newHostKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'sec1', format: 'pem' }).toString();
}

function fingerprintOf(hostKey: string): string {
  const key = ssh2.utils.parseKey(hostKey);
  if (key instanceof Error) throw key;
  const digest = createHash('sha256').update(key.getPublicSSH()).digest('base64');
  return `SHA256:${digest.replace(/=+$/, '')}`;
}
