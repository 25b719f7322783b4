import { createHash, generateKeyPair, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { link, mkdir, open, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { Failure } from '../../vocabulary/index.ts';
import { ed25519KeyPair } from './ssh-key-pair.ts';

/** A private host key, in OpenSSH's own form or PKCS#1. */
export interface HostKey {
  readonly pem: string;
}

interface HostKeyKind {
  readonly file: string;
  readonly generate: () => Promise<string>;
}

const rsaBits = 3072;

const kinds: readonly HostKeyKind[] = [
  { file: 'ssh_host_ed25519_key', generate: async () => (await ed25519KeyPair()).private },
  { file: 'ssh_host_rsa_key', generate: rsaKey },
];

/**
 * The host keys kept in a directory, made when missing. Processes that start at one moment end up
 * with the same keys: a key is linked into place, and whoever comes second takes the first one's.
 */
export async function ensureHostKeys(directory: string): Promise<readonly HostKey[]> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const keys: HostKey[] = [];
  for (const kind of kinds) keys.push({ pem: await keep(directory, kind) });
  return keys;
}

async function keep(directory: string, kind: HostKeyKind): Promise<string> {
  const path = join(directory, kind.file);
  const present = await readIfThere(path);
  if (present !== undefined) return present;
  const temporary = join(directory, `.${kind.file}.${randomUUID()}`);
  await writeDurably(temporary, await kind.generate());
  try {
    await link(temporary, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    await unlink(temporary);
  }
  await syncDirectory(directory);
  return readFile(path, 'utf8');
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function hasCode(error: unknown, code: string): boolean {
  return (error as { readonly code?: unknown }).code === code;
}

/** RSA in PKCS#1, which the library reads. */
async function rsaKey(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: rsaBits });
  return privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
}

/** `SHA256:…` as ssh-keygen prints it. Throws Failure `channel.listen` for an unreadable key. */
export function fingerprintOf(key: HostKey): string {
  const parsed = ssh2.utils.parseKey(key.pem);
  if (parsed instanceof Error) throw new Failure('channel.listen', { what: 'host key' }, parsed);
  const digest = createHash('sha256').update(parsed.getPublicSSH()).digest('base64');
  return `SHA256:${digest.replace(/=+$/, '')}`;
}
