import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { spans } from '../make/clock.ts';
import { goodPassword, signInHouse, source, type SignInHouse } from '../make/sign-in.ts';

let house: SignInHouse;
beforeAll(async () => {
  house = await signInHouse();
});
afterEach(() => {
  house.audit.length = 0;
  house.letters.length = 0;
});
afterAll(() => house.close());

const refused = { outcome: 'refused' };
const far = (n: number): string => `198.51.100.${String(n)}`;

describe('login by password', () => {
  it('opens the only role at once (ACC-60)', async () => {
    const { username, enterprise, qualityId } = await house.person({ roles: ['USR'] });

    const keys = await house.login(username, goodPassword);

    const session = await house.at(keys);
    expect(session.stage).toBe('open');
    expect(session.caller).toMatchObject({ name: username, role: 'USR', enterprise, qualityId });
    expect(house.audit.map(({ event }) => event)).toContain('authn_login_success');
  });

  it('reads the user name without regard to case', async () => {
    const { username } = await house.person();

    const keys = await house.login(username.toUpperCase(), goodPassword);

    expect(keys.stage).toBe('open');
  });

  it('offers the choice when there are several roles, and stays there without one (ACC-58, ACC-59)', async () => {
    const { username, assignments } = await house.person({ roles: ['AM', 'CAM'] });

    const keys = await house.login(username, goodPassword);
    const session = await house.at(keys);

    expect(session.stage).toBe('role');
    expect(session.caller).toBeUndefined();
    expect(await house.signIn.roles(session)).toHaveLength(2);
    const stranger = '00000000-0000-4000-8000-000000000000';
    await expect(house.signIn.chooseRole(session, stranger)).rejects.toMatchObject({
      code: 'registration.unknown',
    });
    expect((await house.at(keys)).stage).toBe('role');
    const chosen = await house.signIn.chooseRole(session, assignments[1] ?? '');
    expect((await house.at(chosen)).caller?.role).toBe('CAM');
    expect(await house.sessions.open(keys.token, { source })).toBeUndefined();
  });

  it('says the same for unknown, blocked, role-less and wrong, after one hash each', async () => {
    const known = await house.person();
    const blocked = await house.person();
    await house.database.knex('person').where({ id: blocked.id }).update({ state: 'blocked' });
    const suspended = await house.person();
    await house.database
      .knex('role_assignment')
      .where({ person_id: suspended.id })
      .update({ state: 'blocked' });
    const disabled = await house.person();
    await house.store.passwords.disable(disabled.id, house.clock.now());
    const tries: [string, string][] = [
      ['nobodyatall', goodPassword],
      ['no user name at all', goodPassword],
      ['no\0name', goodPassword],
      [blocked.username, goodPassword],
      [suspended.username, goodPassword],
      [disabled.username, goodPassword],
      [known.username, 'something else'],
      [known.username, 'x'.repeat(5000)],
    ];

    for (const [username, password] of tries) {
      house.hash.calls.length = 0;
      const outcome = await house.signIn.byPassword({ username, password, source: far(1) });

      expect(outcome).toEqual(refused);
      expect(house.hash.calls).toHaveLength(1);
    }
    expect(house.audit.every(({ event }) => event === 'authn_login_fail')).toBe(true);
    expect(JSON.stringify(house.audit)).not.toContain(goodPassword);
    expect(JSON.stringify(house.audit)).not.toContain('nobodyatall');
  });

  it('tells capitals from small letters in passwords (ACC-46)', async () => {
    const { username } = await house.person({ password: 'Abcdefgh12' });

    const outcome = await house.signIn.byPassword({
      ...{ username, password: 'abcdefgh12', source: far(2) },
    });

    expect(outcome).toEqual(refused);
  });

  it('refuses blocked users with the generic message and an audit event (ACC-33)', async () => {
    const { username, id } = await house.person();
    await house.database
      .knex('role_assignment')
      .where({ person_id: id })
      .update({ state: 'blocked' });

    const outcome = await house.signIn.byPassword({ username, password: goodPassword, source });

    expect(outcome).toEqual(refused);
    expect(house.audit).toMatchObject([{ event: 'authn_login_fail', target: username }]);
  });

  it('does not know technical users (ACC-124)', async () => {
    const { enterprise } = await house.person();
    const { knex } = house.database;
    const at = house.clock.now();
    await knex('sender').insert({
      ...{ number: '424242', enterprise, quality: 'employer', types: [], environments: ['T'] },
      ...{ state: 'active', created_at: at },
    });
    await knex('technical_user').insert({
      ...{ id: '7b6f4e0e-6f0e-4a52-9d5f-0d9d2f6f6a01', username: 'machine42', sender: '424242' },
      ...{ auth: 'password', state: 'active', created_at: at, changed_at: at },
      ...{ allow_ssh_rsa: false, password_hash: await house.hash.make(goodPassword) },
    });

    const outcome = await house.signIn.byPassword({
      ...{ username: 'machine42', password: goodPassword, source: far(3) },
    });

    expect(outcome).toEqual(refused);
  });

  it('hashes anew, once, what was hashed with other parameters', async () => {
    const { username, id } = await house.person();
    const record = await house.store.passwords.find(id);
    const phc = `weak:${goodPassword}`;
    await house.database.knex('person_password').where({ person_id: id }).update({ phc });

    await house.login(username, goodPassword);

    expect((await house.store.passwords.find(id))?.phc).toBe(record?.phc);
  });
});

describe('the throttle after a right login', () => {
  const trips: string[] = [];
  const heard = ({ sql }: { readonly sql: string }): void => void trips.push(sql);

  it('is not written to when the source was remembered today and nobody guessed', async () => {
    const { username } = await house.person();
    await house.login(username, goodPassword);
    house.database.knex.on('query', heard);

    await house.login(username, goodPassword);

    house.database.knex.removeListener('query', heard);
    expect(trips.filter((sql) => /login_throttle|login_source/.test(sql))).toHaveLength(1);
    // The throttle, the person, the session with its marks; the trail is a list in these tests.
    expect(
      trips.filter((sql) => /^\s*(?:select|with|insert|update|delete)/.test(sql)),
    ).toHaveLength(3);
  });

  it('forgets the wrong guesses of a source it knows', async () => {
    const { username } = await house.person();
    await house.login(username, goodPassword);
    const row = { scope: 'pair', username: `password:${username}` };
    const guesses = () => house.database.knex('login_throttle').where(row);
    for (let tries = 0; tries < 3; tries += 1) {
      await house.signIn.byPassword({ username, password: 'wrong', source });
    }
    const before = await guesses();

    await house.login(username, goodPassword);

    expect([before.length > 0, await guesses()]).toEqual([true, []]);
  });

  it('remembers the source again when a day has passed', async () => {
    const { username } = await house.person();
    await house.login(username, goodPassword);
    house.clock.pass(spans.day);

    await house.login(username, goodPassword);

    const row = await house.database
      .knex('login_source')
      .where({ username: `password:${username}` })
      .first<{ last_at: Date }>();
    expect(row.last_at).toEqual(house.clock.now());
  });
});

describe('a session', () => {
  it('ends after half an hour of silence and twelve hours in all', async () => {
    const { username } = await house.person();
    const keys = await house.login(username, goodPassword);
    house.clock.pass(29 * spans.minute);
    expect(await house.sessions.open(keys.token, { source })).toBeDefined();
    house.clock.pass(29 * spans.minute);
    expect(await house.sessions.open(keys.token, { source })).toBeDefined();
    house.clock.pass(30 * spans.minute);

    expect(await house.sessions.open(keys.token, { source })).toBeUndefined();

    const long = await house.login(username, goodPassword);
    for (let half = 0; half < 24; half += 1) {
      house.clock.pass(29 * spans.minute);
      await house.sessions.open(long.token, { source });
    }
    house.clock.pass(29 * spans.minute);
    expect(await house.sessions.open(long.token, { source })).toBeUndefined();
  });

  it('is killed by logging out (ACC-66)', async () => {
    const { username } = await house.person();
    const keys = await house.login(username, goodPassword);
    const session = await house.at(keys);

    await house.sessions.logout(session);

    expect(await house.sessions.open(keys.token, { source })).toBeUndefined();
    await expect(house.signIn.switchRole(session, 'x')).rejects.toMatchObject({
      code: 'registration.unknown',
    });
  });

  it('opens nothing once its role is blocked, deleted or over (ACC-128)', async () => {
    for (const change of [
      { state: 'blocked' },
      { state: 'deleted' },
      { valid_to: new Date('2020-01-01T00:00:00Z') },
    ]) {
      const { username, id } = await house.person();
      const keys = await house.login(username, goodPassword);

      await house.database.knex('role_assignment').where({ person_id: id }).update(change);

      expect(await house.sessions.open(keys.token, { source })).toBeUndefined();
    }
  });

  it('is kept as hashes: who reads the table has no token', async () => {
    const { username, id } = await house.person();
    const keys = await house.login(username, goodPassword);

    const rows: unknown = await house.database.knex('session').where({ person_id: id });

    expect(Buffer.from(keys.token, 'base64url')).toHaveLength(32);
    expect(JSON.stringify(rows)).not.toContain(keys.token);
    expect(JSON.stringify(rows)).not.toContain(keys.csrf);
    expect(await house.sessions.open('nonsense', { source })).toBeUndefined();
    expect(await house.sessions.open('A'.repeat(43), { source })).toBeUndefined();
  });

  it('is listed to its person, who ends one or all others', async () => {
    const { username } = await house.person();
    const [a, b, c] = [
      await house.login(username, goodPassword),
      await house.login(username, goodPassword),
      await house.login(username, goodPassword),
    ];
    const mine = await house.at(a);
    const stranger = await house.person();
    const theirs = await house.at(await house.login(stranger.username, goodPassword));

    expect(await house.sessions.list(mine)).toHaveLength(3);
    await expect(house.sessions.end(theirs, mine.id)).rejects.toMatchObject({
      code: 'registration.unknown',
    });
    await house.sessions.end(mine, b.sessionId);
    expect(await house.sessions.open(b.token, { source })).toBeUndefined();
    expect(await house.sessions.endOthers(mine)).toBe(1);
    expect(await house.sessions.open(c.token, { source })).toBeUndefined();
    expect(await house.sessions.open(a.token, { source })).toBeDefined();
  });

  it('takes the language chosen on the page for letters too (ACC-61, ACC-62)', async () => {
    const { username } = await house.person({ language: 'nl' });
    const keys = await house.login(username, goodPassword);

    await house.sessions.chooseLanguage(await house.at(keys), 'fr');
    await house.passwords.change(await house.at(keys), {
      ...{ current: goodPassword, password: 'cinq canards sous le pont de bois' },
    });

    expect(house.letters).not.toHaveLength(0);
    expect(house.letters.every(({ language }) => language === 'fr')).toBe(true);
  });

  it('switches to another role without a new login, under a new token', async () => {
    const { username, assignments } = await house.person({ roles: ['USR', 'CAM'] });
    const first = await house.login(username, goodPassword);
    const open = await house.signIn.chooseRole(await house.at(first), assignments[0] ?? '');

    const switched = await house.signIn.switchRole(await house.at(open), assignments[1] ?? '');

    expect((await house.at(switched)).caller?.role).toBe('CAM');
    expect(await house.sessions.open(open.token, { source })).toBeUndefined();
  });

  it('lets a chief access manager look at a quality of his enterprise alone (ACC-63)', async () => {
    const { username, assignments, qualityId } = await house.person({ roles: ['CAM'] });
    const other = await house.person();
    const keys = await house.login(username, goodPassword);
    const session = await house.at(keys);

    const foreign = house.signIn.switchRole(session, assignments[0] ?? '', other.qualityId);
    await expect(foreign).rejects.toMatchObject({ code: 'registration.unknown' });
    const own = await house.signIn.switchRole(session, assignments[0] ?? '', qualityId);

    expect((await house.at(own)).caller).toMatchObject({ role: 'CAM', qualityId });
  });

  it('opens an enterprise when its chief access manager comes in first (ACC-06)', async () => {
    const { username, enterprise } = await house.person({
      ...{ roles: ['CAM'], enterpriseState: 'registered' },
    });

    await house.login(username, goodPassword);

    const row = await house.database
      .knex('enterprise')
      .where({ number: enterprise })
      .first<{ state: string }>();
    expect(row.state).toBe('active');
  });
});
