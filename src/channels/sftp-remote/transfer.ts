import { createHash } from 'node:crypto';
import type { FileEntryWithStats } from 'ssh2';
import { Failure } from '../../vocabulary/index.ts';
import type { PartnerLink } from './partner-link.ts';
import type { RemoteEntry } from './ports.ts';

/** What every SFTP server takes in one request. */
const blockBytesMax = 32 * 1024;
/** Enough to fill a line with a long way to go: 2 MiB under way. */
const blocksUnderWayMax = 64;

const statuses = { endOfFile: 1, noSuchFile: 2 } as const;

/** Whether the partner answered that there is no such file. */
export function isNoSuchFile(error: unknown): boolean {
  return hasStatus(error, statuses.noSuchFile);
}

function hasStatus(error: unknown, status: number): boolean {
  return error instanceof Failure && error.facts['status'] === status;
}

/** Undefined when there is no such file. */
export async function statRemote(
  link: PartnerLink,
  path: string,
): Promise<Omit<RemoteEntry, 'name'> | undefined> {
  try {
    const found = await link.ask<{ readonly size: number; readonly mtime: number }>(
      `stat ${path}`,
      (sftp, done) => {
        sftp.stat(path, done);
      },
    );
    return { bytes: found.size, modified: found.mtime };
  } catch (error) {
    if (isNoSuchFile(error)) return undefined;
    throw error;
  }
}

/** Fails when something stands under the new name. */
export async function renameRemote(link: PartnerLink, from: string, to: string): Promise<void> {
  await link.ask<undefined>(`rename ${from}`, (sftp, done) => {
    sftp.rename(from, to, (error) => {
      done(error, undefined);
    });
  });
}

/** A file that is gone already is as good as removed. */
export async function removeRemote(link: PartnerLink, path: string): Promise<void> {
  try {
    await link.ask<undefined>(`remove ${path}`, (sftp, done) => {
      sftp.unlink(path, (error) => {
        done(error, undefined);
      });
    });
  } catch (error) {
    if (!isNoSuchFile(error)) throw error;
  }
}

/**
 * Writes a file anew. The pieces are cut to blocks, many of them under way at once; the size the
 * server then tells must be that of what was sent: some servers take a part of a write and call it
 * success.
 *
 * @throws Failure `channel.differs` when the server holds another number of bytes
 */
export async function writeRemote(
  link: PartnerLink,
  o: { readonly path: string; readonly pieces: AsyncIterable<Buffer> },
): Promise<number> {
  const { path } = o;
  const handle = await openHandle(link, path, 'w');
  const underWay = new Set<Promise<void>>();
  let failed: unknown;
  let at = 0;
  try {
    for await (const piece of o.pieces) {
      for (let start = 0; start < piece.length; start += blockBytesMax) {
        const block = piece.subarray(start, start + blockBytesMax);
        if (underWay.size >= blocksUnderWayMax) await Promise.race(underWay);
        const written = writeBlock(link, { handle, block, at, path }).finally(() =>
          underWay.delete(written),
        );
        written.catch((error: unknown) => {
          failed ??= error;
        });
        underWay.add(written);
        at += block.length;
      }
      if (failed !== undefined) break;
    }
    await Promise.all(underWay);
    if (failed !== undefined) throw failed as Error;
  } catch (error) {
    await Promise.allSettled(underWay);
    // What went wrong first is thrown; a handle the server keeps ends with the connection.
    await closeHandle(link, handle, path).catch(() => undefined);
    throw error;
  }
  const [held] = await Promise.all([sizeOf(link, handle, path), closeHandle(link, handle, path)]);
  if (held !== at) throw new Failure('channel.differs', { path, bytes: at, held });
  return at;
}

async function sizeOf(link: PartnerLink, handle: Buffer, path: string): Promise<number> {
  const { size } = await link.ask<{ readonly size: number }>(`fstat ${path}`, (sftp, done) => {
    sftp.fstat(handle, done);
  });
  return size;
}

async function writeBlock(
  link: PartnerLink,
  o: {
    readonly handle: Buffer;
    readonly block: Buffer;
    readonly at: number;
    readonly path: string;
  },
): Promise<void> {
  await link.ask<undefined>(`write ${o.path}`, (sftp, done) => {
    sftp.write(o.handle, o.block, 0, o.block.length, o.at, (error) => {
      done(error, undefined);
    });
  });
}

async function openHandle(link: PartnerLink, path: string, flags: 'r' | 'w'): Promise<Buffer> {
  return await link.ask<Buffer>(`open ${path}`, (sftp, done) => {
    sftp.open(path, flags, done);
  });
}

async function closeHandle(link: PartnerLink, handle: Buffer, path: string): Promise<void> {
  await link.ask<undefined>(`close ${path}`, (sftp, done) => {
    sftp.close(handle, (error) => {
      done(error, undefined);
    });
  });
}

/**
 * Reads a file from byte `from` on, in order, with many blocks asked for ahead.
 *
 * @throws Failure `channel.differs` when it does not have `bytes` bytes
 */
export async function* readRemote(
  link: PartnerLink,
  o: { readonly path: string; readonly from: number; readonly bytes: number },
): AsyncGenerator<Buffer, void, undefined> {
  const { path, bytes } = o;
  const handle = await openHandle(link, path, 'r');
  const ahead: Promise<Buffer>[] = [];
  try {
    let asked = o.from;
    for (let given = o.from; given < bytes;) {
      while (ahead.length < blocksUnderWayMax && asked < bytes) {
        const length = Math.min(blockBytesMax, bytes - asked);
        const block = readBlock(link, { handle, at: asked, bytes: length, path });
        // Met when its turn comes to be yielded; until then nobody has to.
        block.catch(() => undefined);
        ahead.push(block);
        asked += length;
      }
      const block = await ahead.shift();
      if (block === undefined) break;
      given += block.length;
      yield block;
    }
    const more = await readSome(link, { handle, at: bytes, bytes: 1, path });
    if (more.length > 0) throw new Failure('channel.differs', { path, bytes, held: bytes + 1 });
  } finally {
    await Promise.allSettled(ahead);
    // What was read is judged by its bytes; a handle the server keeps ends with the connection.
    if (!link.lost) await closeHandle(link, handle, path).catch(() => undefined);
  }
}

interface Span {
  readonly handle: Buffer;
  readonly at: number;
  readonly bytes: number;
  readonly path: string;
}

/** A server may give less than was asked for; the rest is asked for again. */
async function readBlock(link: PartnerLink, span: Span): Promise<Buffer> {
  const first = await readSome(link, span);
  if (first.length === span.bytes) return first;
  const pieces = [first];
  let have = first.length;
  while (have < span.bytes) {
    const rest = { ...span, at: span.at + have, bytes: span.bytes - have };
    const piece = await readSome(link, rest);
    if (piece.length === 0) {
      throw new Failure('channel.differs', { path: span.path, held: span.at + have });
    }
    pieces.push(piece);
    have += piece.length;
  }
  return Buffer.concat(pieces);
}

/** Empty at the end of the file. */
async function readSome(link: PartnerLink, { handle, at, bytes, path }: Span): Promise<Buffer> {
  try {
    return await link.ask<Buffer>(`read ${path}`, (sftp, done) => {
      const buffer = Buffer.allocUnsafe(bytes);
      sftp.read(handle, buffer, 0, bytes, at, (error: Error | undefined, count: number) => {
        done(error, buffer.subarray(0, error === undefined ? count : 0));
      });
    });
  } catch (error) {
    if (hasStatus(error, statuses.endOfFile)) return Buffer.alloc(0);
    throw error;
  }
}

/** Lowercase hex over what the partner holds. */
export async function hashRemote(
  link: PartnerLink,
  o: { readonly path: string; readonly bytes: number },
): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of readRemote(link, { ...o, from: 0 })) hash.update(piece);
  return hash.digest('hex');
}

const modeKindMask = 0o170000;
const modeRegular = 0o100000;

/**
 * The regular files of a directory, a page of the server's at a time: a directory of many thousands
 * is never in memory whole.
 *
 * @throws Failure `channel.timed-out` when the whole listing takes longer than `listingMs`
 */
export async function* listRemote(
  link: PartnerLink,
  o: { readonly directory: string; readonly listingMs: number },
): AsyncGenerator<readonly RemoteEntry[], void, undefined> {
  const { directory } = o;
  const deadline = performance.now() + o.listingMs;
  const handle = await link.ask<Buffer>(`list ${directory}`, (sftp, done) => {
    sftp.opendir(directory, done);
  });
  try {
    for (;;) {
      const page = await readPage(link, handle, directory);
      if (page === undefined) return;
      const entries = page.filter(isRegular).map(({ filename, attrs }) => ({
        ...{ name: filename, bytes: attrs.size, modified: attrs.mtime },
      }));
      if (entries.length > 0) yield entries;
      if (performance.now() > deadline) {
        throw new Failure('channel.timed-out', {
          doing: `list ${directory}`,
          waitedMs: o.listingMs,
        });
      }
    }
  } finally {
    // The names are there; a handle the server keeps ends with the connection.
    if (!link.lost) await closeHandle(link, handle, directory).catch(() => undefined);
  }
}

async function readPage(
  link: PartnerLink,
  handle: Buffer,
  directory: string,
): Promise<readonly FileEntryWithStats[] | undefined> {
  try {
    return await link.ask<readonly FileEntryWithStats[]>(`list ${directory}`, (sftp, done) => {
      sftp.readdir(handle, done);
    });
  } catch (error) {
    if (hasStatus(error, statuses.endOfFile)) return undefined;
    throw error;
  }
}

/** Servers that tell no kind in the mode are taken at their word: a file. */
function isRegular({ attrs }: FileEntryWithStats): boolean {
  const kind = attrs.mode & modeKindMask;
  return kind === modeRegular || kind === 0;
}
