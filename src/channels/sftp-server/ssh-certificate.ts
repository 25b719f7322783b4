import { isIPv4, isIPv6, BlockList } from 'node:net';
import type { LoginAccount } from '../ports.ts';
import { isSignedBy } from './ssh-signature.ts';
import { framed, Unreadable, WireReader } from './wire-reader.ts';

/*
 * OpenSSH user certificates (PROTOCOL.certkeys of OpenSSH). The library hands their algorithm, blob
 * and signature through without knowing them; everything about them is in this file.
 */

const certificateAlgorithms: Readonly<Record<string, string>> = {
  'ssh-ed25519-cert-v01@openssh.com': 'ssh-ed25519',
  'ssh-rsa-cert-v01@openssh.com': 'ssh-rsa',
  'rsa-sha2-256-cert-v01@openssh.com': 'ssh-rsa',
  'rsa-sha2-512-cert-v01@openssh.com': 'ssh-rsa',
  'ecdsa-sha2-nistp256-cert-v01@openssh.com': 'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384-cert-v01@openssh.com': 'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521-cert-v01@openssh.com': 'ecdsa-sha2-nistp521',
};

/** Fields of the public key itself, between the nonce and the serial. */
const keyFields: Readonly<Record<string, number>> = {
  'ssh-ed25519': 1,
  'ssh-rsa': 2,
  'ecdsa-sha2-nistp256': 2,
  'ecdsa-sha2-nistp384': 2,
  'ecdsa-sha2-nistp521': 2,
};

const blobBytesMax = 16 * 1024;
const principalsMax = 256;
const userType = 1;

export function isCertificateAlgorithm(algorithm: string): boolean {
  return (
    Object.hasOwn(certificateAlgorithms, algorithm) || /-cert-v\d+@openssh\.com$/.test(algorithm)
  );
}

export type CertificateVerdict =
  | { readonly ok: true; readonly algorithm: string; readonly key: Buffer }
  | { readonly ok: false; readonly why: string };

/**
 * Judges a certificate presented for an account: signed by one of its authorities, of type user,
 * for this username, valid now, from this address, not revoked, and with no critical option we do
 * not enforce. Possession of the key is proven apart, by the login's signature.
 */
export function judgeCertificate(
  blob: Buffer,
  o: {
    readonly account: Pick<LoginAccount, 'certificateAuthorities' | 'revokedSerials'>;
    readonly username: string;
    readonly source: string;
    readonly now: Date;
  },
): CertificateVerdict {
  try {
    const certificate = parseCertificate(blob);
    const why = faultOf(certificate, o);
    if (why !== undefined) return { ok: false, why };
    return { ok: true, algorithm: certificate.algorithm, key: certificate.key };
  } catch (error) {
    if (error instanceof Unreadable) return { ok: false, why: 'unreadable' };
    throw error;
  }
}

interface Certificate {
  readonly algorithm: string;
  /** The certified key as an SSH public key blob. */
  readonly key: Buffer;
  readonly serial: bigint;
  readonly type: number;
  readonly principals: readonly string[];
  readonly validAfter: bigint;
  readonly validBefore: bigint;
  readonly criticalOptions: ReadonlyMap<string, Buffer>;
  readonly authority: Buffer;
  readonly signed: Buffer;
  readonly signature: Buffer;
}

/** Throws Unreadable for anything that is not exactly one certificate. */
function parseCertificate(blob: Buffer): Certificate {
  if (blob.length > blobBytesMax) throw new Unreadable('too long');
  const reader = new WireReader(blob);
  const name = reader.text();
  const algorithm = Object.hasOwn(certificateAlgorithms, name)
    ? certificateAlgorithms[name]
    : undefined;
  const fields = algorithm === undefined ? undefined : keyFields[algorithm];
  if (algorithm === undefined || fields === undefined) throw new Unreadable('unknown kind');
  reader.bytes();
  const key = Buffer.concat([
    framed(Buffer.from(algorithm)),
    ...Array.from({ length: fields }, () => framed(reader.bytes())),
  ]);
  const serial = reader.uint64();
  const type = reader.uint32();
  reader.bytes();
  const principals = textsIn(reader.bytes());
  const validAfter = reader.uint64();
  const validBefore = reader.uint64();
  const criticalOptions = optionsIn(reader.bytes());
  reader.bytes();
  reader.bytes();
  const authority = reader.bytes();
  const signed = blob.subarray(0, reader.at);
  const signature = reader.bytes();
  reader.end();
  return {
    ...{ algorithm, key, serial, type, principals, validAfter, validBefore },
    ...{ criticalOptions, authority, signed, signature },
  };
}

function faultOf(
  certificate: Certificate,
  o: Parameters<typeof judgeCertificate>[1],
): string | undefined {
  const { account, username, source, now } = o;
  const known = account.certificateAuthorities.find(({ blob }) =>
    blob.equals(certificate.authority),
  );
  if (known === undefined) return 'unknown authority';
  const { signed: data, signature } = certificate;
  if (!isSignedBy(known, { data, signature })) return 'not signed by its authority';
  if (certificate.type !== userType) return 'not a user certificate';
  if (!certificate.principals.includes(username)) return 'not for this user';
  const seconds = BigInt(Math.floor(now.getTime() / 1000));
  if (seconds < certificate.validAfter || seconds >= certificate.validBefore)
    return 'not valid now';
  if (account.revokedSerials.includes(certificate.serial)) return 'revoked';
  return optionFault(certificate.criticalOptions, source);
}

function optionFault(options: ReadonlyMap<string, Buffer>, source: string): string | undefined {
  for (const [name, value] of options) {
    if (name !== 'source-address') return `critical option ${name}`;
    const reader = new WireReader(value);
    const addresses = reader.text();
    reader.end();
    if (!isWithin(addresses, source)) return 'not from this address';
  }
  return undefined;
}

/** A list of addresses and CIDR ranges, as the option writes it. Anything else matches nothing. */
function isWithin(list: string, source: string): boolean {
  const blocks = new BlockList();
  for (const item of list.split(',')) {
    const [address = '', prefix] = item.trim().split('/');
    const family = isIPv4(address) ? 'ipv4' : isIPv6(address) ? 'ipv6' : undefined;
    const whole = family === 'ipv4' ? 32 : 128;
    const bits = prefix === undefined ? whole : Number(prefix);
    const written = prefix === undefined || /^\d{1,3}$/.test(prefix);
    if (family === undefined || !written || bits > whole) return false;
    blocks.addSubnet(address, bits, family);
  }
  if (isIPv4(source)) return blocks.check(source, 'ipv4');
  return isIPv6(source) && blocks.check(source, 'ipv6');
}

function textsIn(bytes: Buffer): readonly string[] {
  const reader = new WireReader(bytes);
  const texts: string[] = [];
  while (!reader.ended) {
    texts.push(reader.text());
    if (texts.length > principalsMax) throw new Unreadable('too many principals');
  }
  return texts;
}

function optionsIn(bytes: Buffer): ReadonlyMap<string, Buffer> {
  const reader = new WireReader(bytes);
  const options = new Map<string, Buffer>();
  while (!reader.ended) {
    const name = reader.text();
    if (options.has(name)) throw new Unreadable('an option twice');
    options.set(name, reader.bytes());
  }
  return options;
}
