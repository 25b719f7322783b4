/** Why a signature was not accepted: one English sentence for each code. */
export const sealRefusals = {
  SIG_TOO_LARGE: 'The signature file is larger than a detached signature can be.',
  SIG_UNREADABLE: 'The signature file is not a CMS signature in DER or base64.',
  SIG_NOT_DETACHED: 'The signature contains the file it signs; a detached signature is required.',
  SIG_SIGNER_COUNT: 'The signature must be made by exactly one signer.',
  SIG_NO_SIGNED_ATTRS: 'The signature has no usable signed attributes, which are mandatory.',
  SIG_WEAK_DIGEST: 'The signature uses a digest that is no longer safe; use SHA-256 or stronger.',
  SIG_ALGORITHM: 'The signature uses an algorithm, or a mix of algorithms, that is not supported.',
  SIG_CONTENT_ALTERED: 'The file is not the one that was signed.',
  SIG_VALUE: "The signature value was not made with the signer's key.",
  SIG_SIGNER_UNKNOWN: "The signer's certificate is neither in the signature nor on the trust list.",
  CERT_EXPIRED: 'A certificate had expired when the file was received.',
  CERT_NOT_YET_VALID: 'A certificate was not yet valid when the file was received.',
  CERT_UNTRUSTED: "The signer's certificate does not lead to the trust list.",
  CERT_REVOKED: 'A certificate had been revoked when the file was received.',
  CERT_KEY_USAGE: "The signer's certificate is not meant for signing.",
  CERT_WEAK_KEY: 'A certificate has a key that is too weak or of an unsupported kind.',
  CERT_WEAK_DIGEST: 'A certificate is signed with a digest that is no longer safe.',
  CERT_ISSUER_NOT_CA: 'A certificate was issued by one that is no authority.',
  CERT_CRITICAL_EXT: 'A certificate has a critical extension that is not understood.',
  CERT_PATHLEN: 'An authority issued below another that forbids authorities below it.',
  CERT_ISSUER_KU: 'An authority may not sign certificates or revocation lists with its key.',
  CERT_REVOCATION_UNKNOWN: 'No usable revocation list of the issuer was at hand.',
} as const;

export type SealRefusal = keyof typeof sealRefusals;

/** Ends the reading of a signature from anywhere inside the room; becomes a verdict at its edge. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly code: SealRefusal;
  readonly detail: string;

  constructor(code: SealRefusal, detail: string, cause?: unknown) {
    super(`${code}: ${detail}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.detail = detail;
  }
}
