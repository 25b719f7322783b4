import { createHash, createPublicKey } from 'node:crypto';

/** A public key as it travels in SSH (RFC 4253 section 6.6), proven to be well formed and strong enough. */
export interface SshPublicKey {
  /** `ssh-ed25519`, `ssh-rsa` or `ecdsa-sha2-nistp256|384|521`: the name inside the blob. */
  readonly algorithm: string;
  readonly bits: number;
  /** The wire form: length-prefixed fields, the first of them the algorithm. */
  readonly blob: Buffer;
  /** `SHA256:` and unpadded base64, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
}

export type SshKeyReading =
  { readonly ok: true; readonly key: SshPublicKey } | { readonly ok: false; readonly why: string };

export const sshBlobBytesMax = 16_384;
const fieldsMax = 8;
export const rsaBitsMin = 2048;
const rsaBitsMax = 16_384;
const ed25519Bytes = 32;

const curves: Readonly<Record<string, { readonly crv: string; readonly bits: number }>> = {
  nistp256: { crv: 'P-256', bits: 256 },
  nistp384: { crv: 'P-384', bits: 384 },
  nistp521: { crv: 'P-521', bits: 521 },
};

export function sshFingerprint(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** Reads a wire blob; says in one sentence why it cannot be a login key here. */
export function readSshBlob(blob: Buffer): SshKeyReading {
  const algorithm = firstField(blob)?.toString('latin1');
  if (algorithm === undefined || blob.length > sshBlobBytesMax) return no(damaged);
  const unsupported = unsupportedKind(algorithm);
  if (unsupported !== undefined) return no(unsupported);
  const fields = fieldsOf(blob);
  if (fields === undefined) return no(damaged);
  const bits = strengthOf(algorithm, fields.slice(1));
  if (typeof bits === 'string') return no(bits);
  return { ok: true, key: { algorithm, bits, blob, fingerprint: sshFingerprint(blob) } };
}

const damaged = 'the key is cut short or damaged';

function firstField(blob: Buffer): Buffer | undefined {
  if (blob.length < 4) return undefined;
  const end = 4 + blob.readUInt32BE(0);
  return end > blob.length ? undefined : blob.subarray(4, end);
}

/** Kinds that are no plain keys are named before their fields are read: those are shaped otherwise. */
function unsupportedKind(algorithm: string): string | undefined {
  if (algorithm === 'ssh-dss') return 'DSA keys are too weak; make an ed25519 key';
  if (algorithm.includes('-cert-v01@')) {
    return 'this is an SSH certificate; register the public key of its authority with --ssh-ca';
  }
  if (algorithm.startsWith('sk-')) return 'keys held by a security token are not supported';
  if (/^(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp\d{3})$/.test(algorithm)) return undefined;
  return 'the key is of an unknown kind; ed25519, RSA and ECDSA (nistp256, 384, 521) are accepted';
}

function no(why: string): SshKeyReading {
  return { ok: false, why };
}

/** The length-prefixed fields of a blob; undefined when lengths and bytes disagree. */
function fieldsOf(blob: Buffer): Buffer[] | undefined {
  const fields: Buffer[] = [];
  let at = 0;
  while (at < blob.length) {
    if (fields.length === fieldsMax || blob.length - at < 4) return undefined;
    const end = at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) return undefined;
    fields.push(blob.subarray(at + 4, end));
    at = end;
  }
  return fields;
}

/** The size of the key in bits, or the sentence that refuses it. */
function strengthOf(algorithm: string, fields: readonly Buffer[]): number | string {
  if (algorithm === 'ssh-ed25519') return ed25519Strength(fields);
  if (algorithm === 'ssh-rsa') return rsaStrength(fields);
  return curveStrength(algorithm.slice('ecdsa-sha2-'.length), fields);
}

function ed25519Strength(fields: readonly Buffer[]): number | string {
  const [point] = fields;
  const whole = fields.length === 1 && point?.length === ed25519Bytes;
  return whole ? 256 : 'the ed25519 key is damaged';
}

function rsaStrength(fields: readonly Buffer[]): number | string {
  const [exponent, modulus] = fields.map(positiveOf);
  if (fields.length !== 2 || exponent === undefined || modulus === undefined) {
    return 'the RSA key is damaged';
  }
  if (exponent < 3n || exponent % 2n === 0n || modulus % 2n === 0n) return 'the RSA key is damaged';
  const bits = modulus.toString(2).length;
  if (bits < rsaBitsMin) return `RSA keys need at least ${rsaBitsMin} bits; this one has ${bits}`;
  return bits > rsaBitsMax ? `RSA keys have at most ${rsaBitsMax} bits` : bits;
}

/** An mpint (RFC 4251 section 5) that is positive and written without superfluous zeros. */
function positiveOf(field: Buffer): bigint | undefined {
  const [first, second = 0] = field;
  if (first === undefined || first >= 0x80 || (first === 0 && second < 0x80)) return undefined;
  return BigInt(`0x${field.toString('hex')}`);
}

function curveStrength(name: string, fields: readonly Buffer[]): number | string {
  const curve = curves[name];
  const [inner, point] = fields;
  if (curve === undefined || point === undefined || fields.length !== 2) {
    return 'the ECDSA key is damaged or on an unknown curve';
  }
  const width = Math.ceil(curve.bits / 8);
  const uncompressed = point.length === 1 + 2 * width && point[0] === 4;
  if (inner?.toString('latin1') !== name || !uncompressed || !liesOn(curve.crv, point, width)) {
    return 'the ECDSA key is damaged';
  }
  return curve.bits;
}

/** OpenSSL refuses to import a point that is not on the curve. */
function liesOn(crv: string, point: Buffer, width: number): boolean {
  const x = point.subarray(1, 1 + width).toString('base64url');
  const y = point.subarray(1 + width).toString('base64url');
  try {
    createPublicKey({ key: { kty: 'EC', crv, x, y }, format: 'jwk' });
    return true;
  } catch {
    return false;
  }
}
