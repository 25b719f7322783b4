import type { AsymmetricKeyDetails } from 'node:crypto';
import { isSealedBy } from './certificate.ts';
import type { Certificate } from './certificate.ts';
import { extensionOids, unknownCritical } from './extensions.ts';
import { Refused } from './refusal.ts';
import { requireNotRevoked } from './revocation.ts';

/** Certificates from the signer up to the first one that is on the trust list. */
type Path = readonly Certificate[];

export interface PathQuestion {
  readonly signer: Certificate;
  /** Certificates that came with the signature: they may complete a path, never end it. */
  readonly others: readonly Certificate[];
  readonly anchors: readonly Certificate[];
  readonly crls: readonly Buffer[];
  readonly allowSha1: boolean;
  /** Reception of the file: the instant everything must have been valid. */
  readonly at: Date;
}

const pathDepthMax = 8;
const checksMax = 64;

/**
 * Proves that the signer's certificate leads to the trust list (RFC 5280, 6, without policies and
 * name constraints, which are refused when critical). Every path is tried; ends in Refused with the
 * fault of the first path, or CERT_UNTRUSTED when there is none.
 */
export function requireTrust(question: PathQuestion): void {
  let first: Refused | undefined;
  for (const path of pathsOf(question)) {
    try {
      checkPath(path, question);
      return;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      first ??= error;
    }
  }
  throw first ?? new Refused('CERT_UNTRUSTED', `issued by ${question.signer.issuerText}`);
}

/** Every chain of names and signatures from the signer to an anchor, shortest turn first. */
function* pathsOf({ signer, others, anchors }: PathQuestion): Generator<Path> {
  const budget = { checks: checksMax };
  const isAnchor = (one: Certificate): boolean => anchors.some(({ der }) => der.equals(one.der));
  function* extend(path: Path, last: Certificate): Generator<Path> {
    if (isAnchor(last)) {
      yield path;
      return;
    }
    if (path.length === pathDepthMax) return;
    for (const issuer of [...anchors, ...others]) {
      const seen = path.some(({ der }) => der.equals(issuer.der));
      if (seen || !issuer.subject.equals(last.issuer)) continue;
      if (budget.checks === 0) return;
      budget.checks -= 1;
      if (isSealedBy(last.seal, issuer)) yield* extend([...path, issuer], issuer);
    }
  }
  yield* extend([signer], signer);
}

function checkPath(path: Path, question: PathQuestion): void {
  requireSigner(path[0] ?? question.signer);
  let authoritiesBelow = 0;
  for (const [index, certificate] of path.entries()) {
    requireSound(certificate, question);
    if (index > 0) {
      requireAuthority(certificate, authoritiesBelow);
      if (!certificate.subject.equals(certificate.issuer)) authoritiesBelow += 1;
    }
    const isLast = index === path.length - 1;
    if (!isLast) requireStrongSeal(certificate, question.allowSha1);
    requireUnrevoked(certificate, isLast ? undefined : path[index + 1], question);
  }
}

const signerPurposes = [
  '2.5.29.37.0', // any
  '1.3.6.1.5.5.7.3.2', // client authentication
  '1.3.6.1.5.5.7.3.4', // e-mail protection
  '1.3.6.1.5.5.7.3.36', // document signing (RFC 9336)
  '1.3.6.1.4.1.311.10.3.12', // Microsoft document signing
  '1.2.840.113583.1.1.5', // Adobe authentic documents
];

/** Key usage of the signer; a certificate that does not restrict it may sign. */
function requireSigner({ keyUsage, purposes }: Certificate): void {
  const mayUse = keyUsage?.has('digitalSignature') ?? true;
  if (!mayUse && keyUsage?.has('nonRepudiation') !== true) {
    throw new Refused('CERT_KEY_USAGE', 'neither digitalSignature nor nonRepudiation');
  }
  if (purposes !== undefined && !purposes.some((purpose) => signerPurposes.includes(purpose))) {
    throw new Refused('CERT_KEY_USAGE', `only meant for ${purposes.join(', ')}`);
  }
}

const knownExtensions = [
  extensionOids.subjectKeyIdentifier,
  extensionOids.keyUsage,
  extensionOids.subjectAltName,
  extensionOids.issuerAltName,
  extensionOids.basicConstraints,
  extensionOids.crlDistributionPoints,
  extensionOids.authorityKeyIdentifier,
  extensionOids.extendedKeyUsage,
];

/** What every certificate of the path must satisfy by itself, the anchor included. */
function requireSound(certificate: Certificate, { at }: PathQuestion): void {
  const { subjectText: subject } = certificate;
  if (at < certificate.notBefore) {
    const from = certificate.notBefore.toISOString();
    throw new Refused('CERT_NOT_YET_VALID', `${subject} is valid from ${from}`);
  }
  if (at > certificate.notAfter) {
    throw new Refused('CERT_EXPIRED', `${subject} expired ${certificate.notAfter.toISOString()}`);
  }
  const [unknown] = unknownCritical(certificate.extensions, knownExtensions);
  if (unknown !== undefined) throw new Refused('CERT_CRITICAL_EXT', `${subject}: ${unknown}`);
  const weakness = weaknessOf(certificate);
  if (weakness !== undefined) throw new Refused('CERT_WEAK_KEY', `${subject}: ${weakness}`);
}

const rsaBitsMin = 2048;
/** Beyond this one verification costs more than it proves. */
const rsaBitsMax = 8192;
const curves = ['prime256v1', 'secp384r1', 'secp521r1'];

function weaknessOf({ publicKey }: Certificate): string | undefined {
  if (publicKey === undefined) return 'the key is unreadable';
  const { asymmetricKeyType: kind, asymmetricKeyDetails: details } = publicKey;
  switch (kind) {
    case 'rsa':
    case 'rsa-pss':
      return rsaWeaknessOf(details);
    case 'ec': {
      const curve = details?.namedCurve ?? 'without name';
      return curves.includes(curve) ? undefined : `curve ${curve}`;
    }
    case 'ed25519':
      return undefined;
    default:
      return `a key of kind ${kind ?? 'unknown'}`;
  }
}

/** An exponent of 1 lets anybody sign; an even one is no RSA key at all. */
function rsaWeaknessOf(details: AsymmetricKeyDetails = {}): string | undefined {
  const { modulusLength: length = 0, publicExponent: exponent = 0n } = details;
  if (length < rsaBitsMin || length > rsaBitsMax) return `RSA of ${String(length)} bits`;
  return exponent < 3n || exponent % 2n === 0n
    ? `RSA with exponent ${String(exponent)}`
    : undefined;
}

function requireAuthority(issuer: Certificate, authoritiesBelow: number): void {
  const { subjectText: subject } = issuer;
  if (!issuer.isAuthority) throw new Refused('CERT_ISSUER_NOT_CA', subject);
  if (issuer.keyUsage?.has('keyCertSign') === false) {
    throw new Refused('CERT_ISSUER_KU', `${subject}: no keyCertSign`);
  }
  if (issuer.pathLength !== undefined && authoritiesBelow > issuer.pathLength) {
    const count = `${String(authoritiesBelow)} authorities below, ${String(issuer.pathLength)} allowed`;
    throw new Refused('CERT_PATHLEN', `${subject}: ${count}`);
  }
}

function requireStrongSeal({ subjectText, seal }: Certificate, allowSha1: boolean): void {
  const sha1 = seal.scheme !== undefined && 'hash' in seal.scheme && seal.scheme.hash === 'sha1';
  if (sha1 && !allowSha1) throw new Refused('CERT_WEAK_DIGEST', subjectText);
}

/**
 * An anchor is trusted for itself, yet a list of its issuer may still name it; the issuer is then
 * looked for among all certificates at hand.
 */
function requireUnrevoked(
  certificate: Certificate,
  issuer: Certificate | undefined,
  { anchors, others, crls, at, allowSha1 }: PathQuestion,
): void {
  const known =
    issuer ??
    [...anchors, ...others].find(
      (one) => one.subject.equals(certificate.issuer) && isSealedBy(certificate.seal, one),
    );
  requireNotRevoked({ certificate, issuer: known, crls, at, allowSha1 });
}
