import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mayExchange } from '../../src/identity/index.ts';
import { technicalUserNotice } from '../../src/storage/index.ts';
import { enterpriseNumberOf, parseEnterpriseNumber } from '../../src/vocabulary/index.ts';
import { ed25519Line, fingerprintOfLine, registration } from '../make/registration.ts';
import type { Registration } from '../make/registration.ts';

let room: Registration;

beforeAll(async () => {
  room = await registration();
});

afterAll(() => room.close());

const by = 'tester';

describe('enterprises', () => {
  it('are registered once, with the act in the journal', async () => {
    const number = enterpriseNumberOf(1_000_001);

    const record = await room.identity.enterprises.register({ number, name: ' Acme ', by });

    expect(record).toMatchObject({ number, name: 'Acme', country: 'BE' });
    expect(await room.identity.enterprises.find(number)).toEqual(record);
    expect(room.events.at(-1)).toMatchObject({
      code: 'identity.enterprise-registered',
      facts: { operator: by, enterprise: number },
    });
    await expect(
      room.identity.enterprises.register({ number, name: 'Acme', by }),
    ).rejects.toMatchObject({ code: 'registration.exists' });
  });

  it('known by number only are filled in later', async () => {
    const number = enterpriseNumberOf(1_000_002);
    const other = enterpriseNumberOf(1_000_003);
    await room.identity.enterprises.registerNumbers({ numbers: [number, other, number], by });

    await room.identity.enterprises.register({ number, name: 'Named', nsso: '100006', by });

    expect(await room.identity.enterprises.find(number)).toMatchObject({ name: 'Named' });
    expect((await room.identity.enterprises.find(other))?.name).toBeUndefined();
  });

  it('are looked up in bulk by number and by NSSO number', async () => {
    const number = enterpriseNumberOf(1_000_004);
    await room.identity.enterprises.register({ number, name: 'Bulk', nsso: '100103', by });

    const known = await room.identity.enterprises.known([number, enterpriseNumberOf(9_999_999)]);
    const byNsso = await room.identity.enterprises.byNsso(['100103', '000100103', '100200']);

    expect([...known]).toEqual([number]);
    expect([...byNsso]).toEqual([['000100103', number]]);
  });

  it('never share an NSSO number', async () => {
    const [one, two] = [enterpriseNumberOf(1_000_005), enterpriseNumberOf(1_000_006)];
    await room.identity.enterprises.register({ number: one, name: 'One', nsso: '100200', by });

    const again = room.identity.enterprises.register({
      number: two,
      name: 'Two',
      nsso: '100200',
      by,
    });

    await expect(again).rejects.toMatchObject({
      code: 'registration.exists',
      facts: { what: 'NSSO number' },
    });
  });

  it.each([
    ['a wrong check digit', { number: '0206731646', name: 'X' }],
    ['a wrong NSSO number', { number: '0206731645', name: 'X', nsso: '100007' }],
    ['no name', { number: '0206731645', name: '  ' }],
    ['a name over two lines', { number: '0206731645', name: 'a\nb' }],
    ['a country in full', { number: '0206731645', name: 'X', country: 'Belgium' }],
  ])('are refused with %s', async (_what, wish) => {
    await expect(room.identity.enterprises.register({ ...wish, by })).rejects.toMatchObject({
      code: 'registration.invalid',
    });
    expect(await room.identity.enterprises.find('0206731645')).toBeUndefined();
  });
});

describe('senders', () => {
  it('belong to a quality of an enterprise, one number each', async () => {
    const enterprise = enterpriseNumberOf(1_000_010);
    await room.identity.enterprises.register({ number: enterprise, name: 'Sending', by });
    const wish = { number: '111111', enterprise, quality: 'social-secretariat', by };

    const record = await room.identity.senders.register({
      ...wish,
      types: ['MEDC', 'dmfa', 'MEDC'],
    });

    expect(record).toMatchObject({
      types: ['DMFA', 'MEDC'],
      environments: ['R', 'T', 'S'],
      state: 'active',
    });
    expect(await room.identity.senders.senderOf('111111')).toEqual(record);
    await expect(room.identity.senders.register(wish)).rejects.toMatchObject({
      facts: { what: 'sender number' },
    });
    await expect(
      room.identity.senders.register({ ...wish, number: '111112' }),
    ).rejects.toMatchObject({ facts: { what: 'sender number of the quality' } });
    await expect(
      room.identity.senders.register({ ...wish, number: '111112', quality: 'employer' }),
    ).resolves.toMatchObject({ number: '111112' });
  });

  it('may exchange the types and environments they were registered for', async () => {
    const enterprise = enterpriseNumberOf(1_000_011);
    await room.identity.enterprises.register({ number: enterprise, name: 'Limited', by });
    const wish = { number: '111113', enterprise, quality: 'employer', types: ['MEDC'], by };

    const sender = await room.identity.senders.register({ ...wish, environments: ['T'] });

    expect(mayExchange(sender, { type: 'MEDC', environment: 'T' })).toBe(true);
    expect(mayExchange(sender, { type: 'MEDC', environment: 'R' })).toBe(false);
    expect(mayExchange(sender, { type: 'DMFA', environment: 'T' })).toBe(false);
    expect(mayExchange({ ...sender, types: [] }, { type: 'DMFA', environment: 'T' })).toBe(true);
    expect(mayExchange({ ...sender, state: 'suspended' }, { type: 'MEDC', environment: 'T' })).toBe(
      false,
    );
  });

  it.each([
    ['registration.unknown', { enterprise: enterpriseNumberOf(8_888_888) }],
    ['registration.invalid', { number: '999999' }],
    ['registration.invalid', { quality: 'friend' }],
    ['registration.invalid', { types: ['MED'] }],
    ['registration.invalid', { environments: ['X'] }],
    ['registration.invalid', { environments: [] }],
  ])('are refused (%s) for %j', async (code, change) => {
    const enterprise = enterpriseNumberOf(1_000_001);
    const wish = { number: '111199', enterprise, quality: 'mandatary', by };

    await expect(room.identity.senders.register({ ...wish, ...change })).rejects.toMatchObject({
      code,
    });
  });
});

describe('technical users', () => {
  it('log in as what their credentials allow, unless told otherwise', async () => {
    const sender = await room.sender();
    const register = (username: string, more: object): Promise<string> =>
      room.identity.technicalUsers
        .register({ username, sender, by, ...more })
        .then(({ user }) => user.auth);
    const password = 'correct horse battery';

    expect(await register('authonlykey', { sshKeys: [ed25519Line()] })).toBe('publickey');
    expect(await register('authonlypass', { password })).toBe('password');
    expect(await register('authboth', { sshKeys: [ed25519Line()], password })).toBe(
      'publickey+password',
    );
    expect(await register('authnothing', {})).toBe('publickey');
  });

  it.each([
    ['a short name', { username: 'short' }],
    ['a name with a dash', { username: 'secret-ariat' }],
    ['a name of 31 characters', { username: 'a'.repeat(31) }],
    ['auth by password without one', { auth: 'password' }],
    [
      'a password for a login by key alone',
      { auth: 'publickey', password: 'correct horse battery' },
    ],
    ['an unknown way', { auth: 'trust' }],
    ['a weak password', { password: 'password123' }],
    ['its own name as password', { password: 'refusedlogin1' }],
    ['no sender of that shape', { sender: '12345' }],
  ])('are refused with %s', async (_what, change) => {
    const sender = await room.sender();
    const wish = { username: 'refusedlogin', sender, by };

    await expect(
      room.identity.technicalUsers.register({ ...wish, ...change }),
    ).rejects.toMatchObject({ code: 'registration.invalid' });
    expect(await room.identity.technicalUsers.find('refusedlogin')).toBeUndefined();
  });

  it('are refused for a sender that is not registered', async () => {
    await expect(
      room.identity.technicalUsers.register({ username: 'nosender1', sender: '333333', by }),
    ).rejects.toMatchObject({ code: 'registration.unknown' });
  });

  it('keep no password in the clear and none in the journal', async () => {
    const { username } = await room.user({ password: 'correct horse battery' });

    const { rows } = await room.database.knex.raw<{ rows: { password_hash: string }[] }>(
      'select password_hash from technical_user where username = ?',
      [username],
    );

    expect(rows[0]?.password_hash).toBe('plain:correct horse battery');
    expect(JSON.stringify(room.events)).not.toContain('correct horse');
  });

  it('are found whatever the case of the name, and registered once', async () => {
    const { username, sender } = await room.user();

    expect(await room.identity.technicalUsers.find(username.toUpperCase())).toMatchObject({
      username,
    });
    await expect(
      room.identity.technicalUsers.register({ username: username.toUpperCase(), sender, by }),
    ).rejects.toMatchObject({ code: 'registration.exists' });
  });

  it('gain and lose keys one by one', async () => {
    const { username } = await room.user();
    const line = ed25519Line();

    await room.identity.technicalUsers.addKeys({ username, sshKeys: [line], by });

    await expect(
      room.identity.technicalUsers.addKeys({ username, sshKeys: [line], by }),
    ).rejects.toMatchObject({ code: 'registration.exists' });
    expect((await room.identity.logins.accountFor(username))?.keys).toHaveLength(2);
    const fingerprint = fingerprintOfLine(line);
    await room.identity.technicalUsers.retireKey({ username, fingerprint, by });
    const keys = (await room.identity.logins.accountFor(username))?.keys ?? [];
    expect(keys.map((key) => key.fingerprint)).not.toContain(fingerprint);
    await expect(
      room.identity.technicalUsers.retireKey({ username, fingerprint, by }),
    ).rejects.toMatchObject({ code: 'registration.unknown' });
  });

  it('hand their SSH authorities and revoked serials to the login, whole', async () => {
    const { username } = await room.user();
    const largest = 2n ** 64n - 1n;

    await room.identity.technicalUsers.addKeys({ username, sshAuthorities: [ed25519Line()], by });
    await room.identity.technicalUsers.revokeSerial({ username, serial: largest, by });

    const account = await room.identity.logins.accountFor(username);
    expect(account?.certificateAuthorities).toHaveLength(1);
    expect(account?.keys).toHaveLength(1);
    expect(account?.revokedSerials).toEqual([largest]);
    await expect(
      room.identity.technicalUsers.revokeSerial({ username, serial: largest, by }),
    ).rejects.toMatchObject({ code: 'registration.exists' });
  });

  it('are blocked and unblocked, and each act is in the journal', async () => {
    const { username } = await room.user();

    await room.identity.technicalUsers.block({ username, by });
    const blocked = await room.identity.logins.accountFor(username);
    await room.identity.technicalUsers.unblock({ username, by });
    const unblocked = await room.identity.logins.accountFor(username);

    expect([blocked?.blocked, unblocked?.blocked]).toEqual([true, false]);
    expect(room.events.slice(-2)).toMatchObject([
      { code: 'identity.technical-user-blocked', username, facts: { operator: by } },
      { code: 'identity.technical-user-unblocked', username, facts: { operator: by } },
    ]);
  });

  it('blocked are told to every node, so that open connections can end', async () => {
    const { username } = await room.user();
    const notices: string[] = [];
    const listening = await room.database.database.listen(technicalUserNotice, (text) => {
      notices.push(text);
    });
    const account = await room.identity.logins.accountFor(username);

    await room.identity.technicalUsers.block({ username, by });

    const deadline = Date.now() + 10_000;
    while (notices.length === 0 && Date.now() < deadline) await setImmediate();
    await listening.stop();
    expect(notices).toContain(account?.id);
  });

  it('say so when they are in that state already', async () => {
    const { username } = await room.user();
    await room.identity.technicalUsers.block({ username, by });

    await expect(room.identity.technicalUsers.block({ username, by })).rejects.toMatchObject({
      code: 'registration.exists',
    });
  });

  it('removed are gone for good, and their names with them', async () => {
    const { username, sender } = await room.user();

    await room.identity.technicalUsers.remove({ username, by });

    expect(await room.identity.logins.accountFor(username)).toBeUndefined();
    await expect(
      room.identity.technicalUsers.register({ username, sender, sshKeys: [ed25519Line()], by }),
    ).rejects.toMatchObject({ code: 'registration.exists' });
    for (const act of ['block', 'unblock', 'remove'] as const) {
      await expect(room.identity.technicalUsers[act]({ username, by })).rejects.toMatchObject({
        code: 'registration.unknown',
      });
    }
  });

  it('are listed by name, of one sender or all', async () => {
    const { sender } = await room.user({ username: 'listed001' });
    await room.user({ username: 'listed002', sender });

    const page = await room.identity.technicalUsers.list({ sender, after: 'listed001', max: 10 });

    expect(page.map(({ username }) => username)).toEqual(['listed002']);
  });
});

it('enterprise numbers of these tests are real ones', () => {
  expect(parseEnterpriseNumber('0206731645')).toBe('0206731645');
});
