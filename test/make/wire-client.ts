import { existsSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import ssh2 from 'ssh2';
import type { ConnectConfig, FileEntry, SFTPWrapper } from 'ssh2';
import type { Login } from './clients.ts';

/** A client whose single requests a test holds in its hands; nothing waits for anything. */
export interface WireClient {
  readonly connection: ssh2.Client;
  readonly sftp: SFTPWrapper;
  readonly socket: Socket;
  open(path: string, flags: number): Promise<Buffer>;
  openDirectory(path: string): Promise<Buffer>;
  write(handle: Buffer, at: number, data: Buffer): Promise<void>;
  read(handle: Buffer, at: number, bytes: number): Promise<number>;
  close(handle: Buffer): Promise<void>;
  /** Undefined at the end. */
  page(handle: Buffer): Promise<readonly FileEntry[] | undefined>;
  stat(path: string): Promise<ssh2.Stats>;
  remove(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Another SFTP channel on the same connection. */
  channel(): Promise<SFTPWrapper>;
  end(): Promise<void>;
  destroy(): void;
}

export async function wireClient(
  login: Login,
  over: Partial<ConnectConfig> = {},
): Promise<WireClient> {
  const { connection, socket } = await wireConnection(login, over);
  const sftp = await channelOf(connection);
  return {
    ...{ connection, sftp, socket },
    open: (path, flags) =>
      said((done) => {
        sftp.open(path, flags, {}, done);
      }),
    openDirectory: (path) =>
      said((done) => {
        sftp.opendir(path, done);
      }),
    write: (handle, at, data) =>
      done((end) => {
        sftp.write(handle, data, 0, data.length, at, end);
      }),
    read: (handle, at, bytes) =>
      said((end) => {
        sftp.read(handle, Buffer.alloc(bytes), 0, bytes, at, end);
      }),
    close: (handle) =>
      done((end) => {
        sftp.close(handle, end);
      }),
    page: (handle) =>
      new Promise((resolve, reject) => {
        sftp.readdir(handle, (error, list) => {
          if (error === undefined || (error as unknown) === null) resolve(list);
          else if ((error as { code?: unknown }).code === 1) resolve(undefined);
          else reject(error);
        });
      }),
    stat: (path) =>
      said((end) => {
        sftp.stat(path, end);
      }),
    remove: (path) =>
      done((end) => {
        sftp.unlink(path, end);
      }),
    rename: (from, to) =>
      done((end) => {
        sftp.rename(from, to, end);
      }),
    channel: () => channelOf(connection),
    async end() {
      const ended = closeOf(socket);
      connection.end();
      await ended;
    },
    destroy: () => socket.destroy(),
  };
}

/** A logged-in connection without a channel. */
export async function wireConnection(
  login: Login,
  over: Partial<ConnectConfig> = {},
): Promise<{ readonly connection: ssh2.Client; readonly socket: Socket }> {
  const socket = connect({ host: '127.0.0.1', port: login.port, noDelay: true });
  const connection = new ssh2.Client();
  const ready = new Promise<void>((resolve, reject) => {
    connection.once('ready', resolve).once('close', reject);
    // Heard for ever: a test that cuts the line does not want to hear of it.
    connection.on('error', reject);
  });
  connection.connect({
    sock: socket,
    username: login.username,
    ...(existsSync(login.keyPath) ? { privateKey: readFileSync(login.keyPath) } : {}),
    ...over,
  });
  await ready;
  return { connection, socket };
}

function channelOf(connection: ssh2.Client): Promise<SFTPWrapper> {
  return said((done) => connection.sftp(done));
}

type Told<T> = (error: Error | undefined | null, value: T) => void;

function said<T>(ask: (told: Told<T>) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    ask((error, value) => {
      if (error instanceof Error) reject(error);
      else resolve(value);
    });
  });
}

function done(ask: (told: (error?: Error | null) => void) => unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    ask((error) => {
      if (error instanceof Error) reject(error);
      else resolve();
    });
  });
}

/** The end of a connection, also by a reset: `once` of Node would fail at the error that comes before. */
export function closeOf(connection: Socket | ssh2.Client): Promise<void> {
  connection.on('error', () => undefined);
  return new Promise((resolve) => connection.once('close', resolve));
}
