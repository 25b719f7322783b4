import type { KeyObject } from 'node:crypto';
import { Failure } from '../vocabulary/index.ts';
import { decoded, unarmoured } from './armour.ts';
import { certificateOf, fingerprintOf, serialText } from './certificate.ts';
import { DerFault, fieldsOf, oidOf, soleElement, tags } from './der.ts';
import { qualityIn } from './extensions.ts';
import * as oids from './oids.ts';
import { certificatesIn } from './signature.ts';
import { sshBlobOf } from './ssh-key.ts';

/** What there is to know about a certificate for those who register and show it. */
export interface CertificateFacts {
  readonly der: Buffer;
  /** SHA-256 of the DER, lower-case hex. */
  readonly fingerprint: string;
  readonly subject: string;
  readonly issuer: string;
  /** Lower-case hex. */
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Whether it may issue certificates. */
  readonly isAuthority: boolean;
  /** Its issuer states that it is a qualified one, and that its key lies on a secure device. */
  readonly qualified: boolean;
  readonly onSecureDevice: boolean;
  /** `rsa-3072`, `ec-prime256v1`, `ed25519`, or `unknown`. */
  readonly keyAlgorithm: string;
  /** Its public key as SSH writes it on the wire (RFC 4253, 6.6); absent for other kinds of key. */
  readonly sshPublicKey?: Buffer;
}

const fileBytesMax = 4 * 1024 * 1024;
const certificatesMax = 256;

/**
 * Reads every certificate in a file: PEM (one or many, other blocks are passed over), DER, or a
 * PKCS #7 bundle in either form.
 *
 * @throws Failure `seal.unreadable` when there is none, or one cannot be read
 */
export function readCertificates(bytes: Buffer): CertificateFacts[] {
  try {
    if (bytes.length > fileBytesMax) throw new DerFault('the file is too large');
    const certificates = bytes[0] === 0x30 ? fromDer(bytes) : fromText(bytes.toString('latin1'));
    if (certificates.length === 0) throw new DerFault('there is no certificate in the file');
    if (certificates.length > certificatesMax)
      throw new DerFault('there are too many certificates');
    return certificates.map(factsOf);
  } catch (error) {
    if (!(error instanceof DerFault)) throw error;
    throw new Failure('seal.unreadable', { what: 'certificate', reason: error.message }, error);
  }
}

const blocks = /-----BEGIN ([A-Z0-9 #]{1,64})-----([^-]*)-----END \1-----/g;
const certificateLabels = ['CERTIFICATE', 'X509 CERTIFICATE'];
const bundleLabels = ['PKCS7', 'CMS', 'PKCS #7 SIGNED DATA'];

function fromText(text: string): Buffer[] {
  if (!text.includes('-----BEGIN ')) return fromDer(unarmoured(Buffer.from(text, 'latin1')));
  const found = [...text.matchAll(blocks)];
  const begun = text.match(/-----BEGIN /g)?.length ?? 0;
  if (found.length !== begun) throw new DerFault('a block is not closed by its own label');
  return found.flatMap(([, label = '', body = '']) => {
    if (certificateLabels.includes(label)) return [decoded(body)];
    return bundleLabels.includes(label) ? fromDer(decoded(body)) : [];
  });
}

/** A certificate begins with a SEQUENCE, a bundle with its OID. */
function fromDer(der: Buffer): Buffer[] {
  const fields = fieldsOf(soleElement(der));
  const type = fields.takeIf(tags.oid);
  if (type === undefined) return [der];
  if (oidOf(type) !== oids.signedData) throw new DerFault('the bundle holds no certificates');
  const bundle = fieldsOf(soleElement(fields.take(tags.context(0)).value));
  bundle.take(tags.integer);
  bundle.take(tags.set);
  bundle.take(tags.sequence);
  return certificatesIn(bundle.takeIf(tags.context(0)), certificatesMax);
}

function factsOf(der: Buffer): CertificateFacts {
  const certificate = certificateOf(der);
  const { serial, notBefore, notAfter, isAuthority, publicKey } = certificate;
  const sshPublicKey = publicKey === undefined ? undefined : sshBlobOf(publicKey);
  return {
    der,
    fingerprint: fingerprintOf(der),
    subject: certificate.subjectText,
    issuer: certificate.issuerText,
    serial: serialText(serial),
    notBefore,
    notAfter,
    isAuthority,
    ...qualityIn(certificate.extensions),
    keyAlgorithm: keyAlgorithm(publicKey),
    ...(sshPublicKey === undefined ? {} : { sshPublicKey }),
  };
}

function keyAlgorithm(key: KeyObject | undefined): string {
  const { modulusLength, namedCurve } = key?.asymmetricKeyDetails ?? {};
  const detail = namedCurve ?? modulusLength;
  const kind = key?.asymmetricKeyType ?? 'unknown';
  return detail === undefined ? kind : `${kind}-${String(detail)}`;
}
