import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { addWorkingDays, isWorkingDay, publicHolidays } from '../../src/identity/index.ts';
import { codeAt, fromBase32 } from '../make/authenticator.ts';
import { spans } from '../make/clock.ts';
import { goodPassword, signInHouse, source, type SignInHouse } from '../make/sign-in.ts';

let house: SignInHouse;
beforeAll(async () => {
  house = await signInHouse();
});
afterEach(async () => {
  house.letters.length = 0;
  house.audit.length = 0;
  house.events.length = 0;
  house.refused.clear();
  await house.database.knex('login_throttle').delete();
  await house.database.knex('help_desk_case').delete();
});
afterAll(() => house.close());

const desk = { name: 'desk1', role: 'HD', source: 'test', language: 'nl' } as const;
const colleague = { ...desk, name: 'desk2' };
const insz = '93051822361';
const templates = (): string[] => house.letters.map(({ template }) => template);

describe('working days', () => {
  it.each([
    [
      2024,
      [
        '2024-01-01',
        '2024-04-01',
        '2024-05-01',
        '2024-05-09',
        '2024-05-20',
        '2024-07-21',
        '2024-08-15',
        '2024-11-01',
        '2024-11-11',
        '2024-12-25',
      ],
    ],
    [
      2025,
      [
        '2025-01-01',
        '2025-04-21',
        '2025-05-01',
        '2025-05-29',
        '2025-06-09',
        '2025-07-21',
        '2025-08-15',
        '2025-11-01',
        '2025-11-11',
        '2025-12-25',
      ],
    ],
    [
      2026,
      [
        '2026-01-01',
        '2026-04-06',
        '2026-05-01',
        '2026-05-14',
        '2026-05-25',
        '2026-07-21',
        '2026-08-15',
        '2026-11-01',
        '2026-11-11',
        '2026-12-25',
      ],
    ],
    [
      2027,
      [
        '2027-01-01',
        '2027-03-29',
        '2027-05-01',
        '2027-05-06',
        '2027-05-17',
        '2027-07-21',
        '2027-08-15',
        '2027-11-01',
        '2027-11-11',
        '2027-12-25',
      ],
    ],
    [
      2038,
      [
        '2038-01-01',
        '2038-04-26',
        '2038-05-01',
        '2038-06-03',
        '2038-06-14',
        '2038-07-21',
        '2038-08-15',
        '2038-11-01',
        '2038-11-11',
        '2038-12-25',
      ],
    ],
  ])('of %d leave out the ten public holidays', (year, days) => {
    expect(publicHolidays(year)).toEqual(days);
    expect(days.every((day) => !isWorkingDay(day))).toBe(true);
  });

  it.each([
    ['2026-03-02', 5, '2026-03-09'],
    ['2026-04-02', 5, '2026-04-10'],
    ['2026-05-12', 5, '2026-05-20'],
    ['2025-12-24', 5, '2026-01-02'],
    ['2026-07-18', 1, '2026-07-20'],
    ['2026-07-20', 1, '2026-07-22'],
  ])('%s and %d of them is %s', (date, days, expected) => {
    expect(addWorkingDays(date, days)).toBe(expected);
  });
});

describe('a forgotten user name', () => {
  it('goes to the registered address, never on the screen (ACC-81)', async () => {
    const { username, enterprise } = await house.person({ insz, language: 'fr' });
    const ask = { kind: 'username', enterprise, insz, language: 'nl', source } as const;

    await expect(house.recovery.request(ask)).resolves.toBeUndefined();
    expect(house.letters).toEqual([]);
    await house.recovery.settle();

    expect(house.letters).toMatchObject([
      {
        template: 'username-reminder',
        to: `${username}@example.org`,
        language: 'fr',
        data: { username },
      },
    ]);
  });

  it('is answered alike when the numbers do not match, and nothing leaves', async () => {
    const { enterprise } = await house.person();
    const known = await house.person({ insz: '85073003328' });
    const wrong = [
      { enterprise, insz: '85073003328' },
      { enterprise: known.enterprise, insz: '00000000000' },
      { enterprise: 'nonsense', insz: 'nonsense' },
    ];

    for (const numbers of wrong) {
      const ask = { kind: 'username', ...numbers, language: 'nl', source } as const;
      await expect(house.recovery.request(ask)).resolves.toBeUndefined();
    }
    expect(await house.recovery.settle()).toBe(3);

    expect(house.letters).toEqual([]);
    expect(house.audit.every(({ result }) => result === 'refused')).toBe(true);
    expect(JSON.stringify(house.audit)).not.toContain('85073003328');
  });

  it('cannot be asked for without end from one place', async () => {
    const { enterprise } = await house.person({ insz: '99999999952' });
    const ask = { kind: 'username', enterprise, insz: '99999999952', language: 'nl' } as const;
    for (let tries = 0; tries < 20; tries += 1) {
      await house.recovery.request({ ...ask, source: '203.0.113.9' });
    }

    expect(await house.recovery.settle()).toBeLessThan(10);
  });
});

describe('a lost password', () => {
  it('is a case with a date in five working days, and an alarm on the fourth (ACC-82)', async () => {
    const { enterprise, id, username } = await house.person({ insz: '70010100188' });
    const ask = {
      kind: 'new-codes',
      enterprise,
      insz: '70010100188',
      language: 'nl',
      source,
    } as const;
    await house.recovery.request(ask);
    await house.recovery.request(ask);
    await house.recovery.settle();

    const cases = await house.cases.list(desk, { max: 10 });
    expect(cases).toMatchObject([
      {
        kind: 'new-codes',
        personId: id,
        dueOn: '2026-03-09',
        alarmOn: '2026-03-06',
        state: 'open',
      },
    ]);
    expect(house.letters).toMatchObject([{ template: 'case-opened', data: { due: '2026-03-09' } }]);
    expect(await house.cases.alarm()).toBe(0);
    house.clock.pass(4 * spans.day);
    const alarms = await Promise.all([house.cases.alarm(), house.another().cases.alarm()]);
    expect(alarms.sort()).toEqual([0, 1]);
    expect(house.letters.at(-1)).toMatchObject({
      template: 'case-alarm',
      to: 'helpdesk@example.org',
      language: 'fr',
      data: { kind: 'nouveaux codes', due: '2026-03-09' },
    });
    await house.cases.close(desk, cases[0]?.id ?? '', { outcome: 'done', note: 'card shown' });

    const code = house.letters.at(-1)?.data['code'] ?? '';
    expect(templates()).toContain('reset-code');
    expect((await house.login(username, code)).stage).toBe('password-change');
    const again = house.cases.close(desk, cases[0]?.id ?? '', { outcome: 'done', note: '' });
    await expect(again).rejects.toMatchObject({ code: 'registration.exists' });
  });

  it('is shown and closed by nobody the matrix refuses', async () => {
    house.refused.add('case.list').add('case.close');

    await expect(house.cases.list(desk, { max: 1 })).rejects.toMatchObject({
      code: 'access.denied',
    });
    const close = house.cases.close(desk, 'x', { outcome: 'done', note: '' });
    await expect(close).rejects.toMatchObject({ code: 'access.denied' });
  });
});

describe('too many attempts', () => {
  const wrong = (username: string, from = source): Promise<unknown> =>
    house.signIn.byPassword({ username, password: 'wrong', source: from });

  it('lock the account for their source; the right password does not open it (ACC-83)', async () => {
    const { username } = await house.person();
    for (let tries = 0; tries < 5; tries += 1) await wrong(username);
    house.hash.calls.length = 0;

    const right = await house.signIn.byPassword({ username, password: goodPassword, source });

    expect(right).toEqual({ outcome: 'refused' });
    expect(house.hash.calls).toEqual([]);
    expect(house.events).toMatchObject([
      { code: 'identity.locked', username: `password:${username}` },
    ]);
    expect((await house.login(username, goodPassword, '198.51.100.9')).stage).toBe('open');
    house.clock.pass(31 * spans.second);
    expect((await house.login(username, goodPassword)).stage).toBe('open');
  });

  it('lock names that nobody has in the same way, before any hash', async () => {
    for (let tries = 0; tries < 5; tries += 1) await wrong('nobodyhere', '203.0.113.50');
    house.hash.calls.length = 0;

    await wrong('nobodyhere', '203.0.113.50');

    expect(house.hash.calls).toEqual([]);
  });

  it('wait longer each time, a quarter of an hour at most', async () => {
    const { username } = await house.person();
    for (let tries = 0; tries < 5; tries += 1) await wrong(username);
    const seconds: unknown[] = [];
    for (let rounds = 0; rounds < 8; rounds += 1) {
      seconds.push(house.events.at(-1)?.facts?.['seconds']);
      house.clock.pass(16 * spans.minute);
      await wrong(username);
      house.events.splice(0, house.events.length - 1);
    }

    expect(seconds).toEqual([30, 60, 120, 240, 480, 900, 900, 900]);
  });

  it('are forgotten when the help desk lifts the lock; both acts are written down (ACC-84)', async () => {
    const { username, id } = await house.person();
    for (let tries = 0; tries < 5; tries += 1) await wrong(username);

    expect(await house.recovery.unlock(desk, id)).toBe(1);

    expect((await house.login(username, goodPassword)).stage).toBe('open');
    expect(house.events.map(({ code }) => code)).toEqual([
      'identity.locked',
      'identity.lock-ended',
    ]);
    expect(house.audit.map(({ event }) => event)).toContain('authn_login_unlock');
    house.refused.add('lock.release');
    await expect(house.recovery.unlock(desk, id)).rejects.toMatchObject({ code: 'access.denied' });
  });

  it('disable the password at the hundredth in a row, and tell the person', async () => {
    const { username, id } = await house.person();
    await house.database.knex('person_password').where({ person_id: id }).update({ failures: 98 });
    await wrong(username);
    expect((await house.login(username, goodPassword)).stage).toBe('open');
    await house.database.knex('person_password').where({ person_id: id }).update({ failures: 99 });
    await wrong(username);

    const right = await house.signIn.byPassword({ username, password: goodPassword, source });

    expect(right).toEqual({ outcome: 'refused' });
    expect(templates()).toContain('password-disabled');
    expect(house.audit.map(({ event }) => event)).toContain('authn_login_fail_max');
  });

  it('never touch a technical user of the same name', async () => {
    const { username } = await house.person();
    for (let tries = 0; tries < 6; tries += 1) await wrong(username);

    const rows = await house.database.knex('login_throttle').where({ username });

    expect(rows).toEqual([]);
  });
});

describe('a lost app', () => {
  async function withApp(): Promise<{ readonly id: string; readonly username: string }> {
    const { id, username } = await house.person();
    const session = await house.at(await house.login(username, goodPassword));
    const sheet = await house.factors.begin(session, { password: goodPassword });
    const secret = fromBase32(sheet.manual.secret);
    await house.factors.prove(session, { code: codeAt(secret, house.clock.now()) });
    await house.factors.activate(session);
    house.letters.length = 0;
    return { id, username };
  }

  it('is reset after a call-back: factors void, sessions ended, person told (ACC-85)', async () => {
    const { id, username } = await withApp();

    const outcome = await house.recovery.resetSecondFactor(desk, id, {
      callBack: '+32 2 555 01 02',
    });

    expect(outcome).toEqual({ done: true });
    expect(await house.store.factors.totp(id)).toBeUndefined();
    expect(await house.store.factors.backupCodes(id)).toEqual([]);
    const told = house.letters.filter(({ template }) => template === 'factor-reset');
    expect(told.map(({ to }) => to)).toContain(`${username}@example.org`);
    expect(told).toHaveLength(2);
    const mandatory = house.another({ secondFactor: 'mandatory' });
    const next = await mandatory.signIn.byPassword({ username, password: goodPassword, source });
    expect(next).toMatchObject({ stage: 'enrolment' });
  });

  it('is else reset by a second colleague, not by the one who asked (ACC-85)', async () => {
    const { id } = await withApp();
    const outcome = await house.recovery.resetSecondFactor(desk, id, { note: 'at the counter' });
    if (outcome.done) throw new Error('it was done at once');

    await expect(
      house.recovery.approveSecondFactorReset(desk, outcome.case.id),
    ).rejects.toMatchObject({ code: 'access.denied', facts: { rule: 'second-person' } });
    expect(await house.store.factors.totp(id)).toBeDefined();
    await house.recovery.approveSecondFactorReset(colleague, outcome.case.id);

    expect(await house.store.factors.totp(id)).toBeUndefined();
    await expect(
      house.recovery.approveSecondFactorReset(colleague, outcome.case.id),
    ).rejects.toMatchObject({ code: 'registration.unknown' });
  });

  it('is not reset by whom the matrix refuses', async () => {
    const { id } = await withApp();
    house.refused.add('second-factor.reset');

    const reset = house.recovery.resetSecondFactor(desk, id, { callBack: 'x' });

    await expect(reset).rejects.toMatchObject({ code: 'access.denied' });
    expect(await house.store.factors.totp(id)).toBeDefined();
  });
});

describe('another e-mail address', () => {
  it('counts once the code sent there came back; the old one is told (ACC-51)', async () => {
    const { id, username } = await house.person();
    const session = await house.at(await house.login(username, goodPassword));
    const address = 'anke@voorbeeld.example';

    await house.emailChange.request(session, { address, password: goodPassword });
    const code = house.letters.at(-1)?.data['code'] ?? '';
    expect(house.letters).toMatchObject([{ template: 'email-confirm', to: address, secret: true }]);
    expect((await house.store.persons.byId(id))?.email).toBe(`${username}@example.org`);
    await expect(
      house.emailChange.confirm(session, { code: '0000-0000-0000-0000' }),
    ).rejects.toMatchObject({ code: 'signin.code-refused' });
    await house.emailChange.confirm(session, { code });

    expect((await house.store.persons.byId(id))?.email).toBe(address);
    expect(house.letters.at(-1)).toMatchObject({
      ...{ template: 'email-changed', to: `${username}@example.org` },
    });
    await expect(house.emailChange.confirm(session, { code })).rejects.toMatchObject({
      code: 'signin.code-refused',
    });
  });

  it('is not taken without the password, nor when it is none', async () => {
    const { username } = await house.person();
    const session = await house.at(await house.login(username, goodPassword));
    const address = 'anke@voorbeeld.example';

    await expect(house.emailChange.request(session, { address })).rejects.toMatchObject({
      code: 'signin.reauthenticate',
    });
    for (const bad of ['anke', 'a@b', 'a@b.be\r\nBcc: x@y.be', 'a@b.be,c@d.be', 'A <a@b.be>']) {
      const ask = house.emailChange.request(session, { address: bad, password: goodPassword });
      await expect(ask).rejects.toMatchObject({ code: 'registration.invalid' });
    }
  });
});

describe('an API token', () => {
  it('acts in the one role of the session that made it, until it ends (ACC-59)', async () => {
    const { id, username, assignments } = await house.person({ roles: ['USR', 'CAM'] });
    const first = await house.login(username, goodPassword);
    const open = await house.signIn.chooseRole(await house.at(first), assignments[0] ?? '');
    const session = await house.at(open);
    await expect(
      house.tokens.create(session, { name: 'nightly', days: 30, password: 'wrong' }),
    ).rejects.toMatchObject({ code: 'identity.refused' });

    const { token, view } = await house.tokens.create(session, {
      ...{ name: 'nightly', days: 30, password: goodPassword },
    });

    expect(await house.tokens.open(token, { source })).toMatchObject({ role: 'USR', personId: id });
    expect((await house.tokens.list(session))[0]?.lastUsedAt).toEqual(house.clock.now());
    const rows: unknown = await house.database.knex('api_token').where({ person_id: id });
    expect(JSON.stringify(rows)).not.toContain(token.slice(6));
    await house.tokens.revoke(session, view.id);
    expect(await house.tokens.open(token, { source })).toBeUndefined();
    const short = await house.tokens.create(session, {
      ...{ name: 'short', days: 1, password: goodPassword },
    });
    await house.database
      .knex('role_assignment')
      .where({ id: assignments[0] })
      .update({ state: 'blocked' });
    expect(await house.tokens.open(short.token, { source })).toBeUndefined();
    await house.database
      .knex('role_assignment')
      .where({ id: assignments[0] })
      .update({ state: 'active' });
    house.clock.pass(spans.day);
    expect(await house.tokens.open(short.token, { source })).toBeUndefined();
  });
});
