import { certificateOf, isSealedBy } from './certificate.ts';
import type { Crl } from './crl.ts';
import { DerFault } from './der.ts';

/** Whether the authority with this certificate (DER) issued the list and signed it with its key. */
export function issuedCrl(crl: Crl, authority: Buffer): boolean {
  try {
    const issuer = certificateOf(authority);
    return issuer.subject.equals(crl.issuer) && isSealedBy(crl.seal, issuer);
  } catch (error) {
    if (error instanceof DerFault) return false;
    throw error;
  }
}
