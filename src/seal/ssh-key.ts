import type { KeyObject } from 'node:crypto';

const curves: Readonly<Record<string, string>> = {
  'P-256': 'nistp256',
  'P-384': 'nistp384',
  'P-521': 'nistp521',
};

/**
 * A public key as SSH writes it on the wire: RSA (RFC 4253, 6.6), ECDSA (RFC 5656, 3.1), Ed25519
 * (RFC 8709, 4). Undefined for kinds SSH has no name for.
 */
export function sshBlobOf(key: KeyObject): Buffer | undefined {
  const kind = key.asymmetricKeyType;
  if (kind !== 'rsa' && kind !== 'ec' && kind !== 'ed25519') return undefined;
  if (kind === 'ec' && !isNamed(key)) return undefined;
  const { n = '', e = '', x = '', y = '', crv = '' } = key.export({ format: 'jwk' });
  if (kind === 'rsa') return joined(text('ssh-rsa'), number(e), number(n));
  if (kind === 'ed25519') return joined(text('ssh-ed25519'), bytes(x));
  const curve = curves[crv];
  if (curve === undefined) return undefined;
  const point = Buffer.concat([Buffer.from([4]), bytes(x), bytes(y)]);
  return joined(text(`ecdsa-sha2-${curve}`), text(curve), point);
}

/** Node writes only these curves, and secp256k1, as JWK; others make it throw. */
function isNamed(key: KeyObject): boolean {
  const curve = key.asymmetricKeyDetails?.namedCurve ?? '';
  return ['prime256v1', 'secp384r1', 'secp521r1'].includes(curve);
}

function joined(...fields: readonly Buffer[]): Buffer {
  return Buffer.concat(
    fields.flatMap((field) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(field.length);
      return [length, field];
    }),
  );
}

function text(value: string): Buffer {
  return Buffer.from(value, 'ascii');
}

function bytes(base64url: string): Buffer {
  return Buffer.from(base64url, 'base64url');
}

/** mpint: a leading zero byte keeps it positive (RFC 4251, 5). */
function number(base64url: string): Buffer {
  const value = bytes(base64url);
  return (value[0] ?? 0) > 0x7f ? Buffer.concat([Buffer.from([0]), value]) : value;
}
