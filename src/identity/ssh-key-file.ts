import { Failure } from '../vocabulary/index.ts';
import { readSshBlob } from './ssh-key.ts';
import type { SshPublicKey } from './ssh-key.ts';

/** A key as a file brought it: with the comment its maker wrote, at most 100 characters. */
export interface SshKeyEntry extends SshPublicKey {
  readonly comment: string;
}

export const sshKeyFileBytesMax = 65_536;
const keysPerFileMax = 16;
const commentCharactersMax = 100;

/**
 * Reads the public keys of a file: OpenSSH one-line form, or the armoured form of RFC 4716 that
 * PuTTYgen and WinSCP save.
 *
 * @throws Failure `registration.invalid`, with the reason in the fact `why`; never any part of the
 * file, which may turn out to be a private key.
 */
export function readSshKeyFile(bytes: Buffer): SshKeyEntry[] {
  if (bytes.length > sshKeyFileBytesMax) throw refused('the file is too large for a public key');
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  refusePrivate(text);
  const entries = text.includes('---- BEGIN SSH2 PUBLIC KEY ----')
    ? armouredEntries(text)
    : lineEntries(text);
  if (entries.length === 0) throw refused('the file holds no SSH public key');
  return entries;
}

function refused(why: string): Failure {
  return new Failure('registration.invalid', { what: 'SSH public key', why });
}

/** The commonest slip: the file without `.pub`. Said plainly, because that key may now be known. */
function refusePrivate(text: string): void {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----|^PuTTY-User-Key-File-/m.test(text)) {
    throw refused(
      'this is a private key: it stays with its owner; give the public half, the file that ends in .pub',
    );
  }
  if (/-----BEGIN (?:RSA )?PUBLIC KEY-----/.test(text)) {
    throw refused('this is a PEM public key; convert it with: ssh-keygen -i -m PKCS8 -f FILE');
  }
  if (text.includes('-----BEGIN CERTIFICATE')) {
    throw refused('this is an X.509 certificate; register it with --certificate');
  }
}

function lineEntries(text: string): SshKeyEntry[] {
  const lines = text
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (lines.length > keysPerFileMax) {
    throw refused(`a file may hold at most ${keysPerFileMax} keys`);
  }
  return lines.map(lineEntry);
}

function lineEntry(line: string): SshKeyEntry {
  const [kind = '', base64 = '', ...comment] = line.split(/[ \t]+/);
  if (!/^(?:ssh-|ecdsa-|sk-)[\w@.-]+$/.test(kind)) {
    throw refused('each line reads: algorithm, key, comment; options before the key are not taken');
  }
  return entryOf(base64, comment.join(' '), kind);
}

function armouredEntries(text: string): SshKeyEntry[] {
  const block = /---- BEGIN SSH2 PUBLIC KEY ----([^]*?)---- END SSH2 PUBLIC KEY ----/g;
  const bodies = [...text.matchAll(block)].map(([, body = '']) => body);
  if (bodies.length > keysPerFileMax) {
    throw refused(`a file may hold at most ${keysPerFileMax} keys`);
  }
  return bodies.map((body) => {
    const lines = body.replace(/\\\r?\n/g, '').split(/\r\n|\r|\n/);
    const comment = lines.find((line) => /^comment:/i.test(line)) ?? '';
    const base64 = lines.filter((line) => !line.includes(':')).join('');
    return entryOf(base64.replace(/\s/g, ''), comment.replace(/^comment:\s*"?|"\s*$/gi, ''));
  });
}

function entryOf(base64: string, comment: string, announced?: string): SshKeyEntry {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) throw refused('the key is not base64');
  const reading = readSshBlob(Buffer.from(base64, 'base64'));
  if (!reading.ok) throw refused(reading.why);
  if (announced !== undefined && announced !== reading.key.algorithm) {
    throw refused('the line names another kind of key than the one it holds');
  }
  return { ...reading.key, comment: printable(comment) };
}

/** Comments are foreign text that ends up on terminals: control characters are dropped. */
function printable(comment: string): string {
  return comment.replace(/\p{C}/gu, '').trim().slice(0, commentCharactersMax);
}
