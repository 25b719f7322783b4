import { verify } from 'node:crypto';
import ssh2 from 'ssh2';
import type { PublicKey } from '../ports.ts';
import { Unreadable, WireReader } from './wire-reader.ts';

interface Scheme {
  /** Type of the keys that sign so. */
  readonly key: string;
  readonly hash: string | null;
  /** Bytes of r and of s. */
  readonly width?: number;
}

/** Signature algorithms of RFC 5656, 8332 and 8709. SHA-1 (`ssh-rsa`) is not among them. */
const schemes: Readonly<Record<string, Scheme>> = {
  'ssh-ed25519': { key: 'ssh-ed25519', hash: null },
  'rsa-sha2-256': { key: 'ssh-rsa', hash: 'sha256' },
  'rsa-sha2-512': { key: 'ssh-rsa', hash: 'sha512' },
  'ecdsa-sha2-nistp256': { key: 'ecdsa-sha2-nistp256', hash: 'sha256', width: 32 },
  'ecdsa-sha2-nistp384': { key: 'ecdsa-sha2-nistp384', hash: 'sha384', width: 48 },
  'ecdsa-sha2-nistp521': { key: 'ecdsa-sha2-nistp521', hash: 'sha512', width: 66 },
};

/** The algorithm a signature names; undefined when it does not even do that. */
export function signatureAlgorithm(signature: Buffer): string | undefined {
  try {
    return new WireReader(signature).text();
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

/** Checks a signature as SSH frames it: `string algorithm, string signature`. */
export function isSignedBy(
  key: PublicKey,
  o: { readonly data: Buffer; readonly signature: Buffer },
): boolean {
  const name = signatureAlgorithm(o.signature) ?? '';
  const scheme = Object.hasOwn(schemes, name) ? schemes[name] : undefined;
  if (scheme?.key !== key.algorithm) return false;
  const parsed = ssh2.utils.parseKey(`${key.algorithm} ${key.blob.toString('base64')}`);
  if (parsed instanceof Error || Array.isArray(parsed)) return false;
  try {
    const bytes = signatureBytes(o.signature, scheme.width);
    const pem = { key: parsed.getPublicPEM(), dsaEncoding: 'ieee-p1363' as const };
    return verify(scheme.hash, o.data, pem, bytes);
  } catch (error) {
    if (error instanceof Unreadable) return false;
    throw error;
  }
}

/** What follows the name: for curves two numbers, set to their width beside each other. */
function signatureBytes(signature: Buffer, width: number | undefined): Buffer {
  const frame = new WireReader(signature);
  frame.bytes();
  const bytes = frame.bytes();
  frame.end();
  if (width === undefined) return bytes;
  const numbers = new WireReader(bytes);
  const both = [numbers.bytes(), numbers.bytes()].map((number) => widened(number, width));
  numbers.end();
  return Buffer.concat(both);
}

function widened(number: Buffer, width: number): Buffer {
  const bare = number[0] === 0 ? number.subarray(1) : number;
  if (bare.length > width) throw new Unreadable('number too long');
  return Buffer.concat([Buffer.alloc(width - bare.length), bare]);
}
