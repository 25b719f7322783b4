import { Failure } from '../vocabulary/index.ts';
import { certificateOf } from './certificate.ts';
import { DerFault } from './der.ts';
import { requireTrust } from './path.ts';
import type { TrustList } from './ports.ts';
import { Refused } from './refusal.ts';
import type { SealRefusal } from './refusal.ts';
import { anchorsOf, readable } from './verify-seal.ts';

export type CertificateVerdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: SealRefusal; readonly detail: string };

/**
 * Judges a certificate by itself, with the checks that the signer of a batch undergoes: whether it
 * leads to the trust list, is in its validity, may sign, and is not revoked. Certificates that came
 * along may complete the path.
 *
 * @throws Failure `seal.unreadable` for a certificate or a trust list that cannot be read
 */
export function judgeCertificate(o: {
  readonly der: Buffer;
  readonly others?: readonly Buffer[];
  readonly trust: TrustList;
  readonly at: Date;
}): CertificateVerdict {
  const { trust, at } = o;
  const anchors = anchorsOf(trust);
  const crls = trust.anchors.flatMap((anchor) => anchor.crls);
  try {
    const signer = certificateOf(o.der);
    const others = readable(o.others ?? []);
    requireTrust({ signer, others, anchors, crls, allowSha1: trust.allowSha1, at });
    return { ok: true };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, code: error.code, detail: error.detail };
    if (!(error instanceof DerFault)) throw error;
    throw new Failure('seal.unreadable', { what: 'certificate', reason: error.message }, error);
  }
}
