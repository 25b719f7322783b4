import { Failure } from '../vocabulary/index.ts';

export interface CsvLine {
  /** From 1, the header included. */
  readonly line: number;
  /** Undefined when the line is too long or its quotation marks do not match. */
  readonly fields: readonly string[] | undefined;
}

export const lineCharactersMax = 1000;

/**
 * The lines of a CSV text that are not blank, one by one, however the bytes are cut. The separator
 * is that of the first line: `;` when it has one, since spreadsheets here write it, else `,`. A
 * field does not reach over the end of its line.
 *
 * @throws Failure `registration.invalid` when the bytes are not UTF-8
 */
export async function* csvLines(
  bytes: AsyncIterable<Uint8Array | string>,
): AsyncGenerator<CsvLine> {
  let separator: string | undefined;
  let line = 0;
  for await (const text of textLines(bytes)) {
    line += 1;
    if (text?.trim() === '') continue;
    separator ??= text?.includes(';') === true ? ';' : ',';
    yield { line, fields: text === undefined ? undefined : fieldsOf(text, separator) };
  }
}

/** Undefined stands for a line that is too long; it is not kept while it arrives. */
async function* textLines(
  bytes: AsyncIterable<Uint8Array | string>,
): AsyncGenerator<string | undefined> {
  let rest = '';
  let tooLong = false;
  for await (const text of decoded(bytes)) {
    const pieces = text.split('\n');
    const last = pieces.pop() ?? '';
    for (const piece of pieces) {
      yield tooLong ? undefined : whole(rest + piece);
      rest = '';
      tooLong = false;
    }
    rest = tooLong ? '' : rest + last;
    if (rest.length > lineCharactersMax) {
      tooLong = true;
      rest = '';
    }
  }
  if (tooLong) yield undefined;
  else if (rest !== '') yield whole(rest);
}

function whole(text: string): string | undefined {
  return text.length > lineCharactersMax ? undefined : text.replace(/\r$/, '');
}

async function* decoded(bytes: AsyncIterable<Uint8Array | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const piece of bytes) {
      yield typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true });
    }
    yield decoder.decode();
  } catch (thrown) {
    const { code } = thrown as { readonly code?: unknown };
    if (code !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw thrown;
    throw new Failure('registration.invalid', { what: 'list', why: 'it is not UTF-8' }, thrown);
  }
}

/** Quotation marks around a field are taken off; two inside stand for one. */
function fieldsOf(text: string, separator: string): string[] | undefined {
  const fields: string[] = [];
  const pattern = /"((?:[^"]|"")*)"/y;
  const stop = text.length;
  for (let at = 0; at <= stop; at += 1) {
    const end = text.indexOf(separator, at);
    const quoted = text.charAt(at) === '"';
    pattern.lastIndex = at;
    const match = quoted ? pattern.exec(text) : undefined;
    if (quoted && match?.[1] === undefined) return undefined;
    const field = match?.[1]?.replaceAll('""', '"') ?? text.slice(at, end < 0 ? stop : end);
    at = quoted ? pattern.lastIndex : end < 0 ? stop : end;
    if (at < stop && text.charAt(at) !== separator) return undefined;
    if (!quoted && field.includes('"')) return undefined;
    fields.push(field.trim());
  }
  return fields;
}
