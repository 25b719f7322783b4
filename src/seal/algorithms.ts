import { constants, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { DerFault, fieldsOf, oidOf, smallInteger, soleElement, tags } from './der.ts';
import type { Element } from './der.ts';
import * as oids from './oids.ts';

export type Hash = 'sha1' | 'sha256' | 'sha384' | 'sha512';

/** An AlgorithmIdentifier as it stood. */
export interface Algorithm {
  readonly oid: string;
  readonly parameters: Element | undefined;
  readonly raw: Buffer;
}

/** How a signature value was made. Ed25519 hashes inside and names no digest. */
export type Scheme =
  | { readonly kind: 'rsa-pkcs1'; readonly hash: Hash }
  | { readonly kind: 'rsa-pss'; readonly hash: Hash; readonly saltBytes: number }
  | { readonly kind: 'ecdsa'; readonly hash: Hash }
  | { readonly kind: 'ed25519' };

export function algorithmOf(element: Element): Algorithm {
  const fields = fieldsOf(element);
  const oid = oidOf(fields.take(tags.oid));
  const parameters = fields.takeIf(...parameterTags);
  fields.end();
  return { oid, parameters, raw: element.raw };
}

const parameterTags = [tags.null, tags.sequence, tags.oid];

/** The digest an algorithm names; `weak` for those below SHA-256 that we know, else undefined. */
export function hashOf(algorithm: Algorithm): Hash | 'weak' | undefined {
  if (!isBare(algorithm)) return undefined;
  return oids.hashes.get(algorithm.oid);
}

function isBare({ parameters }: Algorithm): boolean {
  return (
    parameters === undefined || (parameters.tag === tags.null && parameters.value.length === 0)
  );
}

/**
 * The scheme a signature algorithm stands for, or undefined when it is none of ours. `digest` is
 * what the signature names beside it: plain `rsaEncryption` borrows it (RFC 3370, 3.2).
 */
export function schemeOf(algorithm: Algorithm, digest?: Hash): Scheme | undefined {
  if (algorithm.oid === oids.rsaPss) return pssOf(algorithm.parameters);
  if (!isBare(algorithm)) return undefined;
  if (algorithm.oid === oids.rsaEncryption) {
    return digest === undefined ? undefined : { kind: 'rsa-pkcs1', hash: digest };
  }
  const rsa = oids.rsaWith.get(algorithm.oid);
  if (rsa !== undefined) return { kind: 'rsa-pkcs1', hash: rsa };
  if (algorithm.parameters !== undefined) return undefined;
  const ecdsa = oids.ecdsaWith.get(algorithm.oid);
  if (ecdsa !== undefined) return { kind: 'ecdsa', hash: ecdsa };
  return algorithm.oid === oids.ed25519 ? { kind: 'ed25519' } : undefined;
}

const pssDefaultSaltBytes = 20;

/** RSASSA-PSS-params (RFC 4055, 3.1): one hash for message and mask, the usual trailer. */
function pssOf(parameters: Element | undefined): Scheme | undefined {
  if (parameters === undefined)
    return { kind: 'rsa-pss', hash: 'sha1', saltBytes: pssDefaultSaltBytes };
  const fields = fieldsOf(parameters);
  const hash = explicitHash(fields.takeIf(tags.context(0)));
  const mask = maskHash(fields.takeIf(tags.context(1)));
  const salt = fields.takeIf(tags.context(2));
  const trailer = fields.takeIf(tags.context(3));
  fields.end();
  const usual = trailer === undefined || smallInteger(soleElement(trailer.value)) === 1;
  if (hash === undefined || hash === 'weak' || hash !== mask || !usual) return undefined;
  const saltBytes =
    salt === undefined ? pssDefaultSaltBytes : smallInteger(soleElement(salt.value));
  return { kind: 'rsa-pss', hash, saltBytes };
}

function explicitHash(field: Element | undefined): Hash | 'weak' | undefined {
  return field === undefined ? 'sha1' : hashOf(algorithmOf(soleElement(field.value)));
}

function maskHash(field: Element | undefined): Hash | 'weak' | undefined {
  if (field === undefined) return 'sha1';
  const mask = algorithmOf(soleElement(field.value));
  if (mask.oid !== oids.mgf1 || mask.parameters === undefined) throw new DerFault('mask unknown');
  return hashOf(algorithmOf(mask.parameters));
}

/** Whether this kind of key makes this kind of signature. */
export function fits(scheme: Scheme, key: KeyObject): boolean {
  switch (scheme.kind) {
    case 'rsa-pkcs1':
      return key.asymmetricKeyType === 'rsa';
    case 'rsa-pss':
      return key.asymmetricKeyType === 'rsa' || allowsPss(scheme, key);
    case 'ecdsa':
      return key.asymmetricKeyType === 'ec';
    case 'ed25519':
      return key.asymmetricKeyType === 'ed25519';
  }
}

/** A key of RSASSA-PSS alone may name its digest and its least salt (RFC 4055, 1.2, 3.3). */
function allowsPss(
  scheme: { readonly hash: Hash; readonly saltBytes: number },
  key: KeyObject,
): boolean {
  if (key.asymmetricKeyType !== 'rsa-pss') return false;
  const { hash, saltBytes } = scheme;
  const {
    hashAlgorithm = hash,
    mgf1HashAlgorithm = hash,
    saltLength = 0,
  } = key.asymmetricKeyDetails ?? {};
  return hashAlgorithm === hash && mgf1HashAlgorithm === hash && saltLength <= saltBytes;
}

/** Whether `value` is a signature over `data`. The scheme must fit the key. */
export function isSignature(o: {
  scheme: Scheme;
  key: KeyObject;
  data: Buffer;
  value: Buffer;
}): boolean {
  const { scheme, key, data, value } = o;
  switch (scheme.kind) {
    case 'rsa-pkcs1':
      return verify(scheme.hash, data, { key, padding: constants.RSA_PKCS1_PADDING }, value);
    case 'rsa-pss': {
      const padding = constants.RSA_PKCS1_PSS_PADDING;
      return verify(scheme.hash, data, { key, padding, saltLength: scheme.saltBytes }, value);
    }
    case 'ecdsa':
      return verify(scheme.hash, data, { key, dsaEncoding: 'der' }, value);
    case 'ed25519':
      return verify(null, data, key, value);
  }
}
