import { hkdfSync, randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../vocabulary/index.ts';

/** What identity keeps secret in the database is locked with keys derived from one master key. */
export type KeyPurpose =
  | 'insz-find'
  | 'insz-seal'
  | 'confirmation'
  | 'password-pepper'
  | 'mail-seal'
  | 'totp-seal'
  | 'partner-seal'
  | 'key-check';

/** The keys of this installation: 32 bytes each, another for every purpose. */
export interface IdentityKeys {
  key(purpose: KeyPurpose): Buffer;
}

const masterBytes = 32;
const fileName = 'identity.key';

/**
 * The master key of identity, in `identity.key` of the keys directory. It is made at first start
 * and then kept: without it no national number and no second factor of the database can be read.
 * Every process that shares the database needs the same file. Two processes that start at once end
 * with the same key: the file appears whole, by link, and only once.
 *
 * @throws Failure `identity.key` when the file does not hold a key
 */
export async function identityKeys(directory: string): Promise<IdentityKeys> {
  const path = join(directory, fileName);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const master = (await readMaster(path)) ?? (await makeMaster(path));
  return keysOf(master);
}

/** Keys from a master of 32 bytes: HKDF with SHA-256, the purpose as its label. */
export function keysOf(master: Buffer): IdentityKeys {
  const made = new Map<KeyPurpose, Buffer>();
  return {
    key(purpose) {
      const known = made.get(purpose);
      if (known !== undefined) return known;
      const derived = hkdfSync('sha256', master, '', `sluis identity ${purpose}`, masterBytes);
      const key = Buffer.from(derived);
      made.set(purpose, key);
      return key;
    },
  };
}

async function readMaster(path: string): Promise<Buffer | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new Failure('identity.key', { path, why: String(codeOf(error)) }, error);
  }
  const hex = text.trim();
  if (/^[0-9a-f]{64}$/.test(hex)) return Buffer.from(hex, 'hex');
  throw new Failure('identity.key', { path, why: '64 hexadecimal digits are expected' });
}

async function makeMaster(path: string): Promise<Buffer> {
  const temporary = `${path}.${randomUUID()}`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(`${randomBytes(masterBytes).toString('hex')}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(temporary, path);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  const master = await readMaster(path);
  if (master !== undefined) return master;
  throw new Failure('identity.key', { path, why: 'the file vanished while it was being made' });
}

function codeOf(error: unknown): unknown {
  return (error as { readonly code?: unknown }).code;
}
