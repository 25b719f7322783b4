/** The bytes of a signed file. May be opened more than once; never held whole in memory here. */
export interface ContentSource {
  /** SHA-256 of the raw bytes, when the caller has it already: saves reading the file again. */
  readonly sha256?: Buffer;
  open(): AsyncIterable<Buffer>;
}

/**
 * A certificate the operator trusts: an authority that issues, or one signer's own certificate.
 *
 * The lists of revoked certificates (CRL, DER) may be those of this certificate or of authorities
 * below it; each is matched to its issuer by name and by signature. An issuer without any is not
 * checked for revocation; an issuer with one is refused when none is fresh.
 */
export interface TrustAnchor {
  readonly der: Buffer;
  readonly crls: readonly Buffer[];
}

export interface TrustList {
  readonly anchors: readonly TrustAnchor[];
  /** Accept SHA-1 in signatures and certificates: only for senders that cannot do better yet. */
  readonly allowSha1: boolean;
}
