import { constants, type Stats } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm, rmdir, truncate } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import ssh2, { type Attributes, type FileEntry, type SFTPWrapper } from 'ssh2';
import { Handles } from './handles.ts';
import type { Moment, Mood } from './misbehaviour.ts';

const { OPEN_MODE, STATUS_CODE } = ssh2.utils.sftp;

interface Tree {
  readonly mood: Mood;
  readonly directory: string;
  readonly note: (what: string, path: string, bytes: number) => void;
  /** False once the connection is gone: then nothing can be answered. */
  readonly isOpen: () => boolean;
}

interface Asked {
  readonly id: number;
  readonly what: string;
  readonly moment: Moment | undefined;
  readonly path: string;
  readonly bytes?: number;
}

const pageMax = 100;
const readBytesMax = 255 * 1024;

/** Serves real files below a directory over one SFTP channel, one request after the other. */
export function serveTree(sftp: SFTPWrapper, tree: Tree): void {
  const { mood, directory } = tree;
  const handles = new Handles();
  let line = Promise.resolve();

  function queue(asked: Asked, work: () => Promise<void>): void {
    line = line.then(() => answer(asked, work));
  }

  async function answer({ id, what, moment, path, bytes }: Asked, work: () => Promise<void>) {
    tree.note(what, path, bytes ?? 0);
    if (moment !== undefined && mood.stalls(moment)) return;
    try {
      if (moment !== undefined && mood.refuses(moment)) throw new Error('The partner refuses');
      await mood.carryOut(moment, work);
    } catch (error) {
      if (!tree.isOpen()) return;
      sftp.status(id, codeOf(error), error instanceof Error ? error.message : '');
    }
  }

  const local = (path: string): string => join(directory, posix.normalize(`/${path}`));
  const done = (id: number): void => {
    sftp.status(id, STATUS_CODE.OK);
  };

  sftp.on('OPEN', (id, path, flags) => {
    queue({ id, what: 'open', moment: 'open', path }, async () => {
      const file = await open(local(path), flagsOf(flags));
      sftp.handle(id, handles.addFile(path, file));
    });
  });
  sftp.on('WRITE', (id, handle, offset, data) => {
    const path = handles.pathOf(handle);
    queue({ id, what: 'write', moment: 'write', path, bytes: data.length }, async () => {
      if (!mood.passes(data.length)) return;
      const file = handles.file(handle);
      await file.write(data, 0, mood.taken(data.length), offset);
      done(id);
    });
  });
  sftp.on('READ', (id, handle, offset, length) => {
    const path = handles.pathOf(handle);
    queue({ id, what: 'read', moment: 'read', path, bytes: length }, async () => {
      const bytes = Math.min(length, readBytesMax);
      const file = handles.file(handle);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, offset);
      if (!mood.passes(bytesRead)) return;
      if (bytesRead === 0) sftp.status(id, STATUS_CODE.EOF);
      else sftp.data(id, buffer.subarray(0, bytesRead));
    });
  });
  sftp.on('CLOSE', (id, handle) => {
    const path = handles.pathOf(handle);
    queue({ id, what: 'close', moment: 'close', path }, async () => {
      await handles.close(handle);
      done(id);
    });
  });
  sftp.on('FSTAT', (id, handle) => {
    const path = handles.pathOf(handle);
    queue({ id, what: 'fstat', moment: 'stat', path }, async () => {
      sftp.attrs(id, attributesOf(await handles.file(handle).stat(), mood));
    });
  });
  sftp.on('FSETSTAT', (id, handle, attrs: Partial<Attributes>) => {
    const path = handles.pathOf(handle);
    queue({ id, what: 'fsetstat', moment: undefined, path }, async () => {
      if (attrs.size !== undefined) await handles.file(handle).truncate(attrs.size);
      done(id);
    });
  });
  sftp.on('SETSTAT', (id, path, attrs: Partial<Attributes>) => {
    queue({ id, what: 'setstat', moment: undefined, path }, async () => {
      if (attrs.size !== undefined) await truncate(local(path), attrs.size);
      done(id);
    });
  });
  const stat = (id: number, path: string): void => {
    queue({ id, what: 'stat', moment: 'stat', path }, async () => {
      sftp.attrs(id, attributesOf(await lstat(local(path)), mood));
    });
  };
  sftp.on('STAT', stat).on('LSTAT', stat);
  sftp.on('OPENDIR', (id, path) => {
    queue({ id, what: 'opendir', moment: 'list', path }, async () => {
      const names = await readdir(local(path));
      sftp.handle(id, handles.addListing(path, names.sort()));
    });
  });
  sftp.on('READDIR', (id, handle) => {
    const path = handles.pathOf(handle);
    queue({ id, what: 'readdir', moment: 'list', path }, async () => {
      await pause(mood.listingDelayMs);
      const names = handles.takeNames(handle, pageMax);
      const entries = await Promise.all(
        names.map(async (name): Promise<FileEntry> => {
          const attrs = attributesOf(await lstat(join(local(path), name)), mood);
          return { filename: name, longname: name, attrs };
        }),
      );
      if (entries.length === 0) sftp.status(id, STATUS_CODE.EOF);
      else sftp.name(id, entries);
    });
  });
  sftp.on('REMOVE', (id, path) => {
    queue({ id, what: 'remove', moment: 'remove', path }, async () => {
      await rm(local(path));
      done(id);
    });
  });
  sftp.on('RENAME', (id, from, to) => {
    queue({ id, what: 'rename', moment: 'rename', path: to }, async () => {
      // The protocol's RENAME replaces nothing (draft-ietf-secsh-filexfer-02, section 6.5).
      if (await isThere(local(to))) throw new Error('The target exists');
      await rename(local(from), local(to));
      done(id);
    });
  });
  sftp.on('MKDIR', (id, path) => {
    queue({ id, what: 'mkdir', moment: undefined, path }, async () => {
      await mkdir(local(path));
      done(id);
    });
  });
  sftp.on('RMDIR', (id, path) => {
    queue({ id, what: 'rmdir', moment: undefined, path }, async () => {
      await rmdir(local(path));
      done(id);
    });
  });
  sftp.on('REALPATH', (id, path) => {
    queue({ id, what: 'realpath', moment: undefined, path }, () => {
      const filename = posix.normalize(`/${path}`).replace(/(?<=.)\/$/, '');
      const attrs = { mode: 0o040755, uid: 0, gid: 0, size: 0, atime: 0, mtime: 0 };
      sftp.name(id, [{ filename, longname: filename, attrs }]);
      return Promise.resolve();
    });
  });
  sftp.on('end', () => {
    line = line.then(async () => {
      await handles.closeAll();
      if (tree.isOpen()) sftp.end();
    });
  });
}

function flagsOf(flags: number): number {
  const has = (flag: number): boolean => (flags & flag) !== 0;
  if (!has(OPEN_MODE.WRITE)) return constants.O_RDONLY;
  const named = [
    [OPEN_MODE.APPEND, constants.O_APPEND],
    [OPEN_MODE.CREAT, constants.O_CREAT],
    [OPEN_MODE.TRUNC, constants.O_TRUNC],
    [OPEN_MODE.EXCL, constants.O_EXCL],
  ] as const;
  return named.reduce((all, [asked, ours]) => (has(asked) ? all | ours : all), constants.O_RDWR);
}

function attributesOf(stats: Stats, mood: Mood): Attributes {
  const { mode, uid, gid, size, atimeMs, mtimeMs } = stats;
  const told = stats.isFile() ? mood.sizeTold(size) : size;
  const atime = Math.floor(atimeMs / 1000);
  return { mode, uid, gid, size: told, atime, mtime: Math.floor(mtimeMs / 1000) };
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

function codeOf(error: unknown): number {
  const errno = errnoOf(error);
  if (errno === 'ENOENT') return STATUS_CODE.NO_SUCH_FILE;
  if (errno === 'EACCES' || errno === 'EPERM') return STATUS_CODE.PERMISSION_DENIED;
  return STATUS_CODE.FAILURE;
}

function errnoOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
