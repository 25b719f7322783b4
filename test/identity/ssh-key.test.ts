import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readSshBlob, readSshKeyFile } from '../../src/identity/index.ts';
import { Failure } from '../../src/vocabulary/index.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluis-ssh-key-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function keygen(...options: string[]): string {
  return execFileSync('ssh-keygen', options, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function makeKey(name: string, ...options: string[]): string {
  const path = join(folder, name);
  keygen('-q', '-N', '', '-C', 'clerk at example', '-f', path, ...options);
  return path;
}

function refusalOf(bytes: Buffer | string): string {
  try {
    readSshKeyFile(Buffer.from(bytes));
  } catch (thrown) {
    if (thrown instanceof Failure) return `${thrown.code}: ${String(thrown.facts['why'])}`;
    throw thrown;
  }
  return 'accepted';
}

const field = (bytes: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
const blobOf = (algorithm: string, ...fields: Buffer[]): Buffer =>
  Buffer.concat([field(Buffer.from(algorithm)), ...fields.map(field)]);
const lineOf = (algorithm: string, blob: Buffer): string =>
  `${algorithm} ${blob.toString('base64')} someone`;

describe('SSH public keys', () => {
  it.each([
    ['ed25519', ['-t', 'ed25519'], 'ssh-ed25519', 256],
    ['rsa2048', ['-t', 'rsa', '-b', '2048'], 'ssh-rsa', 2048],
    ['p256', ['-t', 'ecdsa', '-b', '256'], 'ecdsa-sha2-nistp256', 256],
    ['p384', ['-t', 'ecdsa', '-b', '384'], 'ecdsa-sha2-nistp384', 384],
    ['p521', ['-t', 'ecdsa', '-b', '521'], 'ecdsa-sha2-nistp521', 521],
  ])('reads the %s key of ssh-keygen as ssh-keygen does', (name, options, algorithm, bits) => {
    const path = makeKey(name, ...options);

    const [key] = readSshKeyFile(readFileSync(`${path}.pub`));

    expect(key).toMatchObject({ algorithm, bits, comment: 'clerk at example' });
    expect(keygen('-l', '-f', `${path}.pub`)).toContain(
      `${String(bits)} ${key?.fingerprint ?? '?'} `,
    );
  });

  it('reads the armoured form that PuTTYgen and WinSCP save', () => {
    const path = makeKey('armoured', '-t', 'rsa', '-b', '3072');
    const armoured = keygen('-e', '-f', `${path}.pub`);

    const [key] = readSshKeyFile(Buffer.from(armoured.replaceAll('\n', '\r\n')));

    expect(key).toMatchObject(
      readSshKeyFile(readFileSync(`${path}.pub`)).map(({ blob }) => ({ blob }))[0] ?? {},
    );
  });

  it('reads several keys of one file', () => {
    const both = ['several1', 'several2'].map((name) =>
      readFileSync(`${makeKey(name, '-t', 'ed25519')}.pub`, 'utf8'),
    );

    expect(readSshKeyFile(Buffer.from(`# keys\n${both.join('\n')}`))).toHaveLength(2);
  });

  it.each([
    ['-t', 'ed25519'],
    ['-t', 'rsa', '-b', '2048', '-m', 'PEM'],
  ])('refuses the private half and repeats nothing of it (%s %s)', (...options) => {
    const path = makeKey(`private-${options.join('')}`, ...options);
    const secret = readFileSync(path, 'utf8');

    const refusal = refusalOf(secret);

    expect(refusal).toMatch(/^registration\.invalid: this is a private key/);
    expect(
      secret
        .split('\n')
        .slice(1, 3)
        .some((line) => refusal.includes(line)),
    ).toBe(false);
  });

  it('refuses a PuTTY private key', () => {
    expect(refusalOf('PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n')).toContain(
      'private key',
    );
  });

  it('refuses RSA below 2048 bits', () => {
    const path = makeKey('weak', '-t', 'rsa', '-b', '1024');

    expect(refusalOf(readFileSync(`${path}.pub`))).toContain(
      'at least 2048 bits; this one has 1024',
    );
  });

  it('refuses DSA', () => {
    expect(refusalOf(lineOf('ssh-dss', blobOf('ssh-dss', Buffer.alloc(20))))).toContain('DSA');
  });

  it('refuses an SSH certificate and points to its authority', () => {
    const authority = makeKey('authority', '-t', 'ed25519');
    const path = makeKey('certified', '-t', 'ed25519');
    keygen('-q', '-s', authority, '-I', 'id', '-n', 'someone1', `${path}.pub`);

    expect(refusalOf(readFileSync(`${path}-cert.pub`))).toContain('--ssh-ca');
  });

  it('refuses an X.509 certificate and a PEM public key with the way to do it', () => {
    expect(refusalOf('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----')).toContain(
      '--certificate',
    );
    expect(refusalOf('-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----')).toContain(
      'ssh-keygen -i',
    );
  });

  it.each([
    ['an empty file', ''],
    [
      'options before the key',
      `restrict ${lineOf('ssh-ed25519', blobOf('ssh-ed25519', Buffer.alloc(32)))}`,
    ],
    ['no base64', 'ssh-ed25519 *** someone'],
    ['a line that names another kind', lineOf('ssh-rsa', blobOf('ssh-ed25519', Buffer.alloc(32)))],
    [
      'seventeen keys',
      Array.from({ length: 17 }, () =>
        lineOf('ssh-ed25519', blobOf('ssh-ed25519', Buffer.alloc(32))),
      ).join('\n'),
    ],
    ['a file beyond the limit', Buffer.alloc(65_537, 'a')],
  ])('refuses %s', (_what, bytes) => {
    expect(refusalOf(bytes)).toMatch(/^registration\.invalid: /);
  });

  it.each([
    ['a length beyond the end', Buffer.from([0, 0, 255, 255, 1])],
    [
      'a length that is cut',
      Buffer.concat([blobOf('ssh-ed25519', Buffer.alloc(32)), Buffer.from([0])]),
    ],
    ['a field too many', blobOf('ssh-ed25519', Buffer.alloc(32), Buffer.alloc(0))],
    ['an ed25519 key of 31 bytes', blobOf('ssh-ed25519', Buffer.alloc(31))],
    ['a negative modulus', blobOf('ssh-rsa', Buffer.from([1, 0, 1]), Buffer.alloc(256, 0xff))],
    [
      'an even modulus',
      blobOf(
        'ssh-rsa',
        Buffer.from([1, 0, 1]),
        Buffer.concat([Buffer.from([0x7f]), Buffer.alloc(256)]),
      ),
    ],
    [
      'a padded modulus',
      blobOf(
        'ssh-rsa',
        Buffer.from([1, 0, 1]),
        Buffer.concat([Buffer.from([0, 0x7f]), Buffer.alloc(256, 1)]),
      ),
    ],
    [
      'an even exponent',
      blobOf(
        'ssh-rsa',
        Buffer.from([4]),
        Buffer.concat([Buffer.from([0x7f]), Buffer.alloc(256, 1)]),
      ),
    ],
    [
      'a point off the curve',
      blobOf(
        'ecdsa-sha2-nistp256',
        Buffer.from('nistp256'),
        Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 1)]),
      ),
    ],
    [
      'two curves in one key',
      blobOf(
        'ecdsa-sha2-nistp256',
        Buffer.from('nistp384'),
        Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 1)]),
      ),
    ],
    ['an empty blob', Buffer.alloc(0)],
    ['a blob beyond the limit', blobOf('ssh-rsa', Buffer.alloc(20_000, 1))],
  ])('refuses %s', (_what, blob) => {
    expect(readSshBlob(blob)).toMatchObject({ ok: false });
  });
});
