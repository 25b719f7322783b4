import { isSealedBy, serialText } from './certificate.ts';
import type { Certificate } from './certificate.ts';
import { readCrl, revokedAt } from './crl.ts';
import type { Crl } from './crl.ts';
import { DerFault } from './der.ts';
import { Refused } from './refusal.ts';

/**
 * A list may be younger than the reception it is asked about, when the file waited: it knows more,
 * not less. Beyond this it may have dropped certificates that expired meanwhile.
 */
const crlAheadMsMax = 7 * 24 * 60 * 60 * 1000;

/**
 * Refuses a certificate that was revoked at `at`. An issuer without any list is not checked; one
 * with lists of which none is usable fails closed.
 */
export function requireNotRevoked(o: {
  certificate: Certificate;
  /** Undefined when it is not at hand: its lists cannot be verified then. */
  issuer: Certificate | undefined;
  crls: readonly Buffer[];
  at: Date;
  allowSha1: boolean;
}): void {
  const { certificate, at } = o;
  const lists = o.crls.map(readCrl).filter((crl) => crl.issuer.equals(certificate.issuer));
  if (lists.length === 0) return;
  const faults: string[] = [];
  for (const crl of lists) {
    const fault = faultOf({ ...o, crl });
    if (fault !== undefined) {
      faults.push(fault);
      continue;
    }
    const since = revocationIn(crl, certificate);
    if (since !== undefined && since <= at) {
      const detail = `${serialText(certificate.serial)} revoked ${since.toISOString()}`;
      throw new Refused('CERT_REVOKED', detail);
    }
  }
  if (faults.length < lists.length) return;
  throw new Refused('CERT_REVOCATION_UNKNOWN', [...new Set(faults)].join('; '));
}

/** Why a list says nothing about this certificate at this instant. */
function faultOf(o: {
  crl: Crl;
  certificate: Certificate;
  issuer: Certificate | undefined;
  at: Date;
  allowSha1: boolean;
}): string | undefined {
  const { crl, certificate, issuer, at } = o;
  if (issuer === undefined) return 'the issuer of the list is not at hand';
  if (crl.nextUpdate === undefined) return 'the list does not say until when it is fresh';
  if (crl.nextUpdate < at) return `the list was fresh until ${crl.nextUpdate.toISOString()}`;
  if (crl.thisUpdate.getTime() > at.getTime() + crlAheadMsMax) return 'the list is too young';
  if (crl.unknownCritical.length > 0) return 'the list has a critical extension not understood';
  if (!covers(crl, certificate)) return 'the list is about other certificates of the issuer';
  if (issuer.keyUsage?.has('cRLSign') === false) return 'the issuer may not sign lists';
  const { scheme } = crl.seal;
  const sha1 = scheme !== undefined && 'hash' in scheme && scheme.hash === 'sha1';
  if (sha1 && !o.allowSha1) return 'the list is signed with SHA-1';
  return isSealedBy(crl.seal, issuer) ? undefined : "the list is not signed by the issuer's key";
}

/** Whether a partial list (RFC 5280, 5.2.5) is the one that may name this certificate. */
function covers({ scope }: Crl, certificate: Certificate): boolean {
  if (scope.odd) return false;
  if (scope.signersOnly && certificate.isAuthority) return false;
  if (scope.authoritiesOnly && !certificate.isAuthority) return false;
  const { addresses } = scope;
  const theirs = certificate.distributionPoints;
  return addresses.length === 0 || addresses.some((address) => theirs.includes(address));
}

function revocationIn(crl: Crl, certificate: Certificate): Date | undefined {
  try {
    return revokedAt(crl, certificate.serial);
  } catch (error) {
    if (!(error instanceof DerFault)) throw error;
    throw new Refused('CERT_REVOCATION_UNKNOWN', `an entry is unreadable: ${error.message}`, error);
  }
}
