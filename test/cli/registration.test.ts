import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from '../../src/cli/index.ts';
import { readPassword } from '../../src/cli/password-input.ts';
import { enterpriseNumberOf } from '../../src/vocabulary/index.ts';
import { testDatabase } from '../make/database.ts';
import { aCertificate, ed25519Line, fingerprintOfLine } from '../make/registration.ts';
import type { TestDatabase } from '../make/database.ts';

let database: TestDatabase;
let folder: string;
let config: string;

beforeAll(async () => {
  database = await testDatabase();
  folder = mkdtempSync(join(tmpdir(), 'sluis-cli-'));
  config = write('sluis.yaml', `databaseUrl: ${JSON.stringify(database.url)}\ndata: ${folder}\n`);
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await database.drop();
});

function write(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

interface Outcome {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

async function sluis(...commandLine: string[]): Promise<Outcome> {
  let out = '';
  let err = '';
  const exit = await run(['--config', config, ...commandLine], {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
  });
  return { exit, out, err };
}

async function json(...commandLine: string[]): Promise<unknown> {
  const { exit, out, err } = await sluis(...commandLine, '--json');
  expect({ exit, err }).toEqual({ exit: 0, err: expect.any(String) });
  return JSON.parse(out);
}

/** Runs with something on standard input, as a shell pipe would. */
async function withInput<T>(text: string, work: () => Promise<T>): Promise<T> {
  const before = Object.getOwnPropertyDescriptor(process, 'stdin');
  Object.defineProperty(process, 'stdin', { value: Readable.from([text]), configurable: true });
  try {
    return await work();
  } finally {
    if (before !== undefined) Object.defineProperty(process, 'stdin', before);
  }
}

const number = enterpriseNumberOf(3_000_001);

describe('sluis registration', () => {
  it('registers an enterprise, its sender and its login, and lists them', async () => {
    const line = ed25519Line();
    const key = write('id.pub', line);

    const enterprise = await json('enterprise', 'add', '--number', number, '--name', 'Acme');
    const sender = await json(
      ...['sender', 'add', '--number', '123456', '--enterprise', number],
      ...['--quality', 'social-secretariat', '--types', 'MEDC,DMFA', '--environments', 'R,T'],
    );
    const user = await json(
      ...['technical-user', 'add', '--username', 'secretariat1', '--sender', '123456'],
      ...['--ssh-key', key],
    );

    expect(enterprise).toMatchObject({ number, name: 'Acme', country: 'BE', nsso: null });
    expect(sender).toMatchObject({
      number: '123456',
      types: ['DMFA', 'MEDC'],
      environments: ['R', 'T'],
    });
    expect(user).toMatchObject({
      ...{ username: 'secretariat1', sender: '123456', auth: 'publickey', state: 'active' },
      keys: [{ kind: 'ssh-key', algorithm: 'ssh-ed25519', fingerprint: fingerprintOfLine(line) }],
    });
    expect(await json('enterprise', 'list')).toHaveLength(1);
    expect(await json('sender', 'list')).toMatchObject([{ number: '123456' }]);
    expect(await json('technical-user', 'list')).toMatchObject([{ username: 'secretariat1' }]);
  });

  it('says the same to people, in aligned columns', async () => {
    const { exit, out } = await sluis('technical-user', 'list', '--sender', '123456');

    expect(exit).toBe(0);
    expect(out).toBe(
      [
        'username      sender  state   auth       password  ssh-rsa',
        'secretariat1  123456  active  publickey  -         -',
        '',
      ].join('\n'),
    );
  });

  it.each([
    ['an enterprise', ['enterprise', 'add', '--number', number, '--name', 'Acme']],
    [
      'a sender',
      ['sender', 'add', '--number', '123456', '--enterprise', number, '--quality', 'employer'],
    ],
    ['a login', ['technical-user', 'add', '--username', 'secretariat1', '--sender', '123456']],
  ])('says that %s is registered already, with exit code 1', async (_what, commandLine) => {
    const { exit, err } = await sluis(...commandLine);

    expect(exit).toBe(1);
    expect(err).toContain('registration.exists');
  });

  it.each<[string, number, string[]]>([
    [
      'a number with wrong check digits',
      1,
      ['enterprise', 'add', '--number', '0206731646', '--name', 'X'],
    ],
    ['an option left out', 2, ['enterprise', 'add', '--number', '0206731645']],
    ['a command that is none', 2, ['enterprise', 'marry']],
    ['a file that is not there', 2, ['trust', 'add', '/nowhere/issuer.pem']],
    ['a login nobody registered', 1, ['technical-user', 'block', '--username', 'nobody1234']],
    [
      'a serial that is none',
      2,
      ['technical-user', 'revoke-serial', '--username', 'secretariat1', 'x'],
    ],
  ])('answers %s with exit code %i', async (_what, code, commandLine) => {
    expect((await sluis(...commandLine)).exit).toBe(code);
  });

  it('registers a login with certificate, SSH authority and old signatures allowed', async () => {
    const { certificatePem } = await aCertificate({
      commonName: 'With',
      to: '2040-01-01T00:00:00Z',
    });

    const user = await json(
      ...['technical-user', 'add', '--username', 'secretariat9', '--sender', '123456'],
      ...['--certificate', write('with.pem', certificatePem), '--allow-ssh-rsa'],
      ...[
        '--ssh-ca',
        write('ca.pub', ed25519Line()),
        '--ssh-key',
        write('nine.pub', ed25519Line()),
      ],
    );

    expect(user).toMatchObject({
      ...{ auth: 'publickey', allowSshRsa: true, certificates: [{ subject: 'CN=With' }] },
      keys: [{ kind: 'ssh-key' }, { kind: 'ssh-ca' }, { kind: 'certificate-key' }],
    });
  });

  it('takes a password from stdin only, and prints it nowhere', async () => {
    const secret = 'correct horse battery';
    const commandLine = [
      'technical-user',
      'add',
      '--username',
      'secretariat2',
      '--sender',
      '123456',
    ];

    const { exit, out, err } = await withInput(`${secret}\n`, () =>
      sluis(...commandLine, '--password-stdin'),
    );

    expect(exit).toBe(0);
    expect(`${out}${err}`).not.toContain(secret);
    const { rows } = await database.knex.raw<{ rows: { password_hash: string }[] }>(
      `select password_hash from technical_user where username = 'secretariat2'`,
    );
    expect(rows[0]?.password_hash).toMatch(/^\$argon2id\$/);
  });

  it('replaces a password', async () => {
    const { exit } = await withInput('another good password\r\n', () =>
      sluis('technical-user', 'set-password', '--username', 'secretariat2', '--password-stdin'),
    );

    expect(exit).toBe(0);
  });

  it('refuses a weak password without repeating it', async () => {
    const { exit, err } = await withInput('password123', () =>
      sluis('technical-user', 'set-password', '--username', 'secretariat2', '--password-stdin'),
    );

    expect(exit).toBe(1);
    expect(err).toContain('commonest');
    expect(err).not.toContain('password123');
  });

  it('refuses a private key given by mistake, in one clear sentence', async () => {
    const key = write('id', '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaA==\n');

    const { exit, err } = await sluis(
      'technical-user',
      'add-key',
      '--username',
      'secretariat1',
      '--ssh-key',
      key,
    );

    expect(exit).toBe(1);
    expect(err).toContain('this is a private key');
    expect(err).not.toContain('b3BlbnNzaA');
  });

  it('adds, shows and retires keys', async () => {
    const line = ed25519Line();
    const username = ['--username', 'secretariat1'];

    await json('technical-user', 'add-key', ...username, '--ssh-key', write('second.pub', line));
    const both = await json('technical-user', 'show', ...username);
    await json('technical-user', 'retire-key', ...username, fingerprintOfLine(line));
    const one = await json('technical-user', 'show', ...username);

    expect(both).toMatchObject({ keys: [{}, { fingerprint: fingerprintOfLine(line) }] });
    expect((one as { keys: unknown[] }).keys).toHaveLength(1);
  });

  it('links a certificate, previews it, lists and retires it', async () => {
    const { certificatePem } = await aCertificate({
      commonName: 'Signer One',
      to: '2040-01-01T00:00:00Z',
    });
    const file = write('signer.pem', certificatePem);
    const mine = ['--username', 'secretariat1'];

    const added = await sluis('certificate', 'add', '--username', 'secretariat1', file);
    const again = await sluis('certificate', 'add', '--username', 'secretariat2', file);
    const listed = (await json('certificate', 'list', ...mine)) as { fingerprint: string }[];
    const retired = await sluis(
      ...['certificate', 'retire', '--username', 'secretariat1', listed[0]?.fingerprint ?? ''],
    );

    expect(added.out).toMatch(
      /subject +CN=Signer One\n +issuer +CN=Signer One\n[^]*valid +2026-01-01 to 2040-01-01/,
    );
    expect(again).toMatchObject({ exit: 1 });
    expect(again.err).toContain('linked to another technical user');
    expect(listed).toMatchObject([{ username: 'secretariat1', sender: '123456', retiredAt: null }]);
    expect(retired.exit).toBe(0);
    expect(await json('certificate', 'list', ...mine)).toEqual([]);
    expect(await json('certificate', 'list', ...mine, '--retired')).toHaveLength(1);
  });

  it('trusts a certificate and notes that nothing below it can be revoked', async () => {
    const { certificatePem } = await aCertificate({
      commonName: 'Issuer',
      to: '2040-01-01T00:00:00Z',
    });
    const file = write('issuer.pem', certificatePem);

    const { exit, err } = await sluis('trust', 'add', file);

    expect(exit).toBe(0);
    expect(err).toContain('without a CRL');
    expect((await sluis('trust', 'add', file)).exit).toBe(1);
    expect(await json('trust', 'list')).toMatchObject([{ subject: 'CN=Issuer', crl: null }]);
  });

  it('blocks, unblocks and removes a login', async () => {
    const stateAfter = async (verb: string): Promise<unknown> => {
      expect((await sluis('technical-user', verb, '--username', 'secretariat2')).exit).toBe(0);
      const users = (await json('technical-user', 'list')) as { username: string; state: string }[];
      return users.find(({ username }) => username === 'secretariat2')?.state;
    };

    expect(await stateAfter('block')).toBe('blocked');
    expect(await stateAfter('unblock')).toBe('active');
    expect(await stateAfter('remove')).toBe('removed');
  });

  it('takes the name of a login bare or as an option, and asks for one', async () => {
    const bare = await sluis('technical-user', 'block', 'secretariat9');
    const option = await sluis('technical-user', 'unblock', '--username', 'secretariat9');
    const neither = await sluis('technical-user', 'block');

    expect([bare.exit, option.exit, neither.exit]).toEqual([0, 0, 2]);
  });

  it('retires a certificate by its fingerprint alone, written with colons or not', async () => {
    const mine = ['--username', 'secretariat9'];
    const [listed] = (await json('certificate', 'list', ...mine)) as { fingerprint: string }[];
    const colons = (listed?.fingerprint ?? '').toUpperCase().replace(/..(?=.)/g, '$&:');

    const first = await sluis('certificate', 'retire', colons);
    const second = await sluis('certificate', 'retire', colons);

    expect([first.exit, second.exit]).toEqual([0, 1]);
    expect(await json('certificate', 'list', ...mine)).toEqual([]);
  });

  it('writes every act into the journal, with who did it', async () => {
    const { rows } = await database.knex.raw<{ rows: { code: string; operator: string | null }[] }>(
      `select code, facts ->> 'operator' as operator from journal_event order by id`,
    );

    const codes = rows.map(({ code }) => code);
    expect(codes.slice(0, 3)).toEqual([
      'identity.enterprise-registered',
      'identity.sender-registered',
      'identity.technical-user-registered',
    ]);
    expect(codes).toEqual(
      expect.arrayContaining(['identity.trust-added', 'identity.certificate-added']),
    );
    expect(rows.every(({ operator }) => operator !== null && operator !== '')).toBe(true);
  });
});

describe('a password on stdin', () => {
  it.each([
    ['nothing', ''],
    ['two lines', 'first line\nsecond line\n'],
    ['more than a kilobyte', 'x'.repeat(1025)],
  ])('is refused when it is %s', async (_what, text) => {
    await expect(readPassword(Readable.from([text]))).rejects.toMatchObject({ code: 'cli.usage' });
  });

  it('keeps its spaces and loses its line end', async () => {
    expect(await readPassword(Readable.from(['  two', ' words \r\n']))).toBe('  two words ');
  });
});
