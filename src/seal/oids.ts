import type { Hash } from './algorithms.ts';

export const data = '1.2.840.113549.1.7.1';
export const signedData = '1.2.840.113549.1.7.2';

export const contentType = '1.2.840.113549.1.9.3';
export const messageDigest = '1.2.840.113549.1.9.4';
export const signingTime = '1.2.840.113549.1.9.5';
/** ESS signing-certificate-v2 (RFC 5035): which certificate the signer meant. */
export const signingCertificate = '1.2.840.113549.1.9.16.2.47';

export const sha256 = '2.16.840.1.101.3.4.2.1';
export const rsaEncryption = '1.2.840.113549.1.1.1';
export const sha256WithRsa = '1.2.840.113549.1.1.11';
export const rsaPss = '1.2.840.113549.1.1.10';
export const mgf1 = '1.2.840.113549.1.1.8';
export const ecdsaWithSha256 = '1.2.840.10045.4.3.2';
export const ed25519 = '1.3.101.112';

export const hashes: ReadonlyMap<string, Hash | 'weak'> = new Map<string, Hash | 'weak'>([
  ['1.3.14.3.2.26', 'sha1'],
  [sha256, 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
  ['1.2.840.113549.2.2', 'weak'],
  ['1.2.840.113549.2.5', 'weak'],
  ['1.3.36.3.2.1', 'weak'],
  ['2.16.840.1.101.3.4.2.4', 'weak'],
]);

export const rsaWith: ReadonlyMap<string, Hash> = new Map<string, Hash>([
  ['1.2.840.113549.1.1.5', 'sha1'],
  [sha256WithRsa, 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
]);

export const ecdsaWith: ReadonlyMap<string, Hash> = new Map<string, Hash>([
  ['1.2.840.10045.4.1', 'sha1'],
  [ecdsaWithSha256, 'sha256'],
  ['1.2.840.10045.4.3.3', 'sha384'],
  ['1.2.840.10045.4.3.4', 'sha512'],
]);

export const commonName = '2.5.4.3';
export const organisation = '2.5.4.10';
