import { X509Certificate, createHash, createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { withoutInsz } from '../vocabulary/index.ts';
import { algorithmOf, fits, isSignature, schemeOf } from './algorithms.ts';
import type { Algorithm, Scheme } from './algorithms.ts';
import {
  DerFault,
  fieldsOf,
  instantOf,
  integerBytes,
  smallInteger,
  soleElement,
  tags,
  wholeBits,
} from './der.ts';
import type { Element, Fields } from './der.ts';
import {
  basicConstraintsIn,
  distributionPointsIn,
  extensionsIn,
  keyUsageIn,
  purposesIn,
  subjectKeyIdentifierIn,
} from './extensions.ts';
import type { Extensions, KeyUse } from './extensions.ts';

/** An X.509 certificate as the path check needs it: raw bytes for everything that is compared. */
export interface Certificate {
  readonly der: Buffer;
  /** DER of the names; equal bytes are equal names here. */
  readonly issuer: Buffer;
  readonly subject: Buffer;
  /** The names as people write them, e.g. `C=BE, O=Acme, CN=signer`. */
  readonly issuerText: string;
  readonly subjectText: string;
  /** Content bytes of the serial number. */
  readonly serial: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Undefined when it is of a kind Node does not know. */
  readonly publicKey: KeyObject | undefined;
  readonly isAuthority: boolean;
  /** Authorities that may stand between this one and the signer. */
  readonly pathLength: number | undefined;
  readonly keyUsage: ReadonlySet<KeyUse> | undefined;
  readonly purposes: readonly string[] | undefined;
  readonly keyIdentifier: Buffer | undefined;
  readonly distributionPoints: readonly string[];
  readonly extensions: Extensions;
  readonly seal: Sealed;
}

/** What an issuer put its signature under: certificates and revocation lists are alike here. */
export interface Sealed {
  readonly covered: Buffer;
  readonly scheme: Scheme | undefined;
  readonly algorithm: string;
  readonly value: Buffer;
}

export const certificateBytesMax = 64 * 1024;

/** Reads one certificate, DER: both we and OpenSSL must be able to. Ends in DerFault. */
export function certificateOf(der: Buffer): Certificate {
  if (der.length > certificateBytesMax) throw new DerFault('a certificate is too large');
  const whole = fieldsOf(soleElement(der));
  const body = whole.take(tags.sequence);
  const fields = fieldsOf(body);
  const version = versionOf(fields.takeIf(tags.context(0)));
  const serial = integerBytes(fields.take(tags.integer));
  const inner = algorithmOf(fields.take(tags.sequence));
  const issuer = fields.take(tags.sequence).raw;
  const validity = fieldsOf(fields.take(tags.sequence));
  const subject = fields.take(tags.sequence).raw;
  const key = fields.take(tags.sequence).raw;
  fields.takeIf(tags.contextPrimitive(1));
  fields.takeIf(tags.contextPrimitive(2));
  const extensions = extensionsOf(fields.takeIf(tags.context(3)), version);
  fields.end();
  return {
    der,
    issuer,
    subject,
    ...textsOf(der),
    serial,
    ...periodOf(validity),
    publicKey: keyOf(key),
    ...readExtensions(extensions),
    seal: sealedOf({ body, inner, rest: whole }),
  };
}

function versionOf(field: Element | undefined): number {
  return field === undefined ? 1 : smallInteger(soleElement(field.value)) + 1;
}

function extensionsOf(field: Element | undefined, version: number): Extensions {
  if (field === undefined) return new Map();
  if (version !== 3) throw new DerFault('only version 3 certificates have extensions');
  return extensionsIn(soleElement(field.value));
}

function periodOf(validity: Fields): Pick<Certificate, 'notBefore' | 'notAfter'> {
  const notBefore = instantOf(validity.take());
  const notAfter = instantOf(validity.take());
  validity.end();
  return { notBefore, notAfter };
}

type ExtensionField =
  | 'extensions'
  | 'isAuthority'
  | 'pathLength'
  | 'keyUsage'
  | 'purposes'
  | 'keyIdentifier'
  | 'distributionPoints';

function readExtensions(extensions: Extensions): Pick<Certificate, ExtensionField> {
  const { cA, pathLenConstraint } = basicConstraintsIn(extensions);
  return {
    extensions,
    isAuthority: cA,
    pathLength: pathLenConstraint,
    keyUsage: keyUsageIn(extensions),
    purposes: purposesIn(extensions),
    keyIdentifier: subjectKeyIdentifierIn(extensions),
    distributionPoints: distributionPointsIn(extensions),
  };
}

function keyOf(spki: Buffer): KeyObject | undefined {
  try {
    return createPublicKey({ key: spki, format: 'der', type: 'spki' });
  } catch {
    // A kind of key Node does not know is judged where the key is needed.
    return undefined;
  }
}

/** The end of a Certificate or CertificateList; the algorithm must stand there twice, equally. */
export function sealedOf(o: { body: Element; inner: Algorithm; rest: Fields }): Sealed {
  const { body, inner, rest } = o;
  const outer = algorithmOf(rest.take(tags.sequence));
  const value = wholeBits(rest.take(tags.bitString));
  rest.end();
  if (!outer.raw.equals(inner.raw)) throw new DerFault('two signature algorithms are named');
  return { covered: body.raw, scheme: schemeOf(outer), algorithm: outer.oid, value };
}

/** Whether the issuer's key made this signature. */
export function isSealedBy({ covered: data, scheme, value }: Sealed, issuer: Certificate): boolean {
  const key = issuer.publicKey;
  if (scheme === undefined || key === undefined || !fits(scheme, key)) return false;
  return isSignature({ scheme, key, data, value });
}

/** SHA-256 of the DER, lower-case hex. */
export function fingerprintOf(der: Buffer): string {
  return createHash('sha256').update(der).digest('hex');
}

/** A serial number in lower-case hex without leading zero byte. */
export function serialText(serial: Buffer): string {
  const bytes = serial.length > 1 && serial[0] === 0 ? serial.subarray(1) : serial;
  return bytes.toString('hex');
}

function textsOf(der: Buffer): Pick<Certificate, 'subjectText' | 'issuerText'> {
  try {
    const { subject, issuer } = new X509Certificate(der);
    return { subjectText: oneLine(subject), issuerText: oneLine(issuer) };
  } catch (error) {
    throw new DerFault('OpenSSL cannot read the certificate', { cause: error });
  }
}

/**
 * Node gives undefined for an empty name, whatever its types say. Identity cards carry the national
 * number of their holder as `serialNumber`: names are shown, stored and sent, and it is not.
 */
function oneLine(name: string | undefined): string {
  return withoutInsz((name ?? '').split('\n').join(', '));
}
