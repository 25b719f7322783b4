import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { Failure } from '../vocabulary/index.ts';

export interface UnzipOptions {
  readonly path: string;
  readonly folder: string;
  /** Of the content, whatever the zip says about itself. */
  readonly bytesMax: number;
}

/**
 * Unpacks a zipped answer, which holds exactly one `FO.…` file, and answers with its path. The name
 * inside is taken only when it is a plain one.
 *
 * @throws Failure `sender.bad-answer`.
 */
export async function unzipOnly({ path, folder, bytesMax }: UnzipOptions): Promise<string> {
  const zip = await openZip(path);
  try {
    if (zip.entryCount !== 1) throw badAnswer(path, `it holds ${String(zip.entryCount)} files`);
    const entry = await firstEntry(zip, path);
    if (!/^FO\.[A-Za-z0-9._-]{1,120}$/.test(entry.fileName)) {
      throw badAnswer(path, 'the file in it has another name than FO');
    }
    const target = join(folder, entry.fileName);
    const content = await zip.openReadStreamPromise(entry);
    await pipeline(content, limitedTo(bytesMax, path), createWriteStream(target));
    return target;
  } catch (error) {
    throw error instanceof Failure ? error : badAnswer(path, 'it is no zip file', error);
  } finally {
    zip.close();
  }
}

async function openZip(path: string): Promise<ZipFile> {
  try {
    return await openPromise(path, { autoClose: false, lazyEntries: true });
  } catch (error) {
    throw badAnswer(path, 'it is no zip file', error);
  }
}

async function firstEntry(zip: ZipFile, path: string): Promise<Entry> {
  return await new Promise<Entry>((resolve, reject) => {
    zip.once('entry', resolve);
    zip.once('error', reject);
    zip.once('end', () => {
      reject(badAnswer(path, 'it is empty'));
    });
    zip.readEntry();
  });
}

function limitedTo(bytesMax: number, path: string): Transform {
  let bytes = 0;
  return new Transform({
    transform: (piece: Buffer, _encoding, done) => {
      bytes += piece.length;
      if (bytes > bytesMax) done(badAnswer(path, 'its content is too large'));
      else done(null, piece);
    },
  });
}

function badAnswer(path: string, reason: string, cause?: unknown): Failure {
  return new Failure('sender.bad-answer', { path, reason }, cause);
}
