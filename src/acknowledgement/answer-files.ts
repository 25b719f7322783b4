import { createHash } from 'node:crypto';
import type { Environment } from '../vocabulary/index.ts';
import { answerName, type AnswerKind, type AnswerPrefix } from './answer-name.ts';
import { zipSingle } from './zip-single.ts';

/** Where large answers are kept. The source is hashed and made durable before it resolves. */
export interface AnswerBlobs {
  put(source: AsyncIterable<Buffer>): Promise<{
    readonly blob: string;
    readonly bytes: number;
    readonly sha256: Buffer;
  }>;
}

export interface AnswerFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: Buffer;
  readonly stored: { readonly content: Buffer } | { readonly blob: string };
}

/** Answers up to this size stand in their row: no file to make durable for a receipt. */
const inlineBytesMax = 256 * 1024;

export interface AnswerOptions {
  readonly kind: AnswerKind;
  /** The day the answer is made, in Brussels: YYYYMMDD. */
  readonly date: string;
  readonly sequence: string;
  readonly environment: Environment;
  /** The sender asked for zipped answers: CO instead of FO, the signature stays FO's. */
  readonly zipped: boolean;
  /** Text leaves as UTF-8, bytes as they are. */
  readonly text: AsyncIterable<string | Buffer> | Iterable<string | Buffer>;
  /** Signs a SHA-256 digest; returns the bytes of an FS file. */
  readonly sign: (sha256: Buffer) => Buffer;
  readonly blobs: AnswerBlobs;
  readonly at: Date;
}

/**
 * Makes the files of one answer, in the order they become visible: FO (or CO), FS, GO. Text is
 * streamed, so the size of a notification does not matter.
 */
export async function answerFiles(o: AnswerOptions): Promise<readonly AnswerFile[]> {
  // The signature is over the text; what is not zipped is hashed where it is kept.
  const hash = o.zipped ? createHash('sha256') : undefined;
  const content = hash === undefined ? encoded(o.text) : hashed(encoded(o.text), hash);
  const { kind, date, sequence, environment } = o;
  const nameOf = (prefix: AnswerPrefix): string =>
    answerName({ prefix, kind, date, sequence, environment });
  const name = nameOf('FO');
  const source = o.zipped ? zipSingle({ name, source: content, at: o.at }) : content;
  const main = await keep(nameOf(o.zipped ? 'CO' : 'FO'), source, o.blobs);
  const signature = o.sign(hash?.digest() ?? main.sha256);
  return [main, inline(nameOf('FS'), signature), inline(nameOf('GO'), Buffer.alloc(0))];
}

function inline(name: string, content: Buffer): AnswerFile {
  const sha256 = createHash('sha256').update(content).digest();
  return { name, bytes: content.length, sha256, stored: { content } };
}

async function* encoded(text: AnswerOptions['text']): AsyncGenerator<Buffer, void, undefined> {
  for await (const piece of text) {
    yield typeof piece === 'string' ? Buffer.from(piece, 'utf8') : piece;
  }
}

async function* hashed(
  source: AsyncIterable<Buffer>,
  hash: ReturnType<typeof createHash>,
): AsyncGenerator<Buffer, void, undefined> {
  for await (const piece of source) {
    hash.update(piece);
    yield piece;
  }
}

/** Collects up to the inline limit; past it, all of it goes to the blob store. */
async function keep(
  name: string,
  source: AsyncIterable<Buffer>,
  blobs: AnswerBlobs,
): Promise<AnswerFile> {
  const iterator = source[Symbol.asyncIterator]();
  const head: Buffer[] = [];
  let bytes = 0;
  for (;;) {
    const next = await iterator.next();
    if (next.done === true) return inline(name, Buffer.concat(head));
    head.push(next.value);
    bytes += next.value.length;
    if (bytes > inlineBytesMax) break;
  }
  const { blob, ...rest } = await blobs.put(rejoined(head, iterator));
  return { name, ...rest, stored: { blob } };
}

async function* rejoined(
  head: readonly Buffer[],
  rest: AsyncIterator<Buffer>,
): AsyncGenerator<Buffer, void, undefined> {
  yield* head;
  for (;;) {
    const next = await rest.next();
    if (next.done === true) return;
    yield next.value;
  }
}
