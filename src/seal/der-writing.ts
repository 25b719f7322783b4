import { tags } from './der.ts';

/** Tag, shortest length, value. */
export function write(tag: number, ...values: readonly Buffer[]): Buffer {
  const value = Buffer.concat(values);
  return Buffer.concat([Buffer.from([tag]), lengthBytes(value.length), value]);
}

function lengthBytes(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  const short = bytes.subarray(bytes.findIndex((byte) => byte !== 0));
  return Buffer.concat([Buffer.from([0x80 | short.length]), short]);
}

export function sequence(...values: readonly Buffer[]): Buffer {
  return write(tags.sequence, ...values);
}

/** A SET OF under this tag, in the order DER demands: ascending as bytes (X.690, 11.6). */
export function setOf(tag: number, ...values: readonly Buffer[]): Buffer {
  return write(tag, ...[...values].sort((a, b) => Buffer.compare(a, b)));
}

export function octets(value: Buffer): Buffer {
  return write(tags.octetString, value);
}

/** A BIT STRING of whole bytes. */
export function bits(value: Buffer): Buffer {
  return write(tags.bitString, Buffer.from([0]), value);
}

/** A non-negative INTEGER from its bytes. */
export function integer(value: Buffer | number): Buffer {
  const bytes = typeof value === 'number' ? Buffer.from([value]) : value;
  const padded = (bytes[0] ?? 0) > 0x7f ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
  return write(tags.integer, padded);
}

export function utf8(text: string): Buffer {
  return write(tags.utf8String, Buffer.from(text, 'utf8'));
}

export const nothing = write(tags.null);

export function oid(dotted: string): Buffer {
  const [first = 0n, second = 0n, ...rest] = dotted.split('.').map(BigInt);
  return write(tags.oid, ...[first * 40n + second, ...rest].map(arcBytes));
}

function arcBytes(arc: bigint): Buffer {
  const bytes = [Number(arc & 0x7fn)];
  for (let rest = arc >> 7n; rest > 0n; rest >>= 7n) bytes.unshift(Number(rest & 0x7fn) | 0x80);
  return Buffer.from(bytes);
}

/** UTCTime until 2049, GeneralizedTime from 2050 (RFC 5280, 4.1.2.5). */
export function time(instant: Date): Buffer {
  const digits = instant.toISOString().replace(/\D/g, '').slice(0, 14);
  const year = instant.getUTCFullYear();
  if (year >= 1950 && year < 2050) return write(tags.utcTime, Buffer.from(`${digits.slice(2)}Z`));
  return write(tags.generalizedTime, Buffer.from(`${digits}Z`));
}
