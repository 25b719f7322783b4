import { judgeLimits } from './validation/index.ts';
import { Failure } from './vocabulary/index.ts';

/** What stands around the forms of a part: enough to make each form a document of its own. */
export interface Frame {
  /** Mark, XML declaration and the start tag of the root. */
  readonly head: Buffer;
  /** The end tag of the root. */
  readonly tail: Buffer;
}

/** So much of a part is looked at for the start tag of its root: what validation lets in up to its end. */
export const frameBytesMax = judgeLimits.prologBytesMax + judgeLimits.tagBytesMax + 1;

const mark = /^(?:\u00EF\u00BB\u00BF)?/;
const declaration = /<\?xml\s[^>]*\?>\s*/y;
/** Between the declaration and the root: white space, comments, instructions. */
const between = /(?:\s+|<!--[\s\S]*?-->|<\?[\s\S]*?\?>)*/y;
const startTag = /<([^\s/>!?]+)(?:"[^"]*"|'[^']*'|[^'"<>])*>/y;

/**
 * Reads the frame from the beginning of a part that was found valid. Bytes are read as Latin-1 and
 * written back so: whatever the encoding of the part is, it stays.
 *
 * @throws Failure `gateway.defect` when the part does not begin as a valid one does.
 */
export function frameOf(beginning: Buffer): Frame {
  const text = beginning.toString('latin1');
  let at = mark.exec(text)?.[0].length ?? 0;
  const opening = text.slice(0, at) + (matchAt(declaration, text, at)?.[0] ?? '');
  at = opening.length;
  at += matchAt(between, text, at)?.[0].length ?? 0;
  const root = matchAt(startTag, text, at);
  const name = root?.[1];
  if (root === undefined || name === undefined || root[0].endsWith('/>')) {
    throw new Failure('gateway.defect', { what: 'start of a valid part', bytes: beginning.length });
  }
  return {
    head: Buffer.from(`${opening}${root[0]}\n`, 'latin1'),
    tail: Buffer.from(`\n</${name}>\n`, 'latin1'),
  };
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

/** One form as a document: the frame of its part around its own bytes, unchanged. */
export function* routedDocument({ head, tail }: Frame, form: Buffer): Generator<Buffer> {
  yield head;
  yield form;
  yield tail;
}
