/** One DER element. `raw` holds tag, length and value as they stood: signatures cover such bytes. */
export interface Element {
  readonly tag: number;
  readonly raw: Buffer;
  readonly value: Buffer;
}

/** The bytes are not the DER we expected. Never leaves the room. */
export class DerFault extends Error {
  override readonly name = 'DerFault';
}

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
  utcTime: 0x17,
  generalizedTime: 0x18,
  /** [n] constructed; `contextPrimitive` for an implicitly tagged string. */
  context: (n: number): number => 0xa0 | n,
  contextPrimitive: (n: number): number => 0x80 | n,
} as const;

const lengthBytesMax = 4;
const highTagNumber = 0x1f;

/**
 * Reads the element that starts at `at`: single-byte tags, definite lengths in their shortest form
 * (X.690, 10.1), nothing beyond the buffer.
 */
export function elementAt(bytes: Buffer, at = 0): Element {
  const tag = byteAt(bytes, at);
  if ((tag & highTagNumber) === highTagNumber) throw new DerFault('a tag number is too high');
  const { length, start } = lengthAt(bytes, at + 1);
  const end = start + length;
  if (end > bytes.length) throw new DerFault('an element runs past the end');
  return { tag, raw: bytes.subarray(at, end), value: bytes.subarray(start, end) };
}

/** The buffer is one element and nothing else. */
export function soleElement(bytes: Buffer): Element {
  const element = elementAt(bytes);
  if (element.raw.length !== bytes.length) throw new DerFault('bytes follow the last element');
  return element;
}

function byteAt(bytes: Buffer, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new DerFault('an element is cut short');
  return byte;
}

function lengthAt(bytes: Buffer, at: number): { length: number; start: number } {
  const first = byteAt(bytes, at);
  if (first < 0x80) return { length: first, start: at + 1 };
  if (first === 0x80) throw new DerFault('a length is indefinite (BER); write the file as DER');
  const count = first & 0x7f;
  if (count > lengthBytesMax) throw new DerFault('a length is too large');
  let length = 0;
  for (let index = 1; index <= count; index += 1) length = length * 256 + byteAt(bytes, at + index);
  const shortest = length >= 0x80 && byteAt(bytes, at + 1) !== 0;
  if (!shortest) throw new DerFault('a length is not in its shortest form');
  return { length, start: at + 1 + count };
}

/** The elements inside a constructed one, at most `max` of them. */
export function elementsOf(element: Element, max: number): Element[] {
  const inner: Element[] = [];
  for (const child of eachElement(element)) {
    if (inner.length === max) throw new DerFault(`more than ${String(max)} elements in one`);
    inner.push(child);
  }
  return inner;
}

/** The elements inside a constructed one, one by one, for lists too long to hold. */
export function* eachElement(element: Element): Generator<Element> {
  for (let at = 0; at < element.value.length;) {
    const child = elementAt(element.value, at);
    yield child;
    at += child.raw.length;
  }
}

/** Reads the fields of a SEQUENCE from left to right. */
export interface Fields {
  /** The next field, which must have this tag (any, when none is given). */
  take(tag?: number): Element;
  /** The next field when it has this tag. */
  takeIf(...oneOf: readonly number[]): Element | undefined;
  /** Nothing may be left. */
  end(): void;
}

const fieldsMax = 64;

export function fieldsOf(element: Element, tag: number = tags.sequence): Fields {
  expectTag(element, tag);
  const fields = elementsOf(element, fieldsMax);
  let next = 0;
  return {
    take(wanted) {
      const field = fields[next];
      if (field === undefined) throw new DerFault('a field is missing');
      if (wanted !== undefined) expectTag(field, wanted);
      next += 1;
      return field;
    },
    takeIf(...oneOf) {
      const field = fields[next];
      if (field === undefined || !oneOf.includes(field.tag)) return undefined;
      next += 1;
      return field;
    },
    end() {
      if (next !== fields.length) throw new DerFault('there are fields too many');
    },
  };
}

export function expectTag(element: Element, tag: number): Element {
  if (element.tag !== tag) {
    throw new DerFault(`tag 0x${element.tag.toString(16)} stands where 0x${tag.toString(16)} must`);
  }
  return element;
}

const oidBytesMax = 64;

/** Dotted form of an OBJECT IDENTIFIER. */
export function oidOf(element: Element): string {
  const { value } = expectTag(element, tags.oid);
  if (value.length === 0 || value.length > oidBytesMax) throw new DerFault('an OID is too long');
  const arcs: bigint[] = [];
  let arc = 0n;
  let fresh = true;
  for (const byte of value) {
    if (fresh && byte === 0x80) throw new DerFault('an OID is not in its shortest form');
    arc = arc * 128n + BigInt(byte & 0x7f);
    fresh = byte < 0x80;
    if (fresh) {
      arcs.push(arc);
      arc = 0n;
    }
  }
  if (!fresh) throw new DerFault('an OID is cut short');
  const [head = 0n, ...rest] = arcs;
  const root = head < 40n ? 0n : head < 80n ? 1n : 2n;
  return [root, head - root * 40n, ...rest].join('.');
}

/** The bytes of an INTEGER in shortest form; serial numbers are compared as such. */
export function integerBytes(element: Element): Buffer {
  const { value } = expectTag(element, tags.integer);
  const [first, second = 0] = value;
  if (first === undefined) throw new DerFault('an integer is empty');
  const padded =
    value.length > 1 && (first === 0 ? second < 0x80 : first === 0xff && second > 0x7f);
  if (padded) throw new DerFault('an integer is not in its shortest form');
  return value;
}

/** A small non-negative INTEGER: versions, salt lengths. */
export function smallInteger(element: Element): number {
  const bytes = integerBytes(element);
  if (bytes.length > 3 || (bytes[0] ?? 0) > 0x7f) throw new DerFault('an integer is out of range');
  return bytes.readUIntBE(0, bytes.length);
}

/** The bytes of a BIT STRING without unused bits: keys and signature values. */
export function wholeBits(element: Element): Buffer {
  const { value } = expectTag(element, tags.bitString);
  if (value[0] !== 0) throw new DerFault('a bit string does not end on a byte');
  return value.subarray(1);
}

/** UTCTime or GeneralizedTime, to the second, in UTC (RFC 5280, 4.1.2.5). */
export function instantOf(element: Element): Date {
  const text = element.value.toString('latin1');
  const long = element.tag === tags.generalizedTime;
  if (!long && element.tag !== tags.utcTime) throw new DerFault('a time is missing');
  const match = (long ? /^(\d{4})(\d{10})Z$/ : /^(\d{2})(\d{10})Z$/).exec(text);
  if (match === null) throw new DerFault('a time is not written to the second in UTC');
  const [, yearText = '', rest = ''] = match;
  const short = Number(yearText);
  const year = long ? short : short + (short < 50 ? 2000 : 1900);
  const two = (at: number): number => Number(rest.slice(at, at + 2));
  const instant = new Date(Date.UTC(year, two(0) - 1, two(2), two(4), two(6), two(8)));
  const written = instant.toISOString().replace(/\D/g, '').slice(4, 14);
  if (written !== rest) throw new DerFault('a time does not exist');
  return instant;
}
