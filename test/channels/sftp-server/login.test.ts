import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import ssh2 from 'ssh2';
import type { AuthenticationType } from 'ssh2';
import type { LoginReason } from '../../../src/channels/index.ts';
import { anAccount } from '../../fakes/logins.ts';
import { loginKey, madeKey, run, sftp, sshOptions, type Outcome } from '../../make/clients.ts';
import { eventually } from '../../make/exchange.ts';
import { anSftpServer, type TestServer } from '../../make/sftp-server.ts';
import { closeOf, wireClient, wireConnection } from '../../make/wire-client.ts';

let gate: TestServer;
beforeEach(async () => {
  gate = await anSftpServer();
});
afterEach(async () => {
  await gate.close();
});

async function reopen(limits: Parameters<typeof anSftpServer>[0]): Promise<void> {
  await gate.close();
  gate = await anSftpServer(limits);
}

/** What the ssh program shows of a login, without what differs from run to run. */
async function seen(
  username: string,
  keyPath: string,
  options: readonly string[] = [],
): Promise<Outcome> {
  const { port } = gate.login;
  const quiet = sshOptions({ keyPath }, ...options).map((one) =>
    one === 'LogLevel=ERROR' ? 'LogLevel=DEBUG1' : one,
  );
  const { code, output } = await run('ssh', [
    ...['-s', '-p', String(port), ...quiet],
    ...[`${username}@127.0.0.1`, 'sftp'],
  ]);
  const lines = output
    .split('\n')
    .filter((line) => /Authent|Offering|Permission|Server acc/.test(line));
  return { code, output: lines.join('\n').replaceAll(username, 'USER').replaceAll(keyPath, 'KEY') };
}

/** The library's client, trying what it is told to; the error it ends with. */
async function refused(over: Parameters<typeof wireConnection>[1]): Promise<string> {
  try {
    const { connection } = await wireConnection(gate.login, over);
    connection.end();
    return 'logged in';
  } catch (error) {
    return error instanceof Error ? error.message : 'closed';
  }
}

function reasons(): LoginReason[] {
  return gate.logins.notes.map(({ reason }) => reason);
}

async function reasonsAfter(count: number): Promise<LoginReason[]> {
  await eventually(
    () => Promise.resolve(gate.logins.notes.length >= count || undefined),
    `${String(count)} notes`,
  );
  return reasons();
}

describe('a login by key', () => {
  it('is accepted and noted', async () => {
    const done = await sftp(gate.login, ['pwd']);

    expect(done.code).toBe(0);
    expect(gate.logins.notes).toEqual([
      {
        ...{ username: 'payroll02', source: '127.0.0.1' },
        ...{ outcome: 'accepted', reason: 'ok', method: 'publickey' },
      },
    ]);
  });

  it.each([
    ['rsa', '3072'],
    ['ecdsa', '256'],
    ['ecdsa', '384'],
    ['ecdsa', '521'],
  ])('takes %s-%s', async (...type) => {
    const key = madeKey(gate.folder, type.join('-'), type);
    gate.logins.accounts.set('payroll02', anAccount('payroll02', [key.publicLine]));

    const done = await sftp({ ...gate.login, keyPath: key.path }, ['pwd']);

    expect(done).toMatchObject({ code: 0 });
  });

  it('finds the right key among those an agent offers', async () => {
    const other = madeKey(gate.folder, 'other');
    const { code } = await run('sftp', [
      ...['-b', '/dev/null', '-P', String(gate.login.port)],
      ...sshOptions({ keyPath: other.path }, `IdentityFile=${gate.login.keyPath}`),
      'payroll02@127.0.0.1',
    ]);

    expect(code).toBe(0);
    expect(reasons()).toEqual(['ok']);
  });

  it('by another key under the signature of none is refused as a bad signature', async () => {
    const { connection } = rawAttempt({ signed: Buffer.alloc(64, 1) });

    await closeOf(connection);

    expect(await reasonsAfter(1)).toEqual(['bad-signature']);
  });
});

/** Offers the right key, signs with something else. */
function rawAttempt(o: { readonly signed: Buffer }): { readonly connection: ssh2.Client } {
  const connection = new ssh2.Client();
  const parsed = ssh2.utils.parseKey(
    gate.logins.accounts.get('payroll02')?.keys[0] === undefined
      ? ''
      : `ssh-ed25519 ${gate.logins.accounts.get('payroll02')?.keys[0]?.blob.toString('base64') ?? ''}`,
  );
  if (parsed instanceof Error) throw parsed;
  class Forger extends ssh2.BaseAgent {
    override getIdentities(told: (error: undefined, keys: ssh2.ParsedKey[]) => void): void {
      told(undefined, [parsed as ssh2.ParsedKey]);
    }
    override sign(
      _key: unknown,
      _data: unknown,
      _options: unknown,
      told?: (error: undefined, signature: Buffer) => void,
    ): void {
      told?.(undefined, o.signed);
    }
  }
  connection.on('error', () => undefined);
  connection.connect({
    ...{ host: '127.0.0.1', port: gate.login.port, username: 'payroll02' },
    agent: new Forger(),
    agentForward: false,
  });
  return { connection };
}

describe('a login by key and password', () => {
  beforeEach(() => {
    const account = gate.logins.accounts.get('payroll02');
    if (account === undefined) throw new Error('no account');
    gate.logins.accounts.set('payroll02', { ...account, auth: 'publickey+password' });
    gate.logins.passwords.set(account.id, 'correct horse');
  });

  it('asks for the password after the key, and only then', async () => {
    const before = await seen('payroll02', loginKey(gate.folder, 'stranger').path);
    const after = await seen('payroll02', gate.login.keyPath);

    expect(before.output).toContain('Permission denied (publickey).');
    expect(before.output).not.toContain('password');
    expect(after.output).toContain('Authenticated using "publickey" with partial success');
    expect(after.output).toContain('Authentications that can continue: password');
  });

  it('is accepted with both', async () => {
    const client = await wireClient(gate.login, { password: 'correct horse', authHandler: both() });
    await client.end();

    expect(gate.logins.notes.map(({ reason, method }) => [reason, method])).toEqual([
      ['ok', 'publickey+password'],
    ]);
  });

  it('is refused with a wrong password', async () => {
    const end = await refused({ password: 'wrong horse', authHandler: both() });

    expect(end).toBe('All configured authentication methods failed');
    expect(gate.logins.notes.map(({ reason, method }) => [reason, method])).toEqual([
      ['wrong-password', 'publickey+password'],
    ]);
  });

  it('is refused with the password alone, even the right one', async () => {
    const end = await refused({ password: 'correct horse', authHandler: ['password'] });

    expect(end).toBe('All configured authentication methods failed');
    expect(reasons()).toEqual(['method-not-allowed']);
  });
});

function both(): AuthenticationType[] {
  return ['publickey', 'password'];
}

describe('a login by password alone', () => {
  it('is accepted where the account allows it', async () => {
    gate.logins.offers = true;
    gate.logins.accounts.set('old', anAccount('old', [], { auth: 'password' }));
    gate.logins.passwords.set('account-old', 'correct horse');

    const right = await refused({ username: 'old', password: 'correct horse' });

    expect(right).toBe('logged in');
    expect(gate.logins.notes.at(-1)).toMatchObject({ reason: 'ok', method: 'password' });
  });

  it('is refused where it does not, after the same comparison', async () => {
    gate.logins.passwords.set('account-payroll02', 'correct horse');

    await refused({ password: 'correct horse', authHandler: ['password'] });
    const known = gate.logins.comparisons();
    await refused({ username: 'nobody', password: 'x', authHandler: ['password'] });

    expect(reasons()).toEqual(['method-not-allowed', 'unknown-account']);
    expect(known).toBe(1);
    expect(gate.logins.comparisons()).toBe(2);
  });

  it('does not take a request to change it, and counts it as an attempt', async () => {
    const { connection } = changing(8);

    await closeOf(connection);

    expect(new Set(await reasonsAfter(6))).toEqual(new Set(['method-not-allowed']));
    expect(gate.events.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

/** Sends requests to change a password, as RFC 4252, section 8 writes them. */
function changing(times: number): { readonly connection: ssh2.Client } {
  const connection = new ssh2.Client();
  connection.on('error', () => undefined);
  connection.connect({
    ...{ host: '127.0.0.1', port: gate.login.port, username: 'payroll02' },
    authHandler: (_left, _partial, next) => {
      setImmediate(() => {
        for (let n = 0; n < times; n += 1) sendChange(connection);
      });
      // What it is said to be trying does not matter; its answers are not looked at.
      next({ type: 'none', username: 'payroll02' });
      return undefined;
    },
  });
  return { connection };
}

function sendChange(connection: ssh2.Client): void {
  const { _protocol: wire } = connection as unknown as { readonly _protocol: Protocol };
  const body = Buffer.concat([
    Buffer.from([50]),
    ...['payroll02', 'ssh-connection', 'password'].map(framed),
    Buffer.from([1]),
    ...['old', 'new'].map(framed),
  ]);
  const packet = wire._packetRW.write.alloc(body.length);
  packet.set(body, wire._packetRW.write.allocStart);
  wire._cipher.encrypt(wire._packetRW.write.finalize(packet));
}

interface Protocol {
  readonly _packetRW: {
    readonly write: {
      readonly allocStart: number;
      alloc(bytes: number): Buffer;
      finalize(packet: Buffer): Buffer;
    };
  };
  readonly _cipher: { encrypt(packet: Buffer): void };
}

function framed(text: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, Buffer.from(text)]);
}

describe('a refusal', () => {
  it('shows the same to an unknown, a blocked, and a known user with a wrong key', async () => {
    const stranger = loginKey(gate.folder, 'stranger');
    const own = gate.logins.accounts.get('payroll02');
    if (own === undefined) throw new Error('no account');
    gate.logins.accounts.set('blocked', { ...own, id: 'b', username: 'blocked', blocked: true });
    gate.logins.accounts.set('words', anAccount('words', [], { auth: 'password' }));

    const known = await seen('payroll02', stranger.path);
    const others = [
      await seen('nobody', stranger.path),
      await seen('blocked', gate.login.keyPath),
      await seen('words', stranger.path),
    ].map(({ code, output }) => ({ code, output: output.replace(/SHA256:\S+/g, 'HASH') }));

    const expected = { code: known.code, output: known.output.replace(/SHA256:\S+/g, 'HASH') };
    expect(known.code).toBe(255);
    expect(others).toEqual([expected, expected, expected]);
    expect(await reasonsAfter(4)).toEqual(['wrong-key', 'unknown-account', 'blocked', 'wrong-key']);
  });

  it('offers passwords to everybody or to nobody', async () => {
    gate.logins.offers = true;
    const stranger = loginKey(gate.folder, 'stranger');

    const known = await seen('payroll02', stranger.path, ['PasswordAuthentication=no']);
    const unknown = await seen('nobody', stranger.path, ['PasswordAuthentication=no']);

    expect(known).toEqual(unknown);
    expect(known.output).toContain('can continue: publickey,password');
  });

  it('is what everybody gets while the throttle says so', async () => {
    gate.logins.throttled = true;

    const done = await seen('payroll02', gate.login.keyPath);

    expect(done.output).toContain('Permission denied (publickey)');
    expect(await reasonsAfter(1)).toEqual(['throttled']);
  });
});

describe('a login that cannot be judged', () => {
  it('ends the connection and refuses nobody, known or not', async () => {
    gate.logins.trouble = new Error('no database');

    const known = await seen('payroll02', gate.login.keyPath);
    const unknown = await seen('nobody', gate.login.keyPath);

    expect(known).toEqual(unknown);
    expect(known.code).toBe(255);
    expect(known.output).not.toContain('Permission denied');
    expect(gate.events).toContainEqual(
      expect.objectContaining({ level: 'error', code: 'sftp.login-failed' }),
    );
  });

  it('does not wait for ever when its outcome cannot be recorded', async () => {
    gate.logins.noteTrouble = new Error('no database');

    const done = await seen('payroll02', gate.login.keyPath);

    expect(done.code).toBe(255);
    expect(done.output).not.toContain('Permission denied');
    expect(done.output).not.toContain('Authenticated to');
  });
});

describe('RSA with SHA-1', () => {
  const sha1 = ['PubkeyAcceptedAlgorithms=ssh-rsa'];

  it.each([
    [false, 255, 'sha1-refused'],
    [true, 0, 'ok'],
  ])('allowed: %s', async (allowSshRsa, code, reason) => {
    const key = madeKey(gate.folder, 'rsa', ['rsa', '3072']);
    gate.logins.accounts.set(
      'payroll02',
      anAccount('payroll02', [key.publicLine], { allowSshRsa }),
    );

    const done = await seen('payroll02', key.path, sha1);

    expect(done.code).toBe(code);
    expect(await reasonsAfter(1)).toEqual([reason]);
  });
});

describe('a connection without a login', () => {
  it('is closed after too many attempts', async () => {
    const keys = Array.from({ length: 9 }, (_, n) => loginKey(gate.folder, `stray-${String(n)}`));
    const options = keys.map(({ path }) => `IdentityFile=${path}`);

    const done = await seen('payroll02', keys[0]?.path ?? '', options);

    expect(done.output.match(/Offering public key/g)?.length).toBeLessThanOrEqual(7);
    expect(await reasonsAfter(1)).toEqual(['too-many-attempts']);
    expect(gate.events).toContainEqual(
      expect.objectContaining({
        code: 'sftp.login-ended',
        facts: { reason: 'too-many-attempts' },
      }),
    );
  });

  it('is closed when its time is up', async () => {
    await reopen({ limits: { loginGraceMs: 300 } });
    const connection = new ssh2.Client();
    connection.on('error', () => undefined);
    connection.connect({
      ...{ host: '127.0.0.1', port: gate.login.port, username: 'payroll02' },
      // Never answers which method comes next.
      authHandler: () => undefined,
    });

    await closeOf(connection);

    expect(gate.events).toContainEqual(
      expect.objectContaining({ code: 'sftp.login-ended', facts: { reason: 'grace-expired' } }),
    );
  });

  it('is closed when it says nothing at all', async () => {
    await reopen({ limits: { loginGraceMs: 200 } });
    const socket = connect({ host: '127.0.0.1', port: gate.login.port });
    socket.on('error', () => undefined).resume();

    await closeOf(socket);

    expect(gate.logins.notes).toEqual([]);
  });

  it('is closed in time when it drips its greeting byte by byte', async () => {
    await reopen({ limits: { loginGraceMs: 300 } });
    const socket = connect({ host: '127.0.0.1', port: gate.login.port });
    socket.on('error', () => undefined).resume();
    const drip = setInterval(() => socket.write('x'), 50);

    await closeOf(socket);
    clearInterval(drip);

    expect(gate.server.sessions()).toBe(0);
  });
});

describe('an open session', () => {
  it('is cut at once when its account is disconnected', async () => {
    const client = await wireClient(gate.login);
    const write = ssh2.utils.sftp.OPEN_MODE.WRITE | ssh2.utils.sftp.OPEN_MODE.CREAT;
    const handle = await client.open('IN/FI.cut', write);
    const closed = closeOf(client.socket);

    gate.server.disconnect('account-payroll02');
    const late = client.write(handle, 0, Buffer.from('too late')).then(
      () => 'written',
      () => 'refused',
    );
    await closed;

    await eventually(
      () => Promise.resolve(gate.mailbox.events.length === 1 || undefined),
      'its end',
    );
    expect(await late).toBe('refused');
    expect(gate.mailbox.events).toEqual(['abandon IN/FI.cut connection-lost']);
    expect(gate.events).toContainEqual(
      expect.objectContaining({ code: 'sftp.disconnected', username: 'payroll02' }),
    );
  });

  it('is left alone when another account is disconnected', async () => {
    const client = await wireClient(gate.login);

    gate.server.disconnect('account-other');
    const directory = await client.stat('IN');
    await client.end();

    expect(directory.isDirectory()).toBe(true);
    expect(gate.server.accounts()).toHaveLength(1);
  });

  it('that does not hang up is destroyed after a while', async () => {
    await reopen({ limits: { lingerMs: 100 } });
    const client = await wireClient(gate.login);
    const closed = closeOf(client.socket);
    client.socket.pause();
    client.connection.removeAllListeners('end');

    gate.server.disconnect('account-payroll02');
    await eventually(
      () => Promise.resolve(gate.server.sessions() === 0 || undefined),
      'the end of the session',
      5_000,
    );
    client.destroy();
    await closed;

    expect(gate.server.sessions()).toBe(0);
  });
});
