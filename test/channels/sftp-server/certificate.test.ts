import { execFileSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { LoginAccount } from '../../../src/channels/index.ts';
import { judgeCertificate } from '../../../src/channels/sftp-server/ssh-certificate.ts';
import { anAccount, publicKeyOf } from '../../fakes/logins.ts';
import { madeKey, sftp, type Outcome } from '../../make/clients.ts';
import { anSftpServer, type TestServer } from '../../make/sftp-server.ts';

let gate: TestServer;
let authority: ReturnType<typeof madeKey>;
beforeAll(async () => {
  gate = await anSftpServer();
  authority = madeKey(gate.folder, 'ca');
});
afterEach(() => {
  (gate.events as unknown[]).length = 0;
  (gate.logins.notes as unknown[]).length = 0;
});
afterAll(async () => {
  await gate.close();
});

/** An account that trusts an authority and knows no key. */
function trusting(publicLine: string, over: Partial<LoginAccount> = {}): void {
  const certificateAuthorities = [publicKeyOf(publicLine)];
  gate.logins.accounts.set(
    'payroll02',
    anAccount('payroll02', [], { certificateAuthorities, ...over }),
  );
}

/** A fresh key with a certificate beside it; the path of the key. */
function certified(
  o: {
    readonly ca?: string;
    readonly type?: readonly string[];
    readonly principals?: string;
    readonly options?: readonly string[];
    readonly serial?: number;
  } = {},
): string {
  const folder = mkdtempSync(join(gate.folder, 'cert-'));
  const key = madeKey(folder, 'key', o.type);
  execFileSync('ssh-keygen', [
    ...['-q', '-s', o.ca ?? authority.path, '-I', 'test', '-z', String(o.serial ?? 7)],
    ...['-n', o.principals ?? 'payroll02', ...(o.options ?? []), `${key.path}.pub`],
  ]);
  return key.path;
}

function login(keyPath: string): Promise<Outcome> {
  return sftp({ ...gate.login, keyPath }, ['pwd'], `CertificateFile=${keyPath}-cert.pub`);
}

function noted(): readonly string[] {
  return gate.logins.notes.map(({ reason, method }) => `${reason} ${method}`);
}

describe('a certificate of an authority the account trusts', () => {
  it.each([
    [['ed25519'], ['ed25519']],
    [['rsa', '3072'], ['ed25519']],
    [['ecdsa', '256'], ['ed25519']],
    [['ecdsa', '521'], ['ed25519']],
    [['ed25519'], ['rsa', '3072']],
    [['ed25519'], ['ecdsa', '256']],
    [['ed25519'], ['ecdsa', '384']],
    [
      ['ecdsa', '384'],
      ['ecdsa', '521'],
    ],
  ])('lets a key of type %j in, signed by a key of type %j', async (type, by) => {
    const ca = madeKey(mkdtempSync(join(gate.folder, 'ca-')), 'ca', by);
    trusting(ca.publicLine);

    const done = await login(certified({ ca: ca.path, type }));

    expect(done).toMatchObject({ code: 0 });
    expect(noted()).toEqual(['ok certificate']);
  });

  it('may say from which addresses it counts', async () => {
    trusting(authority.publicLine);

    const done = await login(
      certified({ options: ['-O', 'source-address=10.0.0.0/8,127.0.0.0/8'] }),
    );

    expect(done.code).toBe(0);
  });

  it('may carry extensions, which mean nothing here', async () => {
    trusting(authority.publicLine);

    const done = await login(certified({ options: ['-O', 'extension:login@github.com=x'] }));

    expect(done.code).toBe(0);
  });
});

describe('a certificate', () => {
  it.each([
    ['for somebody else', { principals: 'payroll03' }],
    ['for names of which none is quite the user', { principals: 'payroll,payroll022,PAYROLL02' }],
    ['that expired', { options: ['-V', '-2d:-1d'] }],
    ['that is not valid yet', { options: ['-V', '+1d:+2d'] }],
    ['for other addresses', { options: ['-O', 'source-address=10.0.0.0/8'] }],
    ['for one command', { options: ['-O', 'force-command=internal-sftp'] }],
    ['with a critical option nobody knows', { options: ['-O', 'critical:x@sluis.test=1'] }],
    ['whose serial is revoked', { serial: 13 }],
  ])('%s is refused', async (_what, o) => {
    trusting(authority.publicLine, { revokedSerials: [13n] });

    const done = await login(certified(o));

    expect(done.code).toBe(255);
    expect(noted()).toEqual(['certificate-refused publickey']);
  });

  it('of an authority the account does not trust is refused', async () => {
    trusting(madeKey(mkdtempSync(join(gate.folder, 'other-')), 'ca').publicLine);

    const done = await login(certified());

    expect(done.code).toBe(255);
    expect(noted()).toEqual(['certificate-refused publickey']);
  });

  it('is worth nothing to an account without authorities', async () => {
    gate.logins.accounts.set('payroll02', anAccount('payroll02', []));

    const done = await login(certified());

    expect(done.code).toBe(255);
  });

  it('whose signature is forged is refused', async () => {
    trusting(authority.publicLine);
    const key = certified();
    const [kind = '', text = ''] = readFileSync(`${key}-cert.pub`, 'utf8').split(' ');
    const blob = Buffer.from(text, 'base64');
    blob.writeUInt8(blob.readUInt8(blob.length - 1) ^ 1, blob.length - 1);
    writeFileSync(`${key}-cert.pub`, `${kind} ${blob.toString('base64')} forged\n`);

    const done = await login(key);

    expect(done.code).toBe(255);
  });

  it('does not help whoever lacks its private key', async () => {
    trusting(authority.publicLine);
    const [key, thief] = [certified(), madeKey(mkdtempSync(join(gate.folder, 'thief-')), 'key')];
    copyFileSync(`${key}-cert.pub`, `${thief.path}-cert.pub`);

    const done = await login(thief.path);

    expect(done.code).toBe(255);
  });
});

/** A certificate written by hand, to say what ssh-keygen would not. */
function handmade(
  o: { readonly type?: number; readonly options?: Buffer; readonly principals?: Buffer } = {},
): {
  readonly blob: Buffer;
  readonly authority: { readonly algorithm: string; readonly blob: Buffer };
} {
  const ca = generateKeyPairSync('ed25519');
  const raw = createPublicKey(ca.privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
  const caBlob = Buffer.concat([framed('ssh-ed25519'), framed(raw)]);
  const body = Buffer.concat([
    framed('ssh-ed25519-cert-v01@openssh.com'),
    framed(Buffer.alloc(32)),
    framed(Buffer.alloc(32, 5)),
    Buffer.alloc(8),
    Buffer.from([0, 0, 0, o.type ?? 1]),
    framed('id'),
    framed(o.principals ?? framed('payroll02')),
    Buffer.alloc(8),
    Buffer.alloc(8, 0xff),
    framed(o.options ?? Buffer.alloc(0)),
    framed(Buffer.alloc(0)),
    framed(Buffer.alloc(0)),
    framed(caBlob),
  ]);
  const signature = sign(null, body, ca.privateKey);
  const blob = Buffer.concat([
    body,
    framed(Buffer.concat([framed('ssh-ed25519'), framed(signature)])),
  ]);
  return { blob, authority: { algorithm: 'ssh-ed25519', blob: caBlob } };
}

function framed(content: Buffer | string): Buffer {
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function verdictOn(
  { blob, authority: ca }: ReturnType<typeof handmade>,
  source = '192.0.2.1',
): string {
  const verdict = judgeCertificate(blob, {
    account: { certificateAuthorities: [ca], revokedSerials: [] },
    ...{ username: 'payroll02', source, now: new Date('2026-01-15T11:00:00Z') },
  });
  return verdict.ok ? 'ok' : verdict.why;
}

function sourceAddress(list: string): Buffer {
  return Buffer.concat([framed('source-address'), framed(framed(list))]);
}

describe('the judge of certificates', () => {
  it('takes one written to the letter', () => {
    expect(verdictOn(handmade())).toBe('ok');
  });

  it.each([
    '',
    '192.0.2.0/',
    '192.0.2.0/33',
    '192.0.2.0/-1',
    '192.0.2.0/1e1',
    'any',
    '2001:db8::/129',
  ])('lets nobody in from %j', (list) => {
    expect(verdictOn(handmade({ options: sourceAddress(list) }))).toBe('not from this address');
  });

  it.each([
    ['192.0.2.0/24', '192.0.2.200', 'ok'],
    ['192.0.2.0/24', '192.0.3.1', 'not from this address'],
    ['2001:db8::/32', '2001:db8:1::1', 'ok'],
    ['2001:db8::/32', '192.0.2.1', 'not from this address'],
    ['192.0.2.7', '192.0.2.7', 'ok'],
  ])('reads %s for %s', (list, source, said) => {
    expect(verdictOn(handmade({ options: sourceAddress(list) }), source)).toBe(said);
  });

  it('refuses an option that stands there twice', () => {
    const options = Buffer.concat([sourceAddress('192.0.2.0/24'), sourceAddress('0.0.0.0/0')]);

    expect(verdictOn(handmade({ options }))).toBe('unreadable');
  });

  it.each([0, 2, 255])('refuses type %d: 2 is that of hosts', (type) => {
    expect(verdictOn(handmade({ type }))).toBe('not a user certificate');
  });

  it('refuses one without a name: it would be for everybody', () => {
    expect(verdictOn(handmade({ principals: Buffer.alloc(0) }))).toBe('not for this user');
  });

  it('refuses every shortened or lengthened one', () => {
    const whole = handmade();
    const cuts = Array.from({ length: whole.blob.length }, (_, n) => whole.blob.subarray(0, n));
    const verdicts = [...cuts, Buffer.concat([whole.blob, Buffer.from([0])])].map((blob) =>
      verdictOn({ ...whole, blob }),
    );

    expect(new Set(verdicts)).toEqual(new Set(['unreadable']));
  });

  it('refuses any single changed bit of what is signed', () => {
    const whole = handmade();
    const changed = Array.from({ length: whole.blob.length }, (_, n) => {
      const blob = Buffer.from(whole.blob);
      blob.writeUInt8(blob.readUInt8(n) ^ (1 << (n % 8)), n);
      return verdictOn({ ...whole, blob });
    });

    expect(changed).not.toContain('ok');
  });
});
