import { createHash, timingSafeEqual } from 'node:crypto';
import type { Hash } from './algorithms.ts';
import type { ContentSource } from './ports.ts';

export type SealMode = 'binary' | 'text';

const lf = 0x0a;
const cr = 0x0d;
const sliceBytesMax = 64 * 1024;

/**
 * How the content matches the digest its signer wrote: as its raw bytes, or with every bare LF read
 * as CR LF. Tools sign in text mode unless told otherwise and then hash the second form, while the
 * file that travels keeps its bare LF. Undefined when neither matches.
 */
export async function matchingMode(o: {
  content: ContentSource;
  hash: Hash;
  expected: Buffer;
}): Promise<SealMode | undefined> {
  const { content, hash, expected } = o;
  if (isSame(await rawDigest(content, hash), expected)) return 'binary';
  const text = await textDigest(content, hash);
  return text !== undefined && isSame(text, expected) ? 'text' : undefined;
}

function isSame(digest: Buffer, expected: Buffer): boolean {
  return digest.length === expected.length && timingSafeEqual(digest, expected);
}

async function rawDigest(content: ContentSource, hash: Hash): Promise<Buffer> {
  if (hash === 'sha256' && content.sha256 !== undefined) return content.sha256;
  const digest = createHash(hash);
  for await (const chunk of content.open()) digest.update(chunk);
  return digest.digest();
}

/** Undefined when the content has no bare LF: its text form would be the raw bytes again. */
async function textDigest(content: ContentSource, hash: Hash): Promise<Buffer | undefined> {
  const digest = createHash(hash);
  const room = Buffer.alloc(2 * sliceBytesMax);
  let previous = 0;
  let bare = false;
  for await (const chunk of content.open()) {
    for (let at = 0; at < chunk.length; at += sliceBytesMax) {
      const slice = chunk.subarray(at, at + sliceBytesMax);
      const used = writeText({ slice, previous, room });
      bare ||= used > slice.length;
      previous = slice.at(-1) ?? previous;
      digest.update(room.subarray(0, used));
    }
  }
  return bare ? digest.digest() : undefined;
}

/** Copies a slice with a CR before each LF that has none; gives the number of bytes written. */
function writeText(o: { slice: Buffer; previous: number; room: Buffer }): number {
  const { slice, room } = o;
  let { previous } = o;
  let used = 0;
  for (const byte of slice) {
    if (byte === lf && previous !== cr) {
      room[used] = cr;
      used += 1;
    }
    room[used] = byte;
    used += 1;
    previous = byte;
  }
  return used;
}
