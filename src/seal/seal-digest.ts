import { createHash, createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { Failure } from '../vocabulary/index.ts';
import { certificateOf } from './certificate.ts';
import type { Certificate } from './certificate.ts';
import { integer, octets, oid, sequence, setOf, time, write } from './der-writing.ts';
import { DerFault, tags } from './der.ts';
import * as oids from './oids.ts';
import { penOf, sha256Algorithm } from './signing.ts';
import type { RsaPadding } from './signing.ts';

/**
 * Signs a content of which only the SHA-256 is needed: a detached CMS signature in DER, with the
 * certificate and signed attributes (content type, digest, time, and which certificate was meant).
 *
 * RFC 8419 wants SHA-512 beside Ed25519; the content's SHA-256 is used all the same, so that a file
 * is hashed once whatever key signs it. OpenSSL 3.0 cannot verify Ed25519 in CMS with any digest.
 *
 * @throws Failure `seal.unreadable` when the key does not belong to the certificate
 */
export function sealDigest(o: {
  sha256: Buffer;
  key: KeyObject;
  /** DER, of the key that signs. */
  certificate: Buffer;
  /** Further certificates to send along, DER. */
  chain?: readonly Buffer[];
  /** Signing time. */
  at: Date;
  rsaPadding?: RsaPadding;
}): Buffer {
  const signer = signerOf(o.certificate, o.key);
  const pen = penOf(o.key, o.rsaPadding);
  const attributes = attributesOf(o);
  const signerInfo = sequence(
    integer(1),
    sequence(signer.issuer, write(tags.integer, signer.serial)),
    sha256Algorithm,
    setOf(tags.context(0), ...attributes),
    pen.algorithm,
    octets(pen.sign(setOf(tags.set, ...attributes))),
  );
  const signedData = sequence(
    integer(1),
    setOf(tags.set, sha256Algorithm),
    sequence(oid(oids.data)),
    setOf(tags.context(0), o.certificate, ...(o.chain ?? [])),
    setOf(tags.set, signerInfo),
  );
  return sequence(oid(oids.signedData), write(tags.context(0), signedData));
}

function signerOf(der: Buffer, key: KeyObject): Certificate {
  const signer = readCertificate(der);
  if (signer.publicKey?.equals(createPublicKey(key)) === true) return signer;
  const reason = 'the key does not belong to the certificate';
  throw new Failure('seal.unreadable', { what: 'private key', reason });
}

function readCertificate(der: Buffer): Certificate {
  try {
    return certificateOf(der);
  } catch (error) {
    if (!(error instanceof DerFault)) throw error;
    throw new Failure('seal.unreadable', { what: 'certificate', reason: error.message }, error);
  }
}

function attributesOf(o: { sha256: Buffer; certificate: Buffer; at: Date }): Buffer[] {
  const meant = createHash('sha256').update(o.certificate).digest();
  return [
    attribute(oids.contentType, oid(oids.data)),
    attribute(oids.messageDigest, octets(o.sha256)),
    attribute(oids.signingTime, time(o.at)),
    attribute(oids.signingCertificate, sequence(sequence(sequence(octets(meant))))),
  ];
}

function attribute(type: string, value: Buffer): Buffer {
  return sequence(oid(type), setOf(tags.set, value));
}
