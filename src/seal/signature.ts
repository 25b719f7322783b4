import { algorithmOf, hashOf, schemeOf } from './algorithms.ts';
import type { Hash, Scheme } from './algorithms.ts';
import { unarmoured } from './armour.ts';
import {
  DerFault,
  elementsOf,
  expectTag,
  fieldsOf,
  integerBytes,
  oidOf,
  smallInteger,
  soleElement,
  tags,
} from './der.ts';
import type { Element, Fields } from './der.ts';
import * as oids from './oids.ts';
import { Refused } from './refusal.ts';
import type { SealRefusal } from './refusal.ts';

/** How the signature names its signer: issuer name and serial, or subject key identifier. */
export type SignerName =
  { readonly issuer: Buffer; readonly serial: Buffer } | { readonly keyIdentifier: Buffer };

/** A detached CMS signature with one signer, read but not yet verified. */
export interface Signature {
  /** Digest over the content. */
  readonly hash: Hash;
  readonly scheme: Scheme;
  readonly signer: SignerName;
  /** The signed attributes as the signature value covers them: tagged SET (RFC 5652, 5.4). */
  readonly attributes: Buffer;
  /** The messageDigest attribute: what the content must hash to. */
  readonly messageDigest: Buffer;
  /** Value of the signing-certificate-v2 attribute, when the signer wrote one. */
  readonly signingCertificate: Element | undefined;
  readonly value: Buffer;
  /** Certificates that came along, DER, trusted in nothing. */
  readonly certificates: readonly Buffer[];
}

export type SignatureReading =
  | { readonly ok: true; readonly signature: Signature }
  | { readonly ok: false; readonly code: SealRefusal; readonly detail: string };

/** A detached signature is a few KiB; beyond this the content is probably inside. */
export const signatureBytesMax = 1024 * 1024;
const certificatesMax = 16;
const digestAlgorithmsMax = 8;
const signersMax = 8;
const attributesMax = 32;

/** Decodes DER or base64 and reads the one signer; says why not otherwise. Verifies nothing. */
export function readSignature(bytes: Buffer): SignatureReading {
  try {
    return { ok: true, signature: signatureOf(bytes) };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { ok: false, code: error.code, detail: error.detail };
  }
}

/** As `readSignature`, but ends in Refused. */
export function signatureOf(bytes: Buffer): Signature {
  if (bytes.length > signatureBytesMax) {
    const limit = `at most ${String(signatureBytesMax)} bytes; is the content inside?`;
    throw new Refused('SIG_TOO_LARGE', limit);
  }
  try {
    return readSignedData(signedDataIn(unarmoured(bytes)));
  } catch (error) {
    if (!(error instanceof DerFault)) throw error;
    throw new Refused('SIG_UNREADABLE', error.message, error);
  }
}

/** The fields of the SignedData in a ContentInfo. */
function signedDataIn(der: Buffer): Fields {
  const info = fieldsOf(soleElement(der));
  const type = oidOf(info.take(tags.oid));
  if (type !== oids.signedData) throw new Refused('SIG_UNREADABLE', `content type ${type}`);
  const body = soleElement(info.take(tags.context(0)).value);
  info.end();
  return fieldsOf(body);
}

const signedDataVersions = [1, 3, 4, 5];

function readSignedData(fields: Fields): Signature {
  if (!signedDataVersions.includes(smallInteger(fields.take(tags.integer)))) {
    throw new DerFault('the version of the signed data is unknown');
  }
  const digests = elementsOf(fields.take(tags.set), digestAlgorithmsMax).map(algorithmOf);
  requireDetached(fieldsOf(fields.take(tags.sequence)));
  const certificates = certificatesIn(fields.takeIf(tags.context(0)));
  fields.takeIf(tags.context(1));
  const [signer, ...others] = elementsOf(fields.take(tags.set), signersMax);
  fields.end();
  if (signer === undefined) throw new Refused('SIG_SIGNER_COUNT', 'there is no signer');
  if (others.length > 0) throw new Refused('SIG_SIGNER_COUNT', 'there is more than one signer');
  return readSigner({
    fields: fieldsOf(signer),
    digests: digests.map(({ oid }) => oid),
    certificates,
  });
}

function requireDetached(content: Fields): void {
  const type = oidOf(content.take(tags.oid));
  if (content.takeIf(tags.context(0)) !== undefined) {
    throw new Refused('SIG_NOT_DETACHED', 'the content is inside the signature');
  }
  content.end();
  if (type !== oids.data) throw new Refused('SIG_UNREADABLE', `signs content of type ${type}`);
}

/** X.509 certificates only; attribute certificates and the like are left out. */
export function certificatesIn(field: Element | undefined, max = certificatesMax): Buffer[] {
  if (field === undefined) return [];
  return elementsOf(field, max)
    .filter(({ tag }) => tag === tags.sequence)
    .map(({ raw }) => raw);
}

/** SignerInfo (RFC 5652, 5.3). */
function readSigner(o: {
  fields: Fields;
  digests: readonly string[];
  certificates: readonly Buffer[];
}): Signature {
  const { fields, digests, certificates } = o;
  const version = smallInteger(fields.take(tags.integer));
  if (version !== 1 && version !== 3) throw new DerFault('the version of the signer is unknown');
  const signer = signerName(fields);
  const digest = algorithmOf(fields.take(tags.sequence));
  const attributes = fields.takeIf(tags.context(0));
  const algorithm = algorithmOf(fields.take(tags.sequence));
  const value = fields.take(tags.octetString).value;
  fields.takeIf(tags.context(1));
  fields.end();
  if (attributes === undefined) {
    throw new Refused('SIG_NO_SIGNED_ATTRS', 'there are no signed attributes');
  }
  if (!digests.includes(digest.oid)) throw new DerFault("the signer's digest is not announced");
  const hash = contentHash(hashOf(digest), digest.oid);
  const scheme = schemeOf(algorithm, hash);
  if (scheme === undefined) throw new Refused('SIG_ALGORITHM', `signature by ${algorithm.oid}`);
  if (scheme.kind !== 'ed25519' && scheme.hash !== hash) {
    throw new Refused('SIG_ALGORITHM', `${scheme.hash} in the value, ${hash} beside it`);
  }
  return { hash, scheme, signer, value, certificates, ...readAttributes(attributes) };
}

function contentHash(hash: Hash | 'weak' | undefined, oid: string): Hash {
  if (hash === 'weak') throw new Refused('SIG_WEAK_DIGEST', `digest ${oid}`);
  if (hash === undefined) throw new Refused('SIG_ALGORITHM', `digest ${oid}`);
  return hash;
}

function signerName(fields: Fields): SignerName {
  const identifier = fields.takeIf(tags.contextPrimitive(0));
  if (identifier !== undefined) return { keyIdentifier: identifier.value };
  const both = fieldsOf(fields.take(tags.sequence));
  const issuer = both.take(tags.sequence).raw;
  const serial = integerBytes(both.take(tags.integer));
  both.end();
  return { issuer, serial };
}

/** contentType and messageDigest must each be there once, with one value (RFC 5652, 11). */
function readAttributes(
  field: Element,
): Pick<Signature, 'attributes' | 'messageDigest' | 'signingCertificate'> {
  const attributes = new Map<string, readonly Element[]>();
  for (const attribute of elementsOf(field, attributesMax)) {
    const fields = fieldsOf(attribute);
    const type = oidOf(fields.take(tags.oid));
    const values = elementsOf(fields.take(tags.set), attributesMax);
    fields.end();
    if (attributes.has(type)) throw new Refused('SIG_NO_SIGNED_ATTRS', `${type} stands twice`);
    attributes.set(type, values);
  }
  const type = oidOf(soleValue(attributes, oids.contentType));
  if (type !== oids.data) throw new Refused('SIG_NO_SIGNED_ATTRS', `contentType is ${type}`);
  const digest = expectTag(soleValue(attributes, oids.messageDigest), tags.octetString);
  return {
    attributes: Buffer.concat([Buffer.from([tags.set]), field.raw.subarray(1)]),
    messageDigest: digest.value,
    signingCertificate: attributes.get(oids.signingCertificate)?.[0],
  };
}

function soleValue(attributes: ReadonlyMap<string, readonly Element[]>, type: string): Element {
  const [value, ...others] = attributes.get(type) ?? [];
  if (value === undefined || others.length > 0) {
    throw new Refused('SIG_NO_SIGNED_ATTRS', `attribute ${type} must have exactly one value`);
  }
  return value;
}
