import { createPrivateKey, type KeyObject } from 'node:crypto';
import ssh2 from 'ssh2';
import { Failure } from '../vocabulary/index.ts';

const keyBytesMax = 64 * 1024;

/** A private key in a form the SSH client reads, without passphrase. */
export type LoginKey = string;

/**
 * Reads the private key of a login: OpenSSH, PKCS #1, SEC 1 or PKCS #8; encrypted or not.
 *
 * @throws Failure `seal.unreadable`, with `encrypted: true` when a passphrase would help; the facts
 *   never hold any of the key.
 */
export function readLoginKey(file: Buffer | string, passphrase?: string): LoginKey {
  const text = file.toString('latin1');
  if (text.length > keyBytesMax) throw unreadable({ reason: 'the file is too large' });
  const parsed = ssh2.utils.parseKey(text, passphrase);
  if (!(parsed instanceof Error)) {
    if (!parsed.isPrivateKey()) throw unreadable({ reason: 'it is a public key' });
    return passphrase === undefined ? text : convert(parsed.getPrivatePEM(), undefined);
  }
  return text.includes('-----BEGIN OPENSSH') ? refuse(text, parsed) : convert(text, passphrase);
}

function refuse(text: string, error: Error): never {
  const encrypted = /encrypted|passphrase|decrypt|integrity|bad/i.test(error.message);
  throw unreadable({ encrypted, characters: text.length }, error);
}

/** PKCS #8 is nothing the SSH client knows: the same key is written in a form it does. */
function convert(text: string, passphrase: string | undefined): LoginKey {
  const encrypted = /-----BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(text);
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: text, format: 'pem', passphrase: passphrase ?? '' });
  } catch (error) {
    throw unreadable({ encrypted }, error);
  }
  const kind = key.asymmetricKeyType;
  if (kind === 'rsa') return key.export({ type: 'pkcs1', format: 'pem' }).toString();
  if (kind === 'ec') return key.export({ type: 'sec1', format: 'pem' }).toString();
  if (kind === 'ed25519') return openSshEd25519(key);
  throw unreadable({ reason: 'SSH knows RSA, ECDSA and Ed25519 keys', kind: kind ?? 'unknown' });
}

/** The container of OpenSSH around an unencrypted Ed25519 key (PROTOCOL.key). */
function openSshEd25519(key: KeyObject): string {
  const { d = '', x = '' } = key.export({ format: 'jwk' });
  const publicPart = Buffer.from(x, 'base64url');
  const name = Buffer.from('ssh-ed25519');
  const publicBlob = Buffer.concat([field(name), field(publicPart)]);
  const check = Buffer.alloc(8);
  const inner = Buffer.concat([
    check,
    publicBlob,
    field(Buffer.concat([Buffer.from(d, 'base64url'), publicPart])),
    field(Buffer.alloc(0)),
  ]);
  const padding = Buffer.from(
    Array.from({ length: (8 - (inner.length % 8)) % 8 }, (_, i) => i + 1),
  );
  const none = field(Buffer.from('none'));
  const body = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    none,
    none,
    field(Buffer.alloc(0)),
    uint32(1),
    field(publicBlob),
    field(Buffer.concat([inner, padding])),
  ]);
  const lines = body.toString('base64').replace(/.{70}/g, '$&\n');
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

function field(bytes: Buffer): Buffer {
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function unreadable(facts: Readonly<Record<string, string | number | boolean>>, cause?: unknown) {
  return new Failure('seal.unreadable', { what: 'login key', ...facts }, cause);
}
