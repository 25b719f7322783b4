/** An encoding both engines read, and in which every byte below 0x80 means what ASCII says. */
export type Encoding = 'utf-8' | 'us-ascii' | 'iso-8859-1' | 'iso-8859-15' | 'windows-1252';

export interface EncodingFound {
  readonly encoding: Encoding;
  /** Bytes of the byte order mark: 0 or 3. */
  readonly markBytes: number;
  /** The XML declaration as it stands, or empty. */
  readonly declaration: string;
}

const names: Readonly<Record<string, Encoding>> = {
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  'us-ascii': 'us-ascii',
  ascii: 'us-ascii',
  'iso-8859-1': 'iso-8859-1',
  latin1: 'iso-8859-1',
  'iso-8859-15': 'iso-8859-15',
  'windows-1252': 'windows-1252',
  cp1252: 'windows-1252',
};

/** Byte patterns of encodings in which `<` is not one byte 0x3C (XML 1.0, appendix F). */
const foreign: readonly (readonly [string, readonly number[]])[] = [
  ['UTF-32', [0, 0, 0xfe, 0xff]],
  ['UTF-32', [0xff, 0xfe, 0, 0]],
  ['UTF-32', [0, 0, 0, 0x3c]],
  ['UTF-32', [0x3c, 0, 0, 0]],
  ['UTF-16', [0xfe, 0xff]],
  ['UTF-16', [0xff, 0xfe]],
  ['UTF-16', [0, 0x3c]],
  ['UTF-16', [0x3c, 0]],
  ['EBCDIC', [0x4c, 0x6f, 0xa7, 0x94]],
];

/** How much of a file must be at hand to tell its encoding. */
export const encodingBytes = 1024;

const endless = /^<\?xml\s[^>]*$/;

/** Tells the encoding from the first bytes of a file; a string says why it is not supported (138). */
export function encodingOf(head: Buffer): EncodingFound | string {
  const other = foreign.find(([, bytes]) => bytes.every((byte, index) => head[index] === byte));
  if (other !== undefined) return `the file is written in ${other[0]}, which is not supported`;
  const markBytes = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0;
  const text = head.subarray(markBytes, encodingBytes).toString('latin1');
  const declaration = /^<\?xml\s[^>]*\?>/.exec(text)?.[0] ?? '';
  if (declaration === '' && endless.test(text) && text.length + markBytes >= encodingBytes) {
    return `the XML declaration does not end within ${encodingBytes} bytes`;
  }
  const named = /\sencoding\s*=\s*(?:"([^"]*)"|'([^']*)')/.exec(declaration);
  const name = named?.[1] ?? named?.[2] ?? 'utf-8';
  const encoding = Object.hasOwn(names, name.toLowerCase()) ? names[name.toLowerCase()] : undefined;
  if (encoding === undefined) return `the encoding ${name.slice(0, 40)} is not supported`;
  if (markBytes > 0 && encoding !== 'utf-8' && encoding !== 'us-ascii') {
    return `the file begins with the byte order mark of UTF-8 but names ${name}`;
  }
  return { encoding, markBytes, declaration };
}

/** What windows-1252 has at 0x80 to 0x9F; the five places it leaves open stay what they are. */
const windows1252 =
  '\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f' +
  '\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178';

/** By a table of our own: the decoder of Node 20 reads these bytes as if they were ISO-8859-1. */
function decodeWindows1252(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replace(/[\u0080-\u009f]/g, (sign) => windows1252.charAt(sign.charCodeAt(0) - 0x80));
}

const decoders = new Map<Encoding, (bytes: Buffer) => string>([
  ['utf-8', (bytes) => bytes.toString('utf8')],
  ['us-ascii', (bytes) => bytes.toString('latin1')],
  ['iso-8859-1', (bytes) => bytes.toString('latin1')],
  ['windows-1252', decodeWindows1252],
]);

/** Reads bytes as text; wrong bytes become U+FFFD, for libxml2 has judged them by then. */
export function decode(bytes: Buffer, encoding: Encoding): string {
  const decoder = decoders.get(encoding);
  return decoder === undefined ? new TextDecoder(encoding).decode(bytes) : decoder(bytes);
}

/** Characters in a stretch of bytes: in UTF-8 a continuation byte is none. */
export function charactersIn(
  bytes: Buffer,
  span: { readonly from: number; readonly to: number; readonly encoding: Encoding },
): number {
  if (span.encoding !== 'utf-8') return span.to - span.from;
  let count = 0;
  for (let at = span.from; at < span.to; at += 1) {
    if (((bytes[at] ?? 0) & 0xc0) !== 0x80) count += 1;
  }
  return count;
}
