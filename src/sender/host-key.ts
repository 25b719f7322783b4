import { createHash, createHmac } from 'node:crypto';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from '../vocabulary/index.ts';
import { codeOf } from './thrown.ts';

export type HostKeyFamily = 'ed25519' | 'ecdsa' | 'rsa';

export const hostKeyFamilies: readonly HostKeyFamily[] = ['ed25519', 'ecdsa', 'rsa'];

/** The key a server showed: its SSH wire form and `SHA256:…`, as `ssh-keygen -l` prints it. */
export interface HostKey {
  readonly blob: Buffer;
  readonly algorithm: string;
  readonly family: HostKeyFamily | undefined;
  readonly fingerprint: string;
}

/** Decides whether a server is the one meant. Asked in the middle of the handshake. */
export interface HostKeyTrust {
  /** Kinds of key to ask the server for, the most wanted first. */
  readonly families: readonly HostKeyFamily[];
  /** Where the key it should have is written, as `FILE:LINE`; several are parted by commas. */
  readonly pinnedAt?: string;
  accepts(key: HostKey): boolean;
  /** Called once the login has succeeded. */
  remember?(key: HostKey): Promise<void>;
}

/** Reads a host key from its wire form: a length, the name of the algorithm, the numbers. */
export function hostKeyOf(blob: Buffer): HostKey {
  const length = blob.length >= 4 ? blob.readUInt32BE(0) : 0;
  const algorithm = blob.subarray(4, 4 + Math.min(length, 64)).toString('latin1');
  const digest = createHash('sha256').update(blob).digest('base64').replace(/=+$/, '');
  return { blob, algorithm, family: familyOf(algorithm), fingerprint: `SHA256:${digest}` };
}

function familyOf(algorithm: string): HostKeyFamily | undefined {
  if (algorithm === 'ssh-ed25519') return 'ed25519';
  if (algorithm === 'ssh-rsa') return 'rsa';
  return algorithm.startsWith('ecdsa-sha2-') ? 'ecdsa' : undefined;
}

/**
 * Trusts the servers with one of these fingerprints and no other.
 *
 * @throws Failure `cli.usage` when one is not written `SHA256:` and 43 characters of base64.
 */
export function pinnedHostKey(fingerprints: readonly string[]): HostKeyTrust {
  const pinned = new Set(fingerprints.map((text) => text.trim().replace(/=+$/, '')));
  for (const text of pinned) {
    if (!/^SHA256:[A-Za-z0-9+/]{43}$/.test(text)) {
      throw new Failure('cli.usage', { hostKey: text, expected: 'SHA256:…' });
    }
  }
  return { families: hostKeyFamilies, accepts: ({ fingerprint }) => pinned.has(fingerprint) };
}

export interface KnownHostsOptions {
  /** In the form of OpenSSH; made when it does not exist. */
  readonly file: string;
  readonly host: string;
  readonly port: number;
  /** Told of a key that was stored just now because the host was new. */
  readonly onFirst?: (key: HostKey) => void;
}

const knownHostsBytesMax = 4 * 1024 * 1024;

/**
 * Trusts a server as OpenSSH does with `accept-new`: a key seen before must be seen again, the key
 * of a new server is stored. The file is the `known_hosts` of OpenSSH, hashed names included;
 * lines with a marker (`@revoked`, `@cert-authority`) trust nobody.
 *
 * @throws Failure `cli.unreadable` when the file cannot be read.
 */
export async function knownHostKey(o: KnownHostsOptions): Promise<HostKeyTrust> {
  const lines = (await readKnownHosts(o.file)).split('\n');
  const entries = lines.flatMap((line, index) => entryOf(line, index + 1) ?? []);
  const name = o.port === 22 ? o.host : `[${o.host}]:${String(o.port)}`;
  const known = entries.filter(({ hosts }) => hosts.some((host) => matches(host, name)));
  const families = new Set(known.flatMap(({ key }) => key.family ?? []));
  const accepts = ({ blob }: HostKey): boolean =>
    known.length === 0 || known.some(({ key }) => key.blob.equals(blob));
  return {
    families: families.size === 0 ? hostKeyFamilies : [...families],
    pinnedAt: known.map(({ line }) => `${o.file}:${String(line)}`).join(', '),
    accepts,
    remember: async (key) => {
      if (known.length > 0) return;
      await mkdir(dirname(o.file), { recursive: true, mode: 0o700 });
      const line = `${name} ${key.algorithm} ${key.blob.toString('base64')}\n`;
      await appendFile(o.file, needsLineEnd(lines) ? `\n${line}` : line, { mode: 0o600 });
      o.onFirst?.(key);
    },
  };
}

async function readKnownHosts(file: string): Promise<string> {
  try {
    const text = await readFile(file, 'utf8');
    if (text.length > knownHostsBytesMax) throw new Failure('cli.unreadable', { file });
    return text;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return '';
    throw new Failure('cli.unreadable', { file }, error);
  }
}

function needsLineEnd(lines: readonly string[]): boolean {
  return lines.at(-1) !== '';
}

interface KnownHost {
  readonly hosts: readonly string[];
  readonly key: HostKey;
  /** Of the file, from 1. */
  readonly line: number;
}

function entryOf(text: string, line: number): KnownHost | undefined {
  const [hosts = '', algorithm = '', base64 = ''] = text.trim().split(/\s+/);
  if (hosts === '' || hosts.startsWith('#') || hosts.startsWith('@') || base64 === '') {
    return undefined;
  }
  const key = hostKeyOf(Buffer.from(base64, 'base64'));
  return key.algorithm === algorithm ? { hosts: hosts.split(','), key, line } : undefined;
}

/** A name as it is, or `|1|salt|HMAC-SHA1 of the name`. Patterns are not followed. */
function matches(written: string, name: string): boolean {
  const [, version, salt = '', hash = ''] = written.split('|');
  if (version !== '1') return written === name;
  const digest = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64');
  return digest === hash;
}
