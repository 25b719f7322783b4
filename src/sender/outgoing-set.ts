import { createHash, type KeyObject } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { sealDigest, sealText } from '../seal/index.ts';
import {
  Failure,
  brusselsDate,
  fileName,
  isRealDate,
  parseSenderNumber,
  type Environment,
  type SetName,
} from '../vocabulary/index.ts';

/** A declaration file of the sender: on disk, or in memory for small ones. */
export type PartSource = { readonly path: string } | { readonly content: Buffer };

export interface SigningKey {
  readonly key: KeyObject;
  /** DER. */
  readonly certificate: Buffer;
  /** Further certificates to send along, DER. */
  readonly chain?: readonly Buffer[];
}

export interface SetOrder {
  /** Four letters, e.g. `MEDC`. */
  readonly type: string;
  readonly sender: string;
  readonly environment: Environment;
  /** Five of 0-9 A-Z; default 00001. */
  readonly sequence?: string;
  /** YYYYMMDD; default the day of `at` in Brussels. */
  readonly date?: string;
  /** One to nine; a file larger than the limit of the authority is sent in parts. */
  readonly parts: readonly PartSource[];
  /** The older layout of names, without the number of parts: one part only. */
  readonly withoutParts?: boolean;
  /** May be left out in environment S alone. */
  readonly signing?: SigningKey;
  /** Signing time and day of the name. */
  readonly at: Date;
}

export interface OutgoingFile {
  readonly name: string;
  readonly bytes: number;
  readonly source: PartSource;
}

/** A named and signed set: what is to be uploaded, in that order, the GO last. */
export interface OutgoingSet {
  readonly name: SetName;
  /** The name its receipt will bear. */
  readonly goName: string;
  readonly files: readonly OutgoingFile[];
  /** Forms counted in the parts: so many verdicts are to be expected. */
  readonly declarations: number;
}

const partsMax = 9;

/**
 * Names and signs a set. Files are read once, as a stream.
 *
 * @throws Failure `cli.usage` for an impossible name, `cli.unreadable` for a file that cannot be
 *   read, `seal.unreadable` when key and certificate do not belong together.
 */
export async function composeSet(order: SetOrder): Promise<OutgoingSet> {
  const name = nameOf(order);
  const declarations: OutgoingFile[] = [];
  const signatures: OutgoingFile[] = [];
  let forms = 0;
  for (const [index, source] of order.parts.entries()) {
    const reading = await readPart(source);
    forms += reading.forms;
    const part = index + 1;
    declarations.push({ name: fileName('FI', name, part), bytes: reading.bytes, source });
    const content = signatureOf(order, reading.sha256);
    if (content === undefined) continue;
    const signature = { name: fileName('FS', name, part), bytes: content.length };
    signatures.push({ ...signature, source: { content } });
  }
  const goName = fileName('GO', name);
  const go: OutgoingFile = { name: goName, bytes: 0, source: { content: Buffer.alloc(0) } };
  return { name, goName, files: [...declarations, ...signatures, go], declarations: forms };
}

function nameOf(order: SetOrder): SetName {
  const { type, environment, sequence = '00001', withoutParts = false } = order;
  const date = order.date ?? brusselsDate(order.at).replaceAll('-', '');
  const parts = order.parts.length;
  refuseUnless(/^[A-Z]{4}$/.test(type), { type });
  const sender = parseSenderNumber(order.sender);
  if (sender === undefined) throw new Failure('cli.usage', { sender: order.sender });
  const dashed = date.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3');
  refuseUnless(dashed !== date && isRealDate(dashed), { date });
  refuseUnless(/^[0-9A-Z]{5}$/.test(sequence) && sequence !== '00000', { sequence });
  refuseUnless(parts >= 1 && parts <= (withoutParts ? 1 : partsMax), { parts });
  const signed = order.signing !== undefined || environment === 'S';
  refuseUnless(signed, { environment, missing: 'a key to sign with' });
  return {
    type,
    sender,
    date,
    sequence,
    environment,
    parts: withoutParts ? undefined : parts,
  };
}

function refuseUnless(fits: boolean, facts: Readonly<Record<string, string | number>>): void {
  if (!fits) throw new Failure('cli.usage', facts);
}

function signatureOf({ signing, at }: SetOrder, sha256: Buffer): Buffer | undefined {
  if (signing === undefined) return undefined;
  const { key, certificate, chain = [] } = signing;
  return Buffer.from(sealText(sealDigest({ sha256, key, certificate, chain, at })), 'latin1');
}

interface Reading {
  readonly sha256: Buffer;
  readonly bytes: number;
  readonly forms: number;
}

async function readPart(source: PartSource): Promise<Reading> {
  const hash = createHash('sha256');
  let bytes = 0;
  let forms = 0;
  // A start tag may be cut by the border of two pieces.
  let tail = Buffer.alloc(0);
  for await (const piece of piecesOf(source, 0)) {
    hash.update(piece);
    bytes += piece.length;
    const text = Buffer.concat([tail, piece]);
    forms += countForms(text);
    tail = text.subarray(Math.max(0, text.length - formTag.length + 1));
  }
  return { sha256: hash.digest(), bytes, forms };
}

const formTag = Buffer.from('<Form>');

function countForms(text: Buffer): number {
  let count = 0;
  for (let at = text.indexOf(formTag); at >= 0; at = text.indexOf(formTag, at + 1)) count += 1;
  return count;
}

const pieceBytes = 1024 * 1024;

/** The bytes of a part from `from` on, in pieces of a megabyte. Throws Failure `cli.unreadable`. */
export async function* piecesOf(source: PartSource, from: number): AsyncGenerator<Buffer> {
  if ('content' in source) {
    if (from < source.content.length) yield source.content.subarray(from);
    return;
  }
  try {
    const info = await stat(source.path);
    if (!info.isFile()) throw new Failure('cli.unreadable', { file: source.path });
    const stream = createReadStream(source.path, { start: from, highWaterMark: pieceBytes });
    for await (const piece of stream) yield piece as Buffer;
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure('cli.unreadable', { file: source.path }, error);
  }
}
