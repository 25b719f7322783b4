import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import yauzl from 'yauzl';
import type { Problem } from './name-checks.ts';

export interface UnpackLimits {
  readonly fileBytesMax: number;
  /** Unpacked bytes per packed byte: past it the archive is a bomb. */
  readonly ratioMax: number;
}

export interface Archive {
  readonly path: string;
  readonly packedBytes: number;
  /** What the other parts of its set leave of `setBytesMax`; unlimited for one that was taken before. */
  readonly setBytesLeft?: number;
  /** Where its content goes. */
  readonly target: string;
}

/** How a zip archive begins: with an entry, with its end when there is none, or as one of several. */
const openings = ['PK\u0003\u0004', 'PK\u0005\u0006', 'PK\u0007\b'];

/** Whether a file starts as a zip archive does. */
export async function isZip(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const head = Buffer.alloc(4);
    const { bytesRead } = await file.read(head, 0, 4, 0);
    return bytesRead === 4 && openings.includes(head.toString('latin1'));
  } finally {
    await file.close();
  }
}

/** The archive is not one that sluis takes; carries the problem for the receipt. */
class Refused extends Error {
  readonly problem: Problem;
  constructor(code: string, detail: string) {
    super(detail);
    this.problem = { code, detail };
  }
}

/**
 * Unpacks an archive of exactly one file: 280 when it is no sound archive, 281 when it holds no
 * file or more than one, 184 when the content is too large, by itself or with its set. What the
 * archive claims about sizes is checked first and then not believed: the stream is counted as it is
 * written. Its checksum is compared here, as the library that reads the archive does not.
 */
export async function unpack(
  { path, packedBytes, setBytesLeft = Infinity, target }: Archive,
  limits: UnpackLimits,
): Promise<readonly Problem[]> {
  let archive: yauzl.ZipFile | undefined;
  try {
    archive = await openArchive(path);
    const entry = await onlyEntry(archive);
    const bounds = boundsOf({ packedBytes, setBytesLeft }, limits);
    refuseLarger(entry.uncompressedSize, bounds);
    const source = await openEntry(archive, entry);
    await pipeline(source, check(bounds, entry.crc32), createWriteStream(target, { mode: 0o600 }));
    return [];
  } catch (error) {
    if (error instanceof Refused) return [error.problem];
    if (isDiskFault(error)) throw error;
    return [{ code: '280', detail: 'the archive cannot be read' }];
  } finally {
    archive?.close();
  }
}

function isDiskFault(error: unknown): boolean {
  const codes = ['ENOSPC', 'EIO', 'EACCES', 'EMFILE', 'ENOENT', 'EROFS', 'EDQUOT'];
  return codes.includes(String((error as { readonly code?: unknown }).code));
}

function openArchive(path: string): Promise<yauzl.ZipFile> {
  return new Promise((resolve, reject) => {
    const options = { lazyEntries: true, autoClose: false, validateEntrySizes: true };
    yauzl.open(path, options, (error, archive) => {
      if (error === null) resolve(archive);
      else reject(error);
    });
  });
}

function onlyEntry(archive: yauzl.ZipFile): Promise<yauzl.Entry> {
  if (archive.entryCount !== 1) {
    const detail = `the archive holds ${String(archive.entryCount)} entries, one is taken`;
    return Promise.reject(new Refused('281', detail));
  }
  return new Promise((resolve, reject) => {
    archive.once('entry', (entry: yauzl.Entry) => {
      if (entry.fileName.endsWith('/')) reject(new Refused('281', 'the archive holds no file'));
      else if (entry.isEncrypted()) reject(new Refused('280', 'the archive is encrypted'));
      else resolve(entry);
    });
    archive.once('end', () => {
      reject(new Refused('281', 'the archive holds no file'));
    });
    archive.once('error', reject);
    archive.readEntry();
  });
}

function openEntry(archive: yauzl.ZipFile, entry: yauzl.Entry): Promise<NodeJS.ReadableStream> {
  return new Promise((resolve, reject) => {
    archive.openReadStream(entry, (error, stream) => {
      if (error === null) resolve(stream);
      else reject(error);
    });
  });
}

interface Bound {
  readonly bytesMax: number;
  readonly detail: string;
}

/** All that content may not grow beyond; of those it does, the first is told. */
function boundsOf(
  o: { readonly packedBytes: number; readonly setBytesLeft: number },
  { fileBytesMax, ratioMax }: UnpackLimits,
): readonly Bound[] {
  const file = `the content is over ${String(fileBytesMax)} bytes`;
  const set = 'the parts of the set are too large together when they are unpacked';
  const ratio = `the content is over ${String(ratioMax)} times its archive`;
  return [
    { bytesMax: fileBytesMax, detail: file },
    { bytesMax: o.setBytesLeft, detail: set },
    { bytesMax: o.packedBytes * ratioMax, detail: ratio },
  ];
}

/** Lets content pass as long as it keeps within its bounds, and to its end if its checksum is right. */
function check(bounds: readonly Bound[], checksum: number): Transform {
  let bytes = 0;
  let sum = 0;
  return new Transform({
    transform(data: Buffer, _encoding, done) {
      bytes += data.length;
      sum = crc32(data, sum);
      try {
        refuseLarger(bytes, bounds);
        done(null, data);
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)));
      }
    },
    flush(done) {
      if (sum === checksum) done();
      else done(new Refused('280', 'the content of the archive does not match its checksum'));
    },
  });
}

function refuseLarger(bytes: number, bounds: readonly Bound[]): void {
  const exceeded = bounds.find(({ bytesMax }) => bytes > bytesMax);
  if (exceeded !== undefined) throw new Refused('184', exceeded.detail);
}
