import { Failure } from '../vocabulary/index.ts';
import type { Remote, Wire } from './remote.ts';
import { codeOf } from './thrown.ts';

/** What every SFTP server takes in one request. */
const blockBytesMax = 32 * 1024;
/** Enough to fill a line with a long way to go (2 MiB under way). */
const blocksUnderWayMax = 64;

/**
 * Writes the pieces to a remote file from byte `from` on; 0 makes the file anew. Many blocks are
 * under way at once, and each has its own deadline. Answers with the bytes written.
 */
export async function writeRemote(
  { wire }: Remote,
  o: { readonly path: string; readonly from: number; readonly pieces: AsyncIterable<Buffer> },
): Promise<number> {
  const flags = o.from === 0 ? 'w' : 'r+';
  const handle = await wire.call<Buffer>(`open ${o.path}`, (done) => {
    wire.sftp.open(o.path, flags, done);
  });
  let at = o.from;
  const underWay = new Set<Promise<void>>();
  for await (const piece of o.pieces) {
    for (let start = 0; start < piece.length; start += blockBytesMax) {
      const block = piece.subarray(start, start + blockBytesMax);
      if (underWay.size >= blocksUnderWayMax) await Promise.race(underWay);
      const written = writeBlock(wire, { handle, block, at, path: o.path }).finally(() =>
        underWay.delete(written),
      );
      // The loop meets the rejection at its next turn; until then nobody waits for it.
      written.catch(() => undefined);
      underWay.add(written);
      at += block.length;
    }
  }
  await Promise.all(underWay);
  await closeHandle(wire, handle, o.path);
  return at - o.from;
}

async function writeBlock(
  wire: Wire,
  o: {
    readonly handle: Buffer;
    readonly block: Buffer;
    readonly at: number;
    readonly path: string;
  },
): Promise<void> {
  await wire.call<undefined>(`write ${o.path}`, (done) => {
    wire.sftp.write(o.handle, o.block, 0, o.block.length, o.at, (error) => {
      done(error, undefined);
    });
  });
}

async function closeHandle(wire: Wire, handle: Buffer, path: string): Promise<void> {
  await wire.call<undefined>(`close ${path}`, (done) => {
    wire.sftp.close(handle, (error) => {
      done(error, undefined);
    });
  });
}

/**
 * Reads a remote file to its end, block after block in order, with several asked for ahead.
 *
 * @throws Failure `sender.bad-answer` when it is larger than `bytesMax` or shorter than it said.
 */
export async function* readRemote(
  remote: Remote,
  o: { readonly path: string; readonly bytesMax: number },
): AsyncGenerator<Buffer> {
  const { wire } = remote;
  const size = await remote.sizeOf(o.path);
  if (size === undefined) throw badAnswer(o.path, 'it is gone');
  if (size > o.bytesMax) throw badAnswer(o.path, `it has ${String(size)} bytes`);
  const handle = await wire.call<Buffer>(`open ${o.path}`, (done) => {
    wire.sftp.open(o.path, 'r', done);
  });
  const ahead: Promise<Buffer>[] = [];
  let asked = 0;
  for (let given = 0; given < size;) {
    while (ahead.length < blocksUnderWayMax && asked < size) {
      const bytes = Math.min(blockBytesMax, size - asked);
      const block = readBlock(wire, { handle, at: asked, bytes, path: o.path });
      block.catch(() => undefined);
      ahead.push(block);
      asked += bytes;
    }
    const block = await ahead.shift();
    if (block === undefined) break;
    given += block.length;
    yield block;
  }
  // The read at the end tells the server that the file was read whole.
  await readSome(wire, { handle, at: size, bytes: 1, path: o.path });
  await closeHandle(wire, handle, o.path);
}

interface Span {
  readonly handle: Buffer;
  readonly at: number;
  readonly bytes: number;
  readonly path: string;
}

/** A server may give less than was asked for; the rest is asked for again. */
async function readBlock(wire: Wire, span: Span): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let have = 0;
  while (have < span.bytes) {
    const piece = await readSome(wire, { ...span, at: span.at + have, bytes: span.bytes - have });
    if (piece.length === 0) throw badAnswer(span.path, 'it is shorter than it said');
    pieces.push(piece);
    have += piece.length;
  }
  const [only] = pieces;
  return pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces);
}

const endOfFile = 1;

async function readSome(wire: Wire, span: Span): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(span.bytes);
  const count = await wire.call<number>(`read ${span.path}`, (done) => {
    wire.sftp.read(span.handle, buffer, 0, span.bytes, span.at, (error, bytesRead) => {
      const ended = codeOf(error) === endOfFile;
      done(ended ? undefined : error, ended ? 0 : bytesRead);
    });
  });
  return buffer.subarray(0, count);
}

function badAnswer(path: string, reason: string): Failure {
  return new Failure('sender.bad-answer', { path, reason });
}
