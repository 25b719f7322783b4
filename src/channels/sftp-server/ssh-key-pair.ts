import { generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { framed } from './wire-reader.ts';

export interface SshKeyPair {
  /** OpenSSH's own private key format, without passphrase. */
  readonly private: string;
  /** A line as in `authorized_keys`. */
  readonly public: string;
}

const algorithm = 'ssh-ed25519';
const seedBytes = 32;
const blockBytes = 8;

/**
 * Makes an ed25519 key pair in the format of OpenSSH (its PROTOCOL.key). The library's own generator
 * drops a byte of about one key in three hundred, and such a key is unreadable.
 */
export async function ed25519KeyPair(comment = 'sluis'): Promise<SshKeyPair> {
  const { privateKey } = await promisify(generateKeyPair)('ed25519');
  const { d = '', x = '' } = privateKey.export({ format: 'jwk' });
  const [seed, point] = [Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')];
  if (seed.length !== seedBytes || point.length !== seedBytes) throw new RangeError('ed25519');
  const blob = Buffer.concat([framed(algorithm), framed(point)]);
  return {
    private: privateText(blob, Buffer.concat([seed, point]), { point, comment }),
    public: `${algorithm} ${blob.toString('base64')} ${comment}`,
  };
}

function privateText(
  blob: Buffer,
  secret: Buffer,
  { point, comment }: { readonly point: Buffer; readonly comment: string },
): string {
  const check = randomBytes(4);
  const fields = [framed(algorithm), framed(point), framed(secret), framed(comment)];
  const plain = Buffer.concat([check, check, ...fields]);
  const missing = (blockBytes - (plain.length % blockBytes)) % blockBytes;
  const padding = Buffer.from(Array.from({ length: missing }, (_, index) => index + 1));
  const one = Buffer.from([0, 0, 0, 1]);
  const whole = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...[framed('none'), framed('none'), framed(''), one],
    ...[framed(blob), framed(Buffer.concat([plain, padding]))],
  ]);
  const lines = whole.toString('base64').match(/.{1,70}/g) ?? [];
  const label = 'OPENSSH PRIVATE KEY';
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
