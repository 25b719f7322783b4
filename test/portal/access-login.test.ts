import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spans } from '../make/clock.ts';
import { goodPassword, portalHouse, type House, type PortalHouse } from '../make/portal-house.ts';

let house: PortalHouse;
let home: House;
beforeAll(async () => {
  house = await portalHouse();
  home = await house.enterprise();
});
afterAll(() => house.close());

const newUser = () => house.appoint('USR', { qualityId: home.qualityId });

describe('ACC-43: a username', () => {
  it.each([
    ['ab12345', 'username-short'],
    ['Jan Peeters', 'username-space'],
    ['a'.repeat(31), 'username-long'],
    ['jan.peeters', 'username-characters'],
  ])('such as %s is refused by its own rule', async (username, rule) => {
    const am = await house.enter(home.people.AM);

    const plan = await am.post('/appointments/user/plans', {
      person: { username, lastName: 'Peeters', firstName: 'Jan', language: 'nl' },
      capacity: 'employee',
    });

    expect(plan.status).toBe(422);
    expect(plan.body['errors']).toContainEqual(
      expect.objectContaining({ pointer: '/username', rule }),
    );
  });
});

describe('ACC-46: a password', () => {
  it('has capitals that count', async () => {
    const user = await newUser();
    await house.enter(user);

    const wrong = await house.knock(house.client(), user, goodPassword.toUpperCase());

    expect([wrong.status, wrong.code]).toEqual([401, 'identity.refused']);
  });
});

describe('ACC-49: the rules for passwords', () => {
  it('are told where a password is chosen, in the language of the person', async () => {
    const user = await newUser();
    const client = house.client();
    await house.knock(client, user);

    const { body } = await client.get('/me/password/requirements');

    expect(body['policy']).toBe('modern');
    expect((body['rules'] as string[])[0]).toContain('tekens');
  });

  it('are named when one is broken', async () => {
    const user = await newUser();
    const client = house.client();
    await house.knock(client, user);

    const short = await client.put('/me/password', { password: 'kort' });
    const common = await client.put('/me/password', { password: 'aaaaaaaaaaaaaaaaaaaa' });

    expect([short.status, short.code, short.body['rule']]).toEqual([
      ...[422, 'password.refused', 'too-short'],
    ]);
    expect(short.body['detail']).toContain('tekens');
    expect(common.body['rule']).toBe('repeats');
  });
});

describe('ACC-50: a password changed by its owner', () => {
  it('ends his other sessions, keeps this one under a new token, and is told by letter', async () => {
    const user = await newUser();
    const other = await house.enter(user);
    const client = await house.enter(user);
    const before = client.cookies.get('__Host-sluis');

    const wrong = await client.put('/me/password', { current: 'wrong', password: 'x'.repeat(20) });
    const done = await client.put('/me/password', {
      current: goodPassword,
      password: 'zeven zwanen zwemmen in de zee',
    });

    expect([wrong.status, wrong.code, done.status]).toEqual([401, 'identity.refused', 200]);
    expect(client.cookies.get('__Host-sluis')).not.toBe(before);
    expect((await client.get('/session')).status).toBe(200);
    expect((await other.get('/session')).status).toBe(401);
    expect((await house.letterTo(user.email, 'password-changed')).body).toContain(user.username);
  });
});

describe('a password', () => {
  it('is refused when it was leaked, at first, in a change and after a reset', async () => {
    const leaked = 'mailcreated5240';
    const user = await newUser();
    const client = house.client();
    await house.knock(client, user);

    const first = await client.put('/me/password', { password: leaked });
    await client.put('/me/password', { password: goodPassword });
    const change = await client.put('/me/password', { current: goodPassword, password: leaked });
    const am = await house.enter(home.people.AM);
    await am.post(`/persons/${user.personId}/password-reset`);
    const again = house.client();
    await house.knock(again, user, await house.codeTo(user.email, 'reset-code'));
    const after = await again.put('/me/password', { password: leaked });
    const neighbour = await again.put('/me/password', { password: 'mailgecreeerd5240' });

    for (const refused of [first, change, after]) {
      expect([refused.status, refused.code, refused.body['rule']]).toEqual([
        ...[422, 'password.refused', 'leaked'],
      ]);
      expect(refused.body['detail']).toContain('gelekte wachtwoorden');
    }
    expect(neighbour.status).toBe(200);
  });
});

describe('ACC-51: an e-mail address changed by its owner', () => {
  it('counts once the code sent there came back, and the old address is told', async () => {
    const user = await newUser();
    const client = await house.enter(user);
    const address = `new.${user.username}@example.org`;

    const asked = await client.post('/me/email-changes', { address, password: goodPassword });
    const wrong = await client.put('/me/email', { code: 'AAAA-BBBB-CCCC-DDDD' });
    const before = (await client.get('/me')).body['email'];
    const done = await client.put('/me/email', {
      code: await house.codeTo(address, 'email-confirm'),
    });

    expect([asked.status, wrong.code, before, done.status]).toEqual([
      ...[202, 'signin.code-refused', user.email, 200],
    ]);
    expect((await client.get('/me')).body['email']).toBe(address);
    expect((await house.letterTo(user.email, 'email-changed')).body).toContain(user.username);
  });
});

describe('ACC-52: a new user', () => {
  it('gets a code that is good once, and must choose a password', async () => {
    const user = await newUser();
    const code = await house.codeTo(user.email);
    const client = house.client();

    const first = await house.knock(client, user, code);
    const blocked = await client.get('/me');
    await client.put('/me/password', { password: goodPassword });
    const again = await house.knock(house.client(), user, code);

    expect(first.body['stage']).toBe('password-change');
    expect([blocked.status, blocked.code, blocked.body['stage']]).toEqual([
      ...[403, 'request.stage', 'password-change'],
    ]);
    expect([again.status, again.code]).toEqual([401, 'identity.refused']);
  });
});

describe('ACC-58 and ACC-59: several roles', () => {
  it('are chosen among after the login; until then nothing is open', async () => {
    const other = await house.enterprise();
    const user = await newUser();
    await house.enter(user);
    await house.appoint('USR', { qualityId: other.qualityId, personId: user.personId });
    const client = house.client();

    const login = await house.knock(client, user);
    const early = await client.get('/me');
    const without = await client.put('/session/role', {});
    const chosen = await client.put('/session/role', { appointment: user.assignmentId });

    expect([login.body['stage'], early.code, without.code, chosen.body['stage']]).toEqual([
      ...['role', 'request.stage', 'request.invalid', 'open'],
    ]);
  });

  it('are switched between without a new login, under a new token', async () => {
    const other = await house.enterprise();
    const user = await newUser();
    await house.enter(user);
    const second = await house.appoint('COAM', {
      qualityId: other.qualityId,
      personId: user.personId,
    });
    const client = await house.enter(user);
    const before = client.cookies.get('__Host-sluis');

    const switched = await client.put('/session/role', { appointment: second.assignmentId });

    const { body } = await client.get('/session');
    expect([switched.status, (body['role'] as { role: string }).role]).toEqual([200, 'COAM']);
    expect(client.cookies.get('__Host-sluis')).not.toBe(before);
    const old = house.client();
    expect(
      (await old.call('GET', '/session', { headers: { cookie: `__Host-sluis=${before ?? ''}` } }))
        .status,
    ).toBe(401);
  });

  it('do not include those of somebody else', async () => {
    const user = await newUser();
    const client = await house.enter(user);

    const stolen = await client.put('/session/role', { appointment: home.people.AM.assignmentId });

    expect([stolen.status, stolen.code]).toEqual([404, 'registration.unknown']);
  });
});

describe('ACC-60: a single role', () => {
  it('is not asked for', async () => {
    const user = await newUser();
    await house.enter(user);

    expect((await house.knock(house.client(), user)).body['stage']).toBe('open');
  });
});

describe('ACC-61 and ACC-62: the language', () => {
  it('of a visitor is what his browser asks for, and of a person what he chose', async () => {
    const user = await newUser();
    const client = await house.enter(user, { headers: { 'accept-language': 'en' } });

    await client.put('/session/language', { language: 'fr' });
    house.clock.pass(spans.second);
    const refusal = await client.get('/audit-events');
    await client.put('/me/password', { current: goodPassword, password: 'zeven zwanen in zee 7' });

    expect(refusal.body['title']).toBe('Votre rôle ne le permet pas.');
    expect((await house.letterTo(user.email, 'password-changed')).body).toContain('mot de passe');
  });
});

describe('ACC-61: each of the four languages', () => {
  it.each([
    ['nl', 'Uw rol laat dit niet toe.', 'wachtwoord'],
    ['fr', 'Votre rôle ne le permet pas.', 'mot de passe'],
    ['de', 'Ihre Rolle erlaubt das nicht.', 'Passwort'],
    ['en', 'Your role does not allow this.', 'password'],
  ])('%s is spoken by page and letters from the switch on', async (language, title, word) => {
    const user = await newUser();
    const client = await house.enter(user);

    const done = await client.put('/session/language', { language });
    house.clock.pass(spans.second);
    const refusal = await client.get('/audit-events');
    const menu = (await client.get('/session/menu')).body['items'] as readonly { label: string }[];
    await client.put('/me/password', { current: goodPassword, password: 'zeven zwanen in zee 7' });

    expect([done.status, refusal.body['title']]).toEqual([204, title]);
    expect(
      menu
        .map(({ label }) => label)
        .join(' ')
        .toLowerCase(),
    ).toContain(word.toLowerCase());
    expect((await house.letterTo(user.email, 'password-changed')).body).toContain(word);
  });
});

describe('ACC-62: the preferred language', () => {
  it('stays with the person: letters that others cause are in it too', async () => {
    const person = { language: 'fr' };
    const user = await house.appoint('USR', { qualityId: home.qualityId, person });
    const am = await house.enter(home.people.AM, { headers: { 'accept-language': 'de' } });

    const invitation = await house.letterTo(user.email, 'initial-code');
    await house.enter(user);
    await am.post(`/persons/${user.personId}/password-reset`);

    expect(invitation.body).toContain("nom d'utilisateur");
    expect((await house.letterTo(user.email, 'reset-code')).body).toContain('mot de passe');
  });
});

describe('ACC-63, ACC-64 and ACC-65: the menu', () => {
  const idsOf = async (client: Awaited<ReturnType<PortalHouse['enter']>>): Promise<string[]> =>
    ((await client.get('/session/menu')).body['items'] as readonly { id: string }[]).map(
      ({ id }) => id,
    );
  const own = ['own-data', 'password', 'certificate'];
  // The matrix gives "Use e-Box" to the (co-)access manager and the user, not to a CAM in his place.
  const eBox = 'e-box-documents';
  const ofQuality = [
    'users',
    'quality-details',
    'co-access-managers',
    'routing',
    'structured-messages',
  ];

  it('of a chief access manager has his entries and no others', async () => {
    expect(await idsOf(await house.enter(home.people.CAM))).toEqual([
      ...['enterprise-details', 'co-chief-access-managers', 'search-users', 'activate-quality'],
      ...own,
    ]);
  });

  it('becomes that of the access manager once he selects a quality', async () => {
    const { CAM } = home.people;
    const client = await house.enter(CAM);

    await client.put('/session/role', { appointment: CAM.assignmentId, quality: home.qualityId });

    expect(await idsOf(client)).toEqual([...ofQuality, ...own]);
  });

  it('of an access manager has his entries, co-access managers among them', async () => {
    expect(await idsOf(await house.enter(home.people.AM))).toEqual([
      ...['users', eBox, ...ofQuality.slice(1), ...own],
    ]);
  });

  it('of a co-access manager lacks co-access managers', async () => {
    expect(await idsOf(await house.enter(home.people.COAM))).toEqual([
      ...['users', eBox, ...ofQuality.slice(1).filter((id) => id !== 'co-access-managers')],
      ...own,
    ]);
  });

  it('of a user is the e-Box and himself', async () => {
    expect(await idsOf(await house.enter(home.people.USR))).toEqual([eBox, ...own]);
  });
});

describe('ACC-66: logging out', () => {
  it('is one call that ends the session on the server', async () => {
    const client = await house.enter(home.people.USR);
    const token = client.cookies.get('__Host-sluis') ?? '';

    const out = await client.delete('/session');

    expect([out.status, client.cookies.size]).toEqual([204, 0]);
    const replayed = await house
      .client()
      .call('GET', '/session', { headers: { cookie: `__Host-sluis=${token}` } });
    expect(replayed.code).toBe('request.no-session');
  });
});

describe('a session', () => {
  it('is over after half an hour without a request', async () => {
    const client = await house.enter(home.people.USR);

    house.clock.pass(29 * spans.minute);
    const awake = (await client.get('/session')).status;
    house.clock.pass(31 * spans.minute);

    expect([awake, (await client.get('/session')).status]).toEqual([200, 401]);
  });

  it('is over after twelve hours whatever happens', async () => {
    const client = await house.enter(home.people.USR);

    const statuses = new Set<number>();
    for (let half = 0; half < 24; half += 1) {
      house.clock.pass(30 * spans.minute - 1_000);
      statuses.add((await client.get('/session')).status);
    }
    house.clock.pass(30 * spans.minute - 1_000);
    const last = await client.get('/session');

    expect([[...statuses], last.status]).toEqual([[200], 401]);
  });

  it('is listed for its owner, who can end the others', async () => {
    const user = await newUser();
    const [one, other] = [await house.enter(user), await house.enter(user)];

    const list = (await one.get('/sessions')).body['items'] as readonly {
      readonly id: string;
      readonly current: boolean;
    }[];
    const ended = await one.delete('/sessions');

    expect(list.filter(({ current }) => current)).toHaveLength(1);
    expect(ended.body['ended']).toBe(list.length - 1);
    expect((await other.get('/session')).status).toBe(401);
  });

  it('cannot be planted: a login gives another token than the one brought along', async () => {
    const user = await newUser();
    await house.enter(user);
    const client = house.client();
    const planted = 'A'.repeat(43);

    const login = await client.call('POST', '/login/password', {
      body: { username: user.username, password: goodPassword },
      headers: { cookie: `__Host-sluis=${planted}` },
    });

    expect(login.status).toBe(200);
    expect(client.cookies.get('__Host-sluis')).not.toBe(planted);
  });
});

describe('a refusal at the door', () => {
  it('is the same bytes for a wrong password, an unknown, a blocked and a locked account', async () => {
    const [user, blocked] = [await newUser(), await newUser()];
    await house.enter(user);
    await house.enter(blocked);
    const hd = await house.enter(await house.appoint('HD'));
    await hd.post(`/persons/${blocked.personId}/block`);
    const address = '198.51.100.7';
    const at = (username: string, password: string) =>
      house.client({ address }).post('/login/password', { username, password });

    const answers = [
      await at(user.username, 'wrong'),
      await at('nobody9999', 'wrong'),
      await at(blocked.username, goodPassword),
    ];
    for (let count = 0; count < 6; count += 1) await at(user.username, 'wrong');
    answers.push(await at(user.username, goodPassword));

    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
  });

  it('leaves no forged line anywhere: control characters are refused or stay out of the trail', async () => {
    const client = house.client({ address: '198.51.100.8' });
    await client.post('/login/password', { username: 'jan\n2026 admin logged in', password: 'x' });
    const op = await house.enter(await house.appoint('OP'));

    const { text } = await op.get('/audit-events?max=20');

    expect(text).not.toContain('admin logged in');
  });
});
