import 'reflect-metadata';
import { createPublicKey, generateKeyPairSync, webcrypto } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { TrustList } from '../../src/seal/index.ts';

/**
 * A small public key infrastructure for tests, made in process and not by the code under test:
 * root → issuing authority (path length 0) → signers, and a foreign authority nobody trusts.
 * Everything is valid at `pkiNow` unless its name says otherwise.
 */
export interface Pki {
  readonly root: Issued;
  readonly issuing: Issued;
  readonly foreign: Issued;
  readonly signers: Signers;
  readonly crls: Crls;
  /** Root and issuing authority with their fresh lists, or what is given instead. */
  trust(o?: { crls?: readonly Buffer[]; allowSha1?: boolean }): TrustList;
}

export interface Signers {
  readonly rsa: Issued;
  readonly ec: Issued;
  readonly ed25519: Issued;
  readonly expired: Issued;
  readonly notYetValid: Issued;
  readonly revoked: Issued;
  /** keyEncipherment only. */
  readonly wrongUsage: Issued;
  /** RSA of 1024 bits. */
  readonly weak: Issued;
  /** Issued by the foreign authority. */
  readonly foreign: Issued;
}

/** Lists of the issuing authority, DER, and the fresh one of the root. */
export interface Crls {
  readonly root: Buffer;
  readonly fresh: Buffer;
  readonly stale: Buffer;
}

export interface Issued {
  readonly name: string;
  readonly key: KeyObject;
  readonly keyPem: string;
  /** DER. */
  readonly certificate: Buffer;
  readonly certificatePem: string;
  /** Lower-case hex. */
  readonly serial: string;
}

export const pkiNow = new Date('2026-06-01T12:00:00Z');
export const revokedOn = new Date('2026-05-01T00:00:00Z');
const from = new Date('2026-01-01T00:00:00Z');
const to = new Date('2030-01-01T00:00:00Z');

let made: Promise<Pki> | undefined;

/** The same infrastructure for every test of a file. */
export function makePki(): Promise<Pki> {
  made ??= make();
  return made;
}

export const usage = x509.KeyUsageFlags;
const signs = usage.digitalSignature | usage.nonRepudiation;
const issues = usage.keyCertSign | usage.cRLSign;

async function make(): Promise<Pki> {
  const root = await issue({ name: 'Root', authority: {} });
  const issuing = await issue({
    name: 'Issuing',
    key: makeKey('rsa'),
    by: root,
    authority: { pathLength: 0 },
  });
  const foreign = await issue({ name: 'Foreign', authority: {} });
  const signers = await makeSigners(issuing, foreign);
  const revoked = [{ serial: signers.revoked.serial, at: revokedOn }];
  const crls = {
    root: await makeCrl({ by: root }),
    fresh: await makeCrl({ by: issuing, revoked }),
    stale: await makeCrl({ by: issuing, until: new Date('2026-05-31T00:00:00Z') }),
  };
  const trust: Pki['trust'] = (o = {}) => ({
    anchors: [
      { der: root.certificate, crls: o.crls ?? [crls.root] },
      { der: issuing.certificate, crls: o.crls === undefined ? [crls.fresh] : [] },
    ],
    allowSha1: o.allowSha1 ?? false,
  });
  return { root, issuing, foreign, signers, crls, trust };
}

async function makeSigners(by: Issued, foreign: Issued): Promise<Signers> {
  const lapsed = new Date('2026-05-31T23:59:59Z');
  const later = new Date('2026-06-01T12:00:01Z');
  return {
    rsa: await issue({ name: 'rsa', key: makeKey('rsa'), by }),
    ec: await issue({ name: 'ec', by }),
    ed25519: await issue({ name: 'ed25519', key: makeKey('ed25519'), by }),
    expired: await issue({ name: 'expired', by, to: lapsed }),
    notYetValid: await issue({ name: 'not yet valid', by, from: later }),
    revoked: await issue({ name: 'revoked', by }),
    wrongUsage: await issue({ name: 'wrong usage', by, keyUsage: usage.keyEncipherment }),
    weak: await issue({ name: 'weak', key: makeKey('rsa', 1024), by }),
    foreign: await issue({ name: 'foreign', by: foreign }),
  };
}

export function makeKey(kind: 'rsa' | 'ec' | 'ed25519' | 'secp256k1', bits = 2048): KeyObject {
  switch (kind) {
    case 'rsa':
      return generateKeyPairSync('rsa', { modulusLength: bits }).privateKey;
    case 'ec':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    case 'secp256k1':
      return generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey;
    case 'ed25519':
      return generateKeyPairSync('ed25519').privateKey;
  }
}

let serials = 0x1000;

/** Issues one certificate; signed by itself unless `by` is given. P-256 unless a key is given. */
export async function issue(o: {
  name: string;
  key?: KeyObject;
  by?: Issued;
  /** Issues certificates; makes the key usage keyCertSign and cRLSign. */
  authority?: { pathLength?: number };
  /** 0 leaves the extension out. */
  keyUsage?: number;
  purposes?: readonly string[];
  extensions?: readonly x509.Extension[];
  /** Attributes of the subject beside its names, such as `2.5.4.5=85073003328`. */
  more?: string;
  from?: Date;
  to?: Date;
  hash?: 'SHA-1' | 'SHA-256';
  /** In hex; one that no other has unless told. */
  serial?: string;
}): Promise<Issued> {
  const key = o.key ?? makeKey('ec');
  serials += 1;
  const serial = o.serial ?? serials.toString(16);
  const signer = o.by?.key ?? key;
  const flags = o.keyUsage ?? (o.authority === undefined ? signs : issues);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial,
    subject: `C=BE, O=sluis tests, CN=${o.name}${o.more === undefined ? '' : `, ${o.more}`}`,
    issuer: `C=BE, O=sluis tests, CN=${o.by?.name ?? o.name}`,
    notBefore: o.from ?? from,
    notAfter: o.to ?? to,
    publicKey: spkiOf(key),
    signingKey: await signingKey(signer, o.hash),
    signingAlgorithm: algorithmOf(signer, o.hash),
    extensions: [
      new x509.BasicConstraintsExtension(o.authority !== undefined, o.authority?.pathLength, true),
      // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- flags are or-ed
      ...(flags === 0 ? [] : [new x509.KeyUsagesExtension(flags, true)]),
      ...(o.purposes === undefined ? [] : [new x509.ExtendedKeyUsageExtension([...o.purposes])]),
      await x509.SubjectKeyIdentifierExtension.create(spkiOf(key)),
      ...(o.extensions ?? []),
    ],
  });
  return {
    name: o.name,
    key,
    keyPem: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: Buffer.from(certificate.rawData),
    certificatePem: `${certificate.toString('pem')}\n`,
    serial,
  };
}

/** A list of revoked certificates, DER; fresh around `pkiNow` unless dates are given. */
export async function makeCrl(o: {
  by: Issued;
  revoked?: readonly { serial: string; at: Date }[];
  since?: Date;
  /** null: does not say. */
  until?: Date | null;
  extensions?: readonly x509.Extension[];
  /** Signs in the place of the issuer's own key. */
  key?: KeyObject;
}): Promise<Buffer> {
  const key = o.key ?? o.by.key;
  const until = o.until === undefined ? new Date('2026-07-01T00:00:00Z') : o.until;
  const crl = await x509.X509CrlGenerator.create({
    issuer: `C=BE, O=sluis tests, CN=${o.by.name}`,
    thisUpdate: o.since ?? new Date('2026-05-15T00:00:00Z'),
    ...(until === null ? {} : { nextUpdate: until }),
    entries: (o.revoked ?? []).map(({ serial, at }) => ({
      serialNumber: serial,
      revocationDate: at,
    })),
    extensions: [...(o.extensions ?? [])],
    signingKey: await signingKey(key),
    signingAlgorithm: algorithmOf(key),
  });
  return Buffer.from(crl.rawData);
}

function spkiOf(key: KeyObject): x509.PublicKey {
  return new x509.PublicKey(createPublicKey(key).export({ type: 'spki', format: 'der' }));
}

type Hash = 'SHA-1' | 'SHA-256';

function algorithmOf(key: KeyObject, hash: Hash = 'SHA-256'): webcrypto.Algorithm & object {
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return { name: 'RSASSA-PKCS1-v1_5', hash } as webcrypto.Algorithm;
    case 'ed25519':
      return { name: 'Ed25519' };
    default:
      return { name: 'ECDSA', namedCurve: 'P-256', hash } as webcrypto.Algorithm;
  }
}

async function signingKey(key: KeyObject, hash?: Hash): Promise<webcrypto.CryptoKey> {
  const der = key.export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', der, algorithmOf(key, hash), false, ['sign']);
}
