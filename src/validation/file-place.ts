import { open } from 'node:fs/promises';
import { charactersIn } from './encoding.ts';
import type { Encoding, EncodingFound } from './encoding.ts';

/** Line and column of the next character, both from 1; columns count characters. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export const start: Position = { line: 1, column: 1 };

/** The position after some bytes. */
export function advance(from: Position, bytes: Buffer, encoding: Encoding): Position {
  let { line } = from;
  let lineStart = -1;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) {
    line += 1;
    lineStart = at;
  }
  const count = charactersIn(bytes, { from: lineStart + 1, to: bytes.length, encoding });
  return { line, column: (lineStart < 0 ? from.column : 1) + count };
}

const blockBytes = 1024 * 1024;

/** The position of an offset, by reading the file up to it: for what stops a file, once. */
export async function placeInFile(
  path: string,
  o: { readonly at: number; readonly found: EncodingFound },
): Promise<Position> {
  let position = start;
  for (let from = o.found.markBytes; from < o.at; from += blockBytes) {
    const bytes = await readSpan(path, from, Math.min(o.at, from + blockBytes));
    position = advance(position, bytes, o.found.encoding);
  }
  return position;
}

/** The bytes of a file from one offset to another, fewer when it ends before. */
export async function readSpan(path: string, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.alloc(Math.max(0, to - from));
  const file = await open(path, 'r');
  try {
    let done = 0;
    while (done < bytes.length) {
      const { bytesRead } = await file.read(bytes, done, bytes.length - done, from + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return bytes.subarray(0, done);
  } finally {
    await file.close();
  }
}
