import { PassThrough, Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { brusselsDate } from '../vocabulary/index.ts';

/**
 * A ZIP file of exactly one entry, made while it is read. The same name, content and day give the
 * same bytes, wherever the process runs. Destroying the stream ends the source; a failure of the
 * source destroys the stream with it.
 */
export function zipSingle(o: {
  /** Of the entry: the FO name. */
  name: string;
  source: AsyncIterable<string | Uint8Array>;
  at: Date;
}): Readable {
  const archive = new ZipFile();
  const content = Readable.from(bytesOf(o.source), { objectMode: false });
  const zipped = new PassThrough();
  // The archive does not watch the streams it is given: unheard, their failure would end the process.
  content.on('error', (error) => zipped.destroy(error));
  archive.on('error', (error: Error) => zipped.destroy(error));
  zipped.once('close', () => content.destroy());
  archive.addReadStream(content, o.name, {
    mtime: noonOf(brusselsDate(o.at)),
    forceDosTimestamp: true,
    mode: 0o100644,
  });
  archive.end();
  archive.outputStream.pipe(zipped);
  return zipped;
}

async function* bytesOf(
  source: AsyncIterable<string | Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of source) {
    yield typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : chunk;
  }
}

/**
 * Entries carry a date without time zone, which the library takes from the zone of the process. At
 * noon every zone agrees on the day, and none changes its clocks.
 */
function noonOf(day: string): Date {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  return new Date(year, month - 1, date, 12);
}
