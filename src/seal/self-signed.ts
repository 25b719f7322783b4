import { generateKeyPair, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { bits, integer, octets, oid, sequence, setOf, time, utf8, write } from './der-writing.ts';
import { tags } from './der.ts';
import { extensionOids } from './extensions.ts';
import * as oids from './oids.ts';
import { penOf, publicHalf } from './signing.ts';

/** What key to make. RSA of 3072 bits unless told otherwise: every client can verify it. */
export type KeyPairOptions =
  | { readonly type: 'rsa'; readonly bits: number }
  | { readonly type: 'ec'; readonly curve: 'P-256' | 'P-384' }
  | { readonly type: 'ed25519' };

export interface SelfSigned {
  readonly key: KeyObject;
  /** PKCS #8, not encrypted. */
  readonly keyPem: string;
  readonly certificatePem: string;
  /** DER. */
  readonly certificate: Buffer;
}

/**
 * Makes a key and a certificate for it that signs and issues nothing: the gateway's own signing
 * certificate, and those of demonstrations.
 */
export async function selfSignedCertificate(o: {
  commonName: string;
  organisation?: string;
  keyPair?: KeyPairOptions;
  from: Date;
  to: Date;
}): Promise<SelfSigned> {
  const key = await makeKey(o.keyPair ?? { type: 'rsa', bits: 3072 });
  const certificate = certify({ ...o, key });
  return {
    key,
    keyPem: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificatePem: pem(certificate),
    certificate,
  };
}

async function makeKey(options: KeyPairOptions): Promise<KeyObject> {
  const generate = promisify(generateKeyPair);
  switch (options.type) {
    case 'rsa':
      return (await generate('rsa', { modulusLength: options.bits })).privateKey;
    case 'ec':
      return (await generate('ec', { namedCurve: options.curve })).privateKey;
    case 'ed25519':
      return (await generate('ed25519')).privateKey;
  }
}

const serialBytes = 16;

function certify(o: {
  commonName: string;
  organisation?: string;
  key: KeyObject;
  from: Date;
  to: Date;
}): Buffer {
  const pen = penOf(o.key);
  const { spki, identifier } = publicHalf(o.key);
  const name = nameOf(o);
  const body = sequence(
    write(tags.context(0), integer(2)),
    integer(positive(randomBytes(serialBytes))),
    pen.algorithm,
    name,
    sequence(time(o.from), time(o.to)),
    name,
    spki,
    write(tags.context(3), extensionsOf(identifier)),
  );
  return sequence(body, pen.algorithm, bits(pen.sign(body)));
}

/** First bit clear, next bit set: never negative, never shortened. */
function positive(bytes: Buffer): Buffer {
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}

function nameOf({
  commonName,
  organisation,
}: {
  commonName: string;
  organisation?: string;
}): Buffer {
  const part = (type: string, value: string): Buffer =>
    setOf(tags.set, sequence(oid(type), utf8(value)));
  const organisations = organisation === undefined ? [] : [part(oids.organisation, organisation)];
  return sequence(...organisations, part(oids.commonName, commonName));
}

/** keyUsage: digitalSignature and nonRepudiation, six unused bits after them. */
const signingUsage = write(tags.bitString, Buffer.from([6, 0b1100_0000]));
const isTrue = write(tags.boolean, Buffer.from([0xff]));

/** An end entity that signs: basicConstraints without cA, keyUsage, subjectKeyIdentifier. */
function extensionsOf(identifier: Buffer): Buffer {
  return sequence(
    sequence(oid(extensionOids.basicConstraints), isTrue, octets(sequence())),
    sequence(oid(extensionOids.keyUsage), isTrue, octets(signingUsage)),
    sequence(oid(extensionOids.subjectKeyIdentifier), octets(octets(identifier))),
  );
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
