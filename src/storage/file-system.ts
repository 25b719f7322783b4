import * as fs from 'node:fs';
import { mkdir, opendir, rename, rm, stat, statfs } from 'node:fs/promises';
import { promisify } from 'node:util';
import { directCalls } from './direct-calls.ts';

/**
 * The few calls that decide whether a file survives a power cut, as a port: tests record their order
 * and break them one at a time.
 */
export interface FileSystem {
  /** A new file; fails when there is one of that name. */
  create(path: string): Promise<OpenFile>;
  /** An existing file, for reading and writing. */
  reopen(path: string): Promise<OpenFile>;
  openForReading(path: string): Promise<OpenFile>;
  rename(from: string, to: string): Promise<void>;
  /** No error when it is gone already. */
  remove(path: string): Promise<void>;
  /** One level; true when it was not there before. */
  makeDirectory(path: string): Promise<boolean>;
  /** Makes the names in a directory durable. */
  syncDirectory(path: string): Promise<void>;
  /** Undefined when there is no such file. */
  stat(path: string): Promise<FileFacts | undefined>;
  /** Empty when there is no such directory. */
  entries(path: string): AsyncIterable<DirectoryEntry>;
  /** Bytes that a process without privileges could still write. */
  freeBytes(path: string): Promise<number>;
}

export interface FileFacts {
  readonly bytes: number;
  readonly modifiedAt: Date;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly isDirectory: boolean;
}

export interface OpenFile {
  /** Writes all of the data. */
  write(o: { readonly at: number; readonly data: Buffer }): Promise<void>;
  /** At most so many bytes; fewer only at the end of the file. */
  read(o: { readonly at: number; readonly bytes: number }): Promise<Buffer>;
  truncate(bytes: number): Promise<void>;
  /** Returns when content and length would survive a power cut. */
  sync(): Promise<void>;
  /** Closing it again does nothing. */
  close(): Promise<void>;
}

const fileMode = 0o600;
const directoryMode = 0o700;

/** The calls that may wait for a disk however short they are. */
const pooled = {
  open: promisify(fs.open),
  write: promisify(fs.write),
  read: promisify(fs.read),
  truncate: promisify(fs.ftruncate),
  sync: promisify(fs.fsync),
  close: promisify(fs.close),
};

const calls = directCalls();

/** The operating system's. */
export const nodeFileSystem: FileSystem = {
  create: async (path) => openFile(await openAt(path, 'wx+')),
  reopen: async (path) => openFile(await openAt(path, 'r+')),
  openForReading: async (path) => openFile(await openAt(path, 'r')),
  rename: (from, to) =>
    calls.make(
      () => {
        fs.renameSync(from, to);
      },
      () => rename(from, to),
    ),
  remove: (path) => rm(path, { force: true }),
  makeDirectory: async (path) => {
    try {
      await mkdir(path, { mode: directoryMode });
      return true;
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      throw error;
    }
  },
  syncDirectory: async (path) => {
    const directory = await openAt(path, 'r');
    try {
      await pooled.sync(directory);
    } finally {
      await close(directory);
    }
  },
  stat: async (path) => {
    try {
      const { size, mtime } = await stat(path);
      return { bytes: size, modifiedAt: mtime };
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  },
  entries,
  freeBytes: async (path) => {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  },
};

async function* entries(path: string): AsyncGenerator<DirectoryEntry> {
  try {
    for await (const entry of await opendir(path)) {
      yield { name: entry.name, isDirectory: entry.isDirectory() };
    }
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

/** Longer ones take the time of a call to the pool many times over. */
const directBytesMax = 256 * 1024;

function openAt(path: string, flags: string): Promise<number> {
  return calls.make(
    () => fs.openSync(path, flags, fileMode),
    () => pooled.open(path, flags, fileMode),
  );
}

function close(file: number): Promise<void> {
  return calls.make(
    () => {
      fs.closeSync(file);
    },
    () => pooled.close(file),
  );
}

/** Once closed its number may be another file's: nothing is done with it any more. */
function openFile(number: number): OpenFile {
  let closed = false;
  const file = (): number => {
    if (closed) throw Object.assign(new Error('EBADF: the file is closed'), { code: 'EBADF' });
    return number;
  };
  return {
    write: async (o) => writeAll(file(), o),
    read: async (o) => readAll(file(), o),
    truncate: async (bytes) => pooled.truncate(file(), bytes),
    sync: async () => pooled.sync(file()),
    close: async () => {
      if (closed) return;
      closed = true;
      await close(number);
    },
  };
}

async function writeAll(
  file: number,
  { at, data }: { readonly at: number; readonly data: Buffer },
): Promise<void> {
  for (let done = 0; done < data.length;) {
    const bytes = data.length - done;
    const rest = async (): Promise<number> =>
      (await pooled.write(file, data, done, bytes, at + done)).bytesWritten;
    const short = (): number => fs.writeSync(file, data, done, bytes, at + done);
    done += await (bytes > directBytesMax ? rest() : calls.make(short, rest));
  }
}

async function readAll(
  file: number,
  { at, bytes }: { readonly at: number; readonly bytes: number },
): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(bytes);
  let done = 0;
  while (done < bytes) {
    const wanted = bytes - done;
    const rest = async (): Promise<number> =>
      (await pooled.read(file, buffer, done, wanted, at + done)).bytesRead;
    const short = (): number => fs.readSync(file, buffer, done, wanted, at + done);
    const bytesRead = await (wanted > directBytesMax ? rest() : calls.make(short, rest));
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return buffer.subarray(0, done);
}

/** The code of an error of the operating system, `ENOENT` and the like. */
export function codeOf(error: unknown): string | undefined {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' ? code : undefined;
}
