import { isIPv4, isIPv6, BlockList } from 'node:net';
import ssh2 from 'ssh2';
import type { LoginAccount } from '../ports.ts';

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
  return algorithm in certificateAlgorithms || /-cert-v\d+@openssh\.com$/.test(algorithm);
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
    if (error instanceof RangeError) return { ok: false, why: 'unreadable' };
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

/** Throws RangeError for anything that is not exactly one certificate. */
function parseCertificate(blob: Buffer): Certificate {
  if (blob.length > blobBytesMax) throw new RangeError('too long');
  const reader = new Reader(blob);
  const algorithm = certificateAlgorithms[reader.text()];
  const fields = algorithm === undefined ? undefined : keyFields[algorithm];
  if (algorithm === undefined || fields === undefined) throw new RangeError('unknown kind');
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
  if (!isSignedBy(certificate, known)) return 'not signed by its authority';
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
    const addresses = new Reader(value).text();
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
    const bits = prefix === undefined ? (family === 'ipv4' ? 32 : 128) : Number(prefix);
    if (family === undefined || !Number.isInteger(bits)) return false;
    if (bits < 0 || bits > (family === 'ipv4' ? 32 : 128)) return false;
    blocks.addSubnet(address, bits, family);
  }
  if (isIPv4(source)) return blocks.check(source, 'ipv4');
  return isIPv6(source) && blocks.check(source, 'ipv6');
}

function isSignedBy(
  { signed, signature }: Certificate,
  authority: { readonly algorithm: string; readonly blob: Buffer },
): boolean {
  const reader = new Reader(signature);
  const algorithm = reader.text();
  const bytes = reader.bytes();
  const hash = { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512' }[algorithm];
  if (authority.algorithm === 'ssh-rsa' ? hash === undefined : algorithm !== authority.algorithm) {
    return false;
  }
  const line = `${authority.algorithm} ${authority.blob.toString('base64')}`;
  const key = ssh2.utils.parseKey(line);
  if (key instanceof Error || Array.isArray(key)) return false;
  // The library answers with an Error where its types promise a boolean.
  const verified: unknown = key.verify(signed, bytes, hash);
  return verified === true;
}

function textsIn(bytes: Buffer): readonly string[] {
  const reader = new Reader(bytes);
  const texts: string[] = [];
  while (reader.at < bytes.length) {
    texts.push(reader.text());
    if (texts.length > principalsMax) throw new RangeError('too many principals');
  }
  return texts;
}

function optionsIn(bytes: Buffer): ReadonlyMap<string, Buffer> {
  const reader = new Reader(bytes);
  const options = new Map<string, Buffer>();
  while (reader.at < bytes.length) options.set(reader.text(), reader.bytes());
  return options;
}

function framed(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** Reads the wire form of RFC 4251, section 5; every read past the end is a RangeError. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get at(): number {
    return this.#at;
  }

  uint32(): number {
    const value = this.#bytes.readUInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  uint64(): bigint {
    const value = this.#bytes.readBigUInt64BE(this.#at);
    this.#at += 8;
    return value;
  }

  bytes(): Buffer {
    const length = this.uint32();
    if (this.#at + length > this.#bytes.length) throw new RangeError('cut short');
    const value = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return value;
  }

  text(): string {
    return this.bytes().toString('utf8');
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw new RangeError('trailing bytes');
  }
}
