import { constants, createHash, createPublicKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { Failure } from '../vocabulary/index.ts';
import { integer, nothing, oid, sequence, write } from './der-writing.ts';
import { tags } from './der.ts';
import * as oids from './oids.ts';

/** How RSA keys sign: the scheme every client understands, or the stronger one. */
export type RsaPadding = 'pkcs1' | 'pss';

const saltBytes = 32;

/** AlgorithmIdentifier of SHA-256. */
export const sha256Algorithm = sequence(oid(oids.sha256), nothing);

/** RSASSA-PSS-params: SHA-256 for message and mask, a salt as long (RFC 4055, 3.1). */
const pssAlgorithm = sequence(
  oid(oids.rsaPss),
  sequence(
    write(tags.context(0), sha256Algorithm),
    write(tags.context(1), sequence(oid(oids.mgf1), sha256Algorithm)),
    write(tags.context(2), integer(saltBytes)),
  ),
);

export interface Pen {
  /** AlgorithmIdentifier of what `sign` makes. */
  readonly algorithm: Buffer;
  sign(data: Buffer): Buffer;
}

/**
 * How a key signs here: RSA and ECDSA over SHA-256, Ed25519 over the data itself.
 *
 * @throws Failure `seal.unreadable` for keys of another kind
 */
export function penOf(key: KeyObject, padding: RsaPadding = 'pkcs1'): Pen {
  const kind = key.asymmetricKeyType;
  if (kind === 'rsa-pss' || (kind === 'rsa' && padding === 'pss')) return pssPen(key);
  switch (kind) {
    case 'rsa': {
      const algorithm = sequence(oid(oids.sha256WithRsa), nothing);
      return { algorithm, sign: (data) => sign('sha256', data, key) };
    }
    case 'ec': {
      const algorithm = sequence(oid(oids.ecdsaWithSha256));
      return { algorithm, sign: (data) => sign('sha256', data, { key, dsaEncoding: 'der' }) };
    }
    case 'ed25519': {
      const algorithm = sequence(oid(oids.ed25519));
      return { algorithm, sign: (data) => sign(null, data, key) };
    }
    default:
      throw new Failure('seal.unreadable', { what: 'private key', reason: 'its kind cannot sign' });
  }
}

function pssPen(key: KeyObject): Pen {
  const options = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: saltBytes };
  return { algorithm: pssAlgorithm, sign: (data) => sign('sha256', data, options) };
}

/** The public key as a certificate holds it, and the identifier made of it (RFC 5280, 4.2.1.2). */
export function publicHalf(key: KeyObject): { spki: Buffer; identifier: Buffer } {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return { spki, identifier: createHash('sha1').update(spki).digest() };
}
