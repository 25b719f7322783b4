import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import ssh2 from 'ssh2';
import { readLoginKey } from '../../src/sender/index.ts';

let home: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'sluis-keys-'));
});

afterAll(() => {
  rmSync(home, { recursive: true });
});

function made(name: string, passphrase: string): { readonly key: Buffer; readonly blob: string } {
  const path = join(home, name);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', '', '-f', path]);
  const [, blob = ''] = readFileSync(`${path}.pub`, 'utf8').split(' ');
  return { key: readFileSync(path), blob: blob.trim() };
}

function publicBlobOf(key: string): string {
  const parsed = ssh2.utils.parseKey(key);
  if (parsed instanceof Error) throw parsed;
  return parsed.getPublicSSH().toString('base64');
}

describe('reading a login key', () => {
  it('takes what ssh-keygen makes', () => {
    const { key, blob } = made('plain', '');

    expect(publicBlobOf(readLoginKey(key))).toBe(blob);
  });

  it('opens an encrypted key with its passphrase, and needs it no more', () => {
    const { key, blob } = made('locked', 'open sesame');

    expect(publicBlobOf(readLoginKey(key, 'open sesame'))).toBe(blob);
  });

  it.each([[undefined], ['wrong']])('tells that a passphrase would help (given %s)', (given) => {
    const { key } = made(`locked-${String(given)}`, 'open sesame');

    expect(() => readLoginKey(key, given)).toThrow(
      expect.objectContaining({
        code: 'seal.unreadable',
        facts: expect.objectContaining({ encrypted: true }),
      }),
    );
  });

  it.each([
    ['rsa', generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['ec', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['ed25519', generateKeyPairSync('ed25519')],
  ])('turns PKCS #8 into a form SSH knows: %s', (_, { privateKey, publicKey }) => {
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

    const key = readLoginKey(pem);

    const parsed = ssh2.utils.parseKey(key);
    if (parsed instanceof Error) throw parsed;
    const signature = parsed.sign(Buffer.from('challenge'));
    if (signature instanceof Error) throw signature;
    expect(parsed.verify(Buffer.from('challenge'), signature)).toBe(true);
    expect(parsed.getPublicPEM().replace(/\s/g, '')).toBe(
      publicKey.export({ type: 'spki', format: 'pem' }).toString().replace(/\s/g, ''),
    );
  });

  it.each([
    ['nothing of the kind', 'hello'],
    [
      'a public key',
      'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMzrWCnaSAVHXBpEBRBGx0Qb4CGNNgrVUHXPUoq0fsCN x',
    ],
    ['far too much', '-'.repeat(100_000)],
  ])('refuses %s', (_, text) => {
    expect(() => readLoginKey(text)).toThrow(expect.objectContaining({ code: 'seal.unreadable' }));
  });
});
