import { createHash } from 'node:crypto';
import { Failure } from '../vocabulary/index.ts';
import { fits, hashOf, algorithmOf, isSignature } from './algorithms.ts';
import { certificateOf, fingerprintOf, serialText } from './certificate.ts';
import type { Certificate } from './certificate.ts';
import { matchingMode } from './content-digest.ts';
import type { SealMode } from './content-digest.ts';
import { DerFault, elementsOf, expectTag, fieldsOf, tags } from './der.ts';
import { requireTrust } from './path.ts';
import type { ContentSource, TrustList } from './ports.ts';
import { Refused } from './refusal.ts';
import type { SealRefusal } from './refusal.ts';
import { signatureOf } from './signature.ts';
import type { Signature } from './signature.ts';

/** Who signed: identity is the fingerprint; the rest is for people. */
export interface Signer {
  /** SHA-256 of the certificate's DER, lower-case hex. */
  readonly fingerprint: string;
  readonly subject: string;
  readonly issuer: string;
  /** Lower-case hex. */
  readonly serial: string;
  readonly der: Buffer;
}

export type SealVerdict =
  | { readonly ok: true; readonly signer: Signer; readonly mode: SealMode }
  | { readonly ok: false; readonly code: SealRefusal; readonly detail: string };

/**
 * Judges a detached CMS signature over a content (RFC 5652) and its signer's certificate against
 * the trust list at the instant of reception. What is wrong with the signature is the verdict;
 * thrown are only errors of reading the content, and Failure `seal.unreadable` for a trust list
 * that cannot be read.
 *
 * The content is read last, so that a worthless signature never costs the reading of a large file.
 * A signature file may be changed in bytes no signature covers: never recognise a signature by its
 * hash, but by the content's digest and the signer.
 */
export async function verifySeal(o: {
  signature: Buffer;
  content: ContentSource;
  trust: TrustList;
  /** Reception of the file. */
  at: Date;
}): Promise<SealVerdict> {
  const anchors = anchorsOf(o.trust);
  try {
    const signature = signatureOf(o.signature);
    requireDigest(signature, o.trust.allowSha1);
    const others = readable(signature.certificates);
    const signer = signerOf(signature, [...others, ...anchors]);
    const crls = o.trust.anchors.flatMap((anchor) => anchor.crls);
    requireTrust({ signer, others, anchors, crls, allowSha1: o.trust.allowSha1, at: o.at });
    return { ok: true, mode: await contentMode(signature, o.content), signer: facts(signer) };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { ok: false, code: error.code, detail: error.detail };
  }
}

/** A trust list is asked again and again: each of its certificates is read once. */
const known = new WeakMap<Buffer, Certificate>();

export function anchorsOf({ anchors }: TrustList): Certificate[] {
  return anchors.map(({ der }, index) => anchorOf(der, index));
}

function anchorOf(der: Buffer, index: number): Certificate {
  try {
    const certificate = known.get(der) ?? certificateOf(der);
    known.set(der, certificate);
    return certificate;
  } catch (error) {
    if (!(error instanceof DerFault)) throw error;
    const what = `certificate ${String(index + 1)} of the trust list`;
    throw new Failure('seal.unreadable', { what, reason: error.message }, error);
  }
}

/** Certificates that came along and cannot be read are no use, but no harm either. */
export function readable(certificates: readonly Buffer[]): Certificate[] {
  return certificates.flatMap((der) => {
    try {
      return [certificateOf(der)];
    } catch (error) {
      if (!(error instanceof DerFault)) throw error;
      return [];
    }
  });
}

function requireDigest({ hash }: Signature, allowSha1: boolean): void {
  if (hash === 'sha1' && !allowSha1) throw new Refused('SIG_WEAK_DIGEST', 'SHA-1');
}

/** The certificate the signature names and whose key made its value. */
function signerOf(signature: Signature, candidates: readonly Certificate[]): Certificate {
  const named = candidates.filter((one) => isNamed(signature, one));
  if (named.length === 0) {
    throw new Refused('SIG_SIGNER_UNKNOWN', 'no certificate at hand has the name it gives');
  }
  const { scheme, attributes: data, value } = signature;
  const able = named.filter(({ publicKey }) => publicKey !== undefined && fits(scheme, publicKey));
  if (able.length === 0) {
    throw new Refused(
      'SIG_ALGORITHM',
      `the signer's key does not make such ${scheme.kind} signatures`,
    );
  }
  const signer = able.find(
    ({ publicKey: key }) => key !== undefined && isSignature({ scheme, key, data, value }),
  );
  if (signer === undefined) {
    throw new Refused('SIG_VALUE', "the value does not fit the attributes and the signer's key");
  }
  requireMeant(signature, signer);
  return signer;
}

function isNamed({ signer }: Signature, certificate: Certificate): boolean {
  if ('keyIdentifier' in signer) {
    return certificate.keyIdentifier?.equals(signer.keyIdentifier) === true;
  }
  return certificate.issuer.equals(signer.issuer) && certificate.serial.equals(signer.serial);
}

/** Where the signer wrote which certificate he meant (RFC 5035), it must be this one. */
function requireMeant({ signingCertificate }: Signature, signer: Certificate): void {
  if (signingCertificate === undefined) return;
  try {
    const [first] = elementsOf(fieldsOf(signingCertificate).take(tags.sequence), 16);
    if (first === undefined) throw new DerFault('it names no certificate');
    const fields = fieldsOf(first);
    const algorithm = fields.takeIf(tags.sequence);
    const hash = algorithm === undefined ? 'sha256' : hashOf(algorithmOf(algorithm));
    const meant = expectTag(fields.take(), tags.octetString).value;
    if (hash === undefined || hash === 'weak') throw new DerFault('its digest is not supported');
    if (createHash(hash).update(signer.der).digest().equals(meant)) return;
  } catch (error) {
    if (!(error instanceof DerFault)) throw error;
    const detail = `the signing-certificate attribute is unreadable: ${error.message}`;
    throw new Refused('SIG_UNREADABLE', detail, error);
  }
  throw new Refused('SIG_SIGNER_UNKNOWN', 'the signer meant another certificate');
}

async function contentMode(signature: Signature, content: ContentSource): Promise<SealMode> {
  const { hash, messageDigest: expected } = signature;
  const mode = await matchingMode({ content, hash, expected });
  if (mode === undefined) {
    const detail = `neither the raw bytes nor their CR LF form have the ${hash} that was signed`;
    throw new Refused('SIG_CONTENT_ALTERED', detail);
  }
  return mode;
}

function facts(signer: Certificate): Signer {
  const { der, subjectText: subject, issuerText: issuer, serial } = signer;
  return { fingerprint: fingerprintOf(der), subject, issuer, serial: serialText(serial), der };
}
