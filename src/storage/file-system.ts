import { mkdir, open, opendir, rename, rm, stat, statfs, type FileHandle } from 'node:fs/promises';

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
  close(): Promise<void>;
}

const fileMode = 0o600;
const directoryMode = 0o700;

/** The operating system's. */
export const nodeFileSystem: FileSystem = {
  create: async (path) => openFile(await open(path, 'wx+', fileMode)),
  reopen: async (path) => openFile(await open(path, 'r+')),
  openForReading: async (path) => openFile(await open(path, 'r')),
  rename,
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
    const directory = await open(path, 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
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

function openFile(handle: FileHandle): OpenFile {
  return {
    write: async ({ at, data }) => {
      for (let done = 0; done < data.length;) {
        const { bytesWritten } = await handle.write(data, done, data.length - done, at + done);
        done += bytesWritten;
      }
    },
    read: async ({ at, bytes }) => {
      const buffer = Buffer.allocUnsafe(bytes);
      let done = 0;
      while (done < bytes) {
        const { bytesRead } = await handle.read(buffer, done, bytes - done, at + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return buffer.subarray(0, done);
    },
    truncate: (bytes) => handle.truncate(bytes),
    sync: () => handle.sync(),
    close: () => handle.close(),
  };
}

/** The code of an error of the operating system, `ENOENT` and the like. */
export function codeOf(error: unknown): string | undefined {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' ? code : undefined;
}
