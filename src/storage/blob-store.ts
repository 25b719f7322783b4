import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Failure } from '../vocabulary/index.ts';
import {
  blobPath,
  isBlobId,
  openBlobDirectory,
  promote,
  spoolPath,
  type BlobDirectory,
  type BlobId,
} from './blob-directory.ts';
import { translating } from './storage-failure.ts';
import { codeOf, nodeFileSystem, type FileSystem, type OpenFile } from './file-system.ts';
import { openSpool, type Spool } from './spool.ts';

/** A file at rest: never changed, and visible whole or not at all. */
export interface StoredBlob {
  readonly blob: BlobId;
  readonly bytes: number;
  readonly sha256: Buffer;
}

export interface BlobReader {
  readonly bytes: number;
  /** Fewer bytes than asked only at the end. */
  read(o: { readonly at: number; readonly bytes: number }): Promise<Buffer>;
  close(): Promise<void>;
}

export interface BlobFacts {
  readonly blob: BlobId;
  readonly bytes: number;
  readonly modifiedAt: Date;
}

/** From `from` up to, not including, `to`, in bytes. */
export interface ByteRange {
  readonly from: number;
  readonly to?: number;
}

export interface BlobStore {
  /** Uploads in progress; in the same file system, so that landing one is a rename. */
  readonly spool: Spool;
  /** The name of a blob to come, for whoever has to announce it before it is there. */
  nextName(): BlobId;
  /** Stores a stream; when it returns, no power cut can lose it. A stream that throws leaves nothing. */
  put(source: AsyncIterable<Buffer>): Promise<StoredBlob>;
  /** The bytes, in pieces of at most 256 KiB. Throws `storage.blob-missing` on the first of them. */
  stream(blob: BlobId, range?: ByteRange): AsyncIterable<Buffer>;
  /** For reading here and there. Throws `storage.blob-missing`. */
  open(blob: BlobId): Promise<BlobReader>;
  stat(blob: BlobId): Promise<BlobFacts | undefined>;
  /** No error when it is gone already. */
  remove(blob: BlobId): Promise<void>;
  /** Every blob there is, in no order: for sweeping those that no row names. */
  list(): AsyncIterable<BlobFacts>;
  /** Where the file lies, for threads and programs of this machine; to be read only. */
  pathOf(blob: BlobId): string;
  freeBytes(): Promise<number>;
}

const pieceBytes = 256 * 1024;

/** Opens the blob store of a directory, which is made when it is not there. */
export async function openBlobStore(
  root: string,
  files: FileSystem = nodeFileSystem,
): Promise<BlobStore> {
  const directory = await openBlobDirectory(root, files);
  return {
    spool: openSpool(directory),
    nextName: () => directory.folders.nextName(),
    put: (source) => put(directory, source),
    stream: (blob, range) => stream(directory, blob, range),
    open: (blob) => openReader(directory, blob),
    stat: async (blob) => {
      const facts = await files.stat(blobPath(directory, blob));
      return facts && { blob, ...facts };
    },
    remove: (blob) => files.remove(blobPath(directory, blob)),
    list: () => list(directory),
    pathOf: (blob) => blobPath(directory, blob),
    freeBytes: () => files.freeBytes(root),
  };
}

async function put(directory: BlobDirectory, source: AsyncIterable<Buffer>): Promise<StoredBlob> {
  const blob = directory.folders.nextName();
  const from = spoolPath(directory, blob);
  const { files } = directory;
  return await translating(async () => {
    try {
      const written = await writeAll(await files.create(from), source);
      await promote(directory, { from, blob });
      return { blob, ...written };
    } catch (thrown) {
      await files.remove(from);
      throw thrown;
    }
  });
}

async function writeAll(
  file: OpenFile,
  source: AsyncIterable<Buffer>,
): Promise<{ readonly bytes: number; readonly sha256: Buffer }> {
  const hash = createHash('sha256');
  let bytes = 0;
  // One piece is written while the next is made.
  let writing = Promise.resolve();
  try {
    for await (const data of source) {
      await writing;
      writing = file.write({ at: bytes, data });
      // Waited for above or below; until then a rejection is not an unhandled one.
      writing.catch(() => undefined);
      hash.update(data);
      bytes += data.length;
    }
    await writing;
    await file.sync();
  } finally {
    await writing.catch(() => undefined);
    await file.close();
  }
  return { bytes, sha256: hash.digest() };
}

async function* stream(
  directory: BlobDirectory,
  blob: BlobId,
  { from, to = Number.POSITIVE_INFINITY }: ByteRange = { from: 0 },
): AsyncGenerator<Buffer> {
  const reader = await openReader(directory, blob);
  try {
    const end = Math.min(to, reader.bytes);
    for (let at = from; at < end;) {
      const data = await reader.read({ at, bytes: Math.min(pieceBytes, end - at) });
      if (data.length === 0) throw new Failure('storage.blob-missing', { blob, endsAt: at });
      at += data.length;
      yield data;
    }
  } finally {
    await reader.close();
  }
}

async function openReader(directory: BlobDirectory, blob: BlobId): Promise<BlobReader> {
  const path = blobPath(directory, blob);
  try {
    const file = await directory.files.openForReading(path);
    const facts = await directory.files.stat(path);
    return { bytes: facts?.bytes ?? 0, read: (o) => file.read(o), close: () => file.close() };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw new Failure('storage.blob-missing', { blob }, error);
    throw error;
  }
}

async function* list({ root, files }: BlobDirectory): AsyncGenerator<BlobFacts> {
  for await (const outer of files.entries(root)) {
    if (!outer.isDirectory || !/^[0-9a-f]{2}$/.test(outer.name)) continue;
    for await (const inner of files.entries(join(root, outer.name))) {
      const folder = join(root, outer.name, inner.name);
      for await (const { name } of files.entries(folder)) {
        const facts = isBlobId(name) ? await files.stat(join(folder, name)) : undefined;
        if (facts !== undefined) yield { blob: name, ...facts };
      }
    }
  }
}
