import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Logins as ChannelLogins } from '../../src/channels/index.ts';
import type { LoginReason } from '../../src/identity/index.ts';
import { registration } from '../make/registration.ts';
import type { Registration } from '../make/registration.ts';

let room: Registration;

beforeAll(async () => {
  room = await registration();
});

afterAll(() => room.close());

beforeEach(() => {
  room.events.length = 0;
  room.hash.calls.length = 0;
  // Whatever an earlier test locked or scored is forgotten.
  room.clock.pass(4 * 3_600_000);
});

const home = '192.0.2.1';
const elsewhere = '198.51.100.9';
const password = 'correct horse battery';

/** One guess as a channel makes it: admitted, tried, noted. True when it was heard at all. */
async function guess(o: {
  username: string;
  source: string;
  reason?: LoginReason;
  method?: string;
}): Promise<boolean> {
  const { username, source, reason = 'wrong-password', method = 'password' } = o;
  const { logins } = room.identity;
  const heard = await logins.admit({ username, source, method });
  if (heard && method === 'password') {
    await logins.passwordMatches(await logins.accountFor(username), 'wrong guess');
  }
  await logins.note({
    ...{ username, source, method, outcome: 'refused' },
    reason: heard ? reason : 'throttled',
  });
  return heard;
}

async function guesses(times: number, o: Parameters<typeof guess>[0]): Promise<boolean[]> {
  const heard: boolean[] = [];
  for (let time = 0; time < times; time += 1) heard.push(await guess(o));
  return heard;
}

async function logIn(username: string, source: string): Promise<boolean> {
  const { logins } = room.identity;
  if (!(await logins.admit({ username, source }))) return false;
  if (!(await logins.admit({ username, source, method: 'password' }))) return false;
  const account = await logins.accountFor(username);
  if (!(await logins.passwordMatches(account, password))) return false;
  await logins.note({ username, source, outcome: 'accepted', reason: 'ok', method: 'password' });
  return true;
}

describe('identity', () => {
  it('gives the channels the logins they ask for', async () => {
    const { username, sender } = await room.user();
    const logins: ChannelLogins = room.identity.logins;

    const account = await logins.accountFor(username);

    expect(account).toMatchObject({
      ...{ username, senderNumber: sender, auth: 'publickey', allowSshRsa: false },
      ...{ blocked: false, certificateAuthorities: [], revokedSerials: [] },
      keys: [{ algorithm: 'ssh-ed25519', fingerprint: expect.stringMatching(/^SHA256:/) }],
    });
  });
});

describe('a right password', () => {
  it('matches, and no other does', async () => {
    const { username } = await room.user({ password });
    const account = await room.identity.logins.accountFor(username);

    expect(await room.identity.logins.passwordMatches(account, password)).toBe(true);
    expect(await room.identity.logins.passwordMatches(account, `${password}x`)).toBe(false);
    expect(await room.identity.logins.passwordMatches(account, '')).toBe(false);
    expect(await room.identity.logins.passwordMatches(account, password.repeat(100))).toBe(false);
  });

  it('is of no use to a blocked account', async () => {
    const { username } = await room.user({ password });
    await room.identity.technicalUsers.block({ username, by: 'tester' });

    const account = await room.identity.logins.accountFor(username);

    expect(account?.blocked).toBe(true);
    expect(await room.identity.logins.passwordMatches(account, password)).toBe(false);
  });

  it('composed otherwise is still the same', async () => {
    const { username } = await room.user({ password: 'école élémentaire' });
    const account = await room.identity.logins.accountFor(username);

    const matches = await room.identity.logins.passwordMatches(
      account,
      'école élémentaire'.normalize('NFD'),
    );

    expect(matches).toBe(true);
  });
});

describe('the work done', () => {
  it('is the same for accounts known, unknown, blocked and without a password', async () => {
    const known = await room.user({ password });
    const blocked = await room.user({ password });
    const keyOnly = await room.user();
    await room.identity.technicalUsers.block({ username: blocked.username, by: 'tester' });
    const { logins } = room.identity;

    const hashes: number[] = [];
    for (const username of [
      known.username,
      blocked.username,
      keyOnly.username,
      'nobody1234',
      '-',
    ]) {
      room.hash.calls.length = 0;
      await logins.passwordMatches(await logins.accountFor(username), 'wrong guess');
      hashes.push(room.hash.calls.length);
    }

    expect(hashes).toEqual([1, 1, 1, 1, 1]);
  });

  it('ends equally early for accounts known and unknown: after the same guesses, before any hash', async () => {
    const { username } = await room.user({ password });

    const known = await guesses(10, { username, source: elsewhere });
    const hashesKnown = room.hash.calls.length;
    const unknown = await guesses(10, {
      ...{ username: 'nobody5678', source: '198.51.100.10', reason: 'unknown-account' },
    });

    expect(known).toEqual([...Array<boolean>(5).fill(true), ...Array<boolean>(5).fill(false)]);
    expect(unknown).toEqual(known);
    expect(hashesKnown).toBe(5);
    expect(room.hash.calls.length).toBe(10);
  });
});

describe('wrong guesses', () => {
  it('from one source never stop another, even the first time it comes', async () => {
    const { username } = await room.user({ password });

    const heard = await guesses(10, { username, source: elsewhere });

    expect(heard.at(-1)).toBe(false);
    expect(await logIn(username, home)).toBe(true);
  });

  it('from a whole network of sources never stop a key, nor a password from a known source', async () => {
    const { username } = await room.user({ password });
    expect(await logIn(username, home)).toBe(true);

    for (let host = 1; host <= 30; host += 1) {
      await guesses(5, { username, source: `203.0.113.${host}` });
    }

    const { logins } = room.identity;
    expect(await logins.admit({ username, source: '192.0.2.99', method: 'password' })).toBe(false);
    expect(await logins.admit({ username, source: '192.0.2.99' })).toBe(true);
    expect(await logIn(username, home)).toBe(true);
  });

  it('at many accounts stop their source, but not an account that is at home there', async () => {
    const { username } = await room.user({ password });
    expect(await logIn(username, home)).toBe(true);

    for (let account = 0; account < 30; account += 1) {
      await guess({
        username: `sprayed${1000 + account}`,
        source: home,
        reason: 'unknown-account',
      });
    }

    expect(await room.identity.logins.admit({ username: 'sprayed9999', source: home })).toBe(false);
    expect(await room.identity.logins.admit({ username: 'sprayed9999', source: elsewhere })).toBe(
      true,
    );
    expect(await logIn(username, home)).toBe(true);
  });

  it('of one IPv6 network count together', async () => {
    const { username } = await room.user({ password });

    for (let host = 1; host <= 5; host += 1) {
      await guess({ username, source: `2001:db8:7:7::${host}` });
    }

    expect(await guess({ username, source: '2001:db8:7:7:ffff::1' })).toBe(false);
    expect(await guess({ username, source: '2001:db8:7:8::1' })).toBe(true);
  });

  it('at names that no table can hold count as any others', async () => {
    for (const username of ['pay\0roll', '\0', `${'x'.repeat(127)}\u{1f4c4}`]) {
      const source = `203.0.113.${String(username.length)}`;

      const heard = await guesses(40, { username, source, reason: 'unknown-account' });
      await guess({
        username,
        source,
        method: 'keyboard-interactive',
        reason: 'method-not-allowed',
      });

      expect(heard.at(0)).toBe(true);
      expect(heard.at(-1)).toBe(false);
    }
  });

  it('are forgiven by a right login', async () => {
    const { username } = await room.user({ password });
    await guesses(4, { username, source: home });

    expect(await logIn(username, home)).toBe(true);

    expect(await guesses(4, { username, source: home })).toEqual([true, true, true, true]);
    expect(await logIn(username, home)).toBe(true);
  });

  it('of many at once are all counted', async () => {
    const { username } = await room.user({ password });
    const { logins } = room.identity;

    await Promise.all(
      Array.from({ length: 5 }, () =>
        logins.note({
          ...{ username, source: elsewhere, outcome: 'refused' },
          ...{ reason: 'wrong-password', method: 'password' },
        }),
      ),
    );

    expect(await logins.admit({ username, source: elsewhere })).toBe(false);
  });
});

describe('a lock', () => {
  it('ends by itself, is not lengthened by attempts it refuses, and grows with the next guess', async () => {
    const { username } = await room.user({ password });
    await guesses(5, { username, source: elsewhere });

    room.clock.pass(29_000);
    const early = await guess({ username, source: elsewhere });
    room.clock.pass(1_000);
    const late = await guess({ username, source: elsewhere });
    room.clock.pass(59_000);
    const again = await guess({ username, source: elsewhere });
    room.clock.pass(1_000);

    expect([early, late, again]).toEqual([false, true, false]);
    expect(await logIn(username, elsewhere)).toBe(true);
  });

  it('and its end are in the journal, with how many were refused meanwhile', async () => {
    const { username } = await room.user({ password });
    room.events.length = 0;
    await guesses(8, { username, source: elsewhere });

    room.clock.pass(30_000);
    await room.identity.logins.admit({ username, source: elsewhere });
    await room.identity.logins.admit({ username, source: elsewhere });

    const locks = room.events.filter(({ code }) => code.startsWith('identity.lock'));
    expect(locks).toMatchObject([
      {
        code: 'identity.locked',
        level: 'warn',
        username,
        source: elsewhere,
        facts: { scope: 'pair', seconds: 30 },
      },
      {
        code: 'identity.lock-ended',
        username,
        source: elsewhere,
        facts: { by: 'time', refused: 3 },
      },
    ]);
  });

  it('that nobody came back to is ended in the journal by the sweep, once', async () => {
    const { username } = await room.user({ password });
    await guesses(5, { username, source: elsewhere });
    room.clock.pass(31_000);
    room.events.length = 0;

    await room.identity.logins.sweep();
    await room.identity.logins.sweep();

    const ended = room.events.filter((event) => event.username === username);
    expect(ended).toMatchObject([{ code: 'identity.lock-ended', facts: { by: 'time' } }]);
  });

  it('is ended by an operator who unblocks', async () => {
    const { username } = await room.user({ password });
    await guesses(5, { username, source: home });
    expect(await room.identity.logins.locks(10)).toMatchObject([{ username, source: home }]);

    await room.identity.technicalUsers.unblock({ username, by: 'clerk' });

    expect(await logIn(username, home)).toBe(true);
    expect(room.events.find(({ code }) => code === 'identity.lock-ended')?.facts).toMatchObject({
      by: 'operator',
      operator: 'clerk',
    });
  });

  it('leaves no row behind when it is long past', async () => {
    await guesses(5, { username: 'longpast01', source: elsewhere, reason: 'unknown-account' });
    room.clock.pass(3 * 3_600_000);

    await room.identity.logins.sweep();

    const { rows } = await room.database.knex.raw<{ rows: unknown[] }>(
      'select * from login_throttle',
    );
    expect(rows).toEqual([]);
  });
});

describe('what does not count as a guess', () => {
  it.each<[LoginReason, string]>([
    ['grace-expired', 'none'],
    ['throttled', 'password'],
    ['sha1-refused', 'publickey'],
    ['method-not-allowed', 'none'],
  ])('%s by %s', async (reason, method) => {
    const { username } = await room.user();
    const { logins } = room.identity;

    for (let time = 0; time < 60; time += 1) {
      await logins.note({ username, source: elsewhere, outcome: 'refused', reason, method });
    }

    expect(await logins.admit({ username, source: elsewhere })).toBe(true);
  });

  it('a client that offers a handful of keys each time', async () => {
    const { username } = await room.user();

    const heard = await guesses(30, {
      ...{ username, source: home, reason: 'wrong-key', method: 'publickey' },
    });

    expect(heard.every(Boolean)).toBe(true);
  });
});

describe('the journal', () => {
  it('names the account, the source, the method and the reason of a refusal', async () => {
    const { username } = await room.user({ password });
    room.events.length = 0;

    await guess({ username, source: home });

    expect(room.events).toEqual([
      {
        level: 'warn',
        code: 'identity.login-refused',
        source: home,
        username,
        facts: { reason: 'wrong-password', method: 'password' },
      },
    ]);
  });

  it('only hints at a name that does not exist: it may be a password', async () => {
    await guess({ username: 'hunter2secret', source: home, reason: 'unknown-account' });

    expect(JSON.stringify(room.events)).not.toContain('hunter2');
    expect(room.events.at(-1)?.facts).toMatchObject({ attempted: 'hun… (13 characters)' });
    const { rows } = await room.database.knex.raw<{ rows: unknown[] }>(
      'select * from login_throttle',
    );
    expect(JSON.stringify(rows)).not.toContain('hunter2');
  });

  it('is not flooded by attempts that a lock refuses', async () => {
    await guesses(50, { username: 'flooding01', source: elsewhere, reason: 'unknown-account' });

    expect(room.events.filter(({ code }) => code === 'identity.login-refused')).toHaveLength(5);
  });
});
