import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spans } from '../make/clock.ts';
import {
  anInsz,
  goodPassword,
  portalHouse,
  type Appointed,
  type House,
  type PortalHouse,
} from '../make/portal-house.ts';

let house: PortalHouse;
let home: House;
let helpDesk: Appointed;
beforeAll(async () => {
  // A Monday without a public holiday in the week that follows.
  house = await portalHouse({ start: '2026-03-02T08:00:00Z' });
  home = await house.enterprise();
  helpDesk = await house.appoint('HD');
});
afterAll(() => house.close());

const newUser = () => house.appoint('USR', { qualityId: home.qualityId });
const settle = () => house.office.identity.recovery.settle();

describe('ACC-81: a forgotten username', () => {
  it('goes to the registered address, never to the screen', async () => {
    const user = await newUser();
    const client = house.client({ address: '203.0.113.1' });
    const numbers = { enterprise: home.number, insz: user.insz };

    const right = await client.post('/recovery/username', numbers);
    const wrong = await client.post('/recovery/username', { ...numbers, insz: anInsz() });
    await settle();

    expect([right.status, wrong.status, wrong.text]).toEqual([202, 202, right.text]);
    expect(right.text).not.toContain(user.username);
    const letter = await house.letterTo(user.email, 'username-reminder');
    expect(letter.body).toContain(user.username);
  });

  it('refuses numbers whose check digits are wrong', async () => {
    const answer = await house.client().post('/recovery/username', {
      ...{ enterprise: '0123456788', insz: '80010100100' },
    });

    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toMatchObject([
      ...[{ rule: 'enterprise-number' }, { rule: 'insz' }],
    ]);
  });
});

describe('ACC-82: new codes', () => {
  it('are a case due in five working days, and the help desk grants them', async () => {
    const user = await newUser();
    await house.enter(user);
    const client = house.client({ address: '203.0.113.2' });
    await client.post('/recovery/codes', { enterprise: home.number, insz: user.insz });
    await settle();
    const hd = await house.enter(helpDesk);

    const { body } = await hd.get('/cases');
    const mine = (body['items'] as readonly Record<string, unknown>[]).find(
      ({ kind, personId }) => kind === 'new-codes' && personId === user.personId,
    );
    const closed = await hd.post(`/cases/${String(mine?.['id'])}/closing`, {
      ...{ outcome: 'done', note: 'called back' },
    });

    expect(mine).toMatchObject({ dueOn: '2026-03-09', alarmOn: '2026-03-06', state: 'open' });
    expect(closed.status).toBe(204);
    const login = await house.knock(
      house.client(),
      user,
      await house.codeTo(user.email, 'reset-code'),
    );
    expect(login.body['stage']).toBe('password-change');
  });
});

describe('ACC-83 and ACC-84: a lock', () => {
  it('holds against the right password too, and is lifted by a manager or the help desk', async () => {
    const user = await newUser();
    await house.enter(user);
    const address = '203.0.113.3';
    const at = async (password: string) =>
      (await house.knock(house.client({ address }), user, password)).status;
    for (let count = 0; count < 6; count += 1) await at('wrong');

    const locked = await at(goodPassword);
    const am = await house.enter(home.people.AM);
    const lifted = await am.post(`/persons/${user.personId}/unlock`);
    const after = await at(goodPassword);

    for (let count = 0; count < 6; count += 1) await at('wrong');
    const again = await at(goodPassword);
    const hd = await house.enter(helpDesk);
    await hd.post(`/persons/${user.personId}/unlock`);

    expect([locked, lifted.status, after]).toEqual([401, 200, 200]);
    expect([again, await at(goodPassword)]).toEqual([401, 200]);
    const op = await house.enter(await house.appoint('OP'));
    const trail = (await op.get('/audit-events?max=200')).text;
    expect(trail).toContain('authn_login_lock');
    expect(trail).toContain('authn_login_unlock');
  });

  it('ends by itself', async () => {
    const user = await newUser();
    await house.enter(user);
    const address = '203.0.113.4';
    for (let count = 0; count < 6; count += 1) {
      await house.knock(house.client({ address }), user, 'wrong');
    }

    house.clock.pass(2 * spans.hour);

    expect((await house.knock(house.client({ address }), user)).status).toBe(200);
  });
});

describe('ACC-86: access of a representative', () => {
  it('is asked for by anybody with a login; approved, the role is there and the case done', async () => {
    const user = await house.enter(home.people.USR);
    const hd = await house.enter(helpDesk);

    const asked = await user.post('/cases', { kind: 'representative-access', note: 'please' });
    const path = `/cases/${String(asked.body['id'])}`;
    const byWord = await hd.post(`${path}/closing`, { outcome: 'done', note: 'fine' });
    const granted = await hd.post(`${path}/representation`, {});
    const again = await hd.post(`${path}/representation`, {});

    expect([asked.status, byWord.status, granted.status, again.status]).toEqual([
      ...[201, 422, 201, 404],
    ]);
    expect(granted.body['assignment']).toMatchObject({
      ...{ role: 'REP', state: 'active', enterprise: home.number },
      personId: home.people.USR.personId,
    });
    expect((await hd.get(path)).body).toMatchObject({
      ...{ state: 'done', closedBy: helpDesk.username },
    });
    const roles = (await user.get('/session/roles')).body['items'] as readonly { role: string }[];
    expect(roles.map(({ role }) => role)).toContain('REP');
    const letter = await house.letterTo(home.people.USR.email, 'role-given');
    expect(letter.body).toContain('vertegenwoordiger');
  });

  it('is given by nobody else', async () => {
    const user = await house.enter(await newUser());
    const asked = await user.post('/cases', { kind: 'representative-access', note: 'please' });

    for (const role of ['LR', 'CAM', 'AM', 'USR'] as const) {
      const client = await house.enter(home.people[role]);
      const refused = await client.post(`/cases/${String(asked.body['id'])}/representation`, {});
      expect([role, refused.status]).toEqual([role, 403]);
    }
  });
});

describe('ACC-87: a list of mandates that failed', () => {
  it('is opened by the help desk, line by line, and by nobody else', async () => {
    const header = 'mandator,mandatary,object,from,to';
    const read = (...lines: readonly string[]) =>
      house.office.mandates.importCsv(listed(lines), { by: 'op' });
    await read(header, `${home.number},0123456788,DMFA,2026Q1,`, 'too,few');
    house.clock.pass(spans.second);
    await expect(read('another,header')).rejects.toMatchObject({ code: 'registration.invalid' });
    const hd = await house.enter(helpDesk);

    const list = (await hd.get('/mandate-imports')).body['items'] as readonly {
      readonly id: string;
    }[];
    const [unread, partly] = await Promise.all(
      list.map(({ id }) => hd.get(`/mandate-imports/${id}`)),
    );

    expect(unread?.body).toMatchObject({ failure: expect.stringContaining('mandator'), added: 0 });
    expect(partly?.body).toMatchObject({
      ...{ by: 'op', added: 0, refusedTotal: 2, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      refused: [{ line: 2, reason: expect.stringContaining('mandatary') }, { line: 3 }],
    });
    const am = await house.enter(home.people.AM);
    expect((await am.get('/mandate-imports')).code).toBe('access.denied');
    const gone = await hd.get('/mandate-imports/00000000-0000-4000-8000-000000000000');
    expect(gone.status).toBe(404);
  });
});

// eslint-disable-next-line @typescript-eslint/require-await -- a stream of lines, as a file gives one
async function* listed(lines: readonly string[]): AsyncGenerator<string> {
  for (const line of lines) yield `${line}\n`;
}

describe('ACC-88: the first login of a sender', () => {
  const contact = {
    name: 'Molen De Vries',
    address: { street: 'Dorp 1', postalCode: '9000', city: 'Gent', country: 'BE' },
  };

  it('finds a form filled in with what is known, confirms it, and goes on at once', async () => {
    const { people, number } = await house.enterprise();
    const am = await house.enter(people.AM);

    const article = await am.get('/articles?text=De afzender is niet gekend in het systeem');
    const proposed = await am.get('/sender-form');
    const confirmed = await am.put('/sender-form', contact);

    expect(article.text).toContain('SENDER_UNKNOWN');
    expect(proposed.body).toMatchObject({
      ...{ known: false, name: `Molen ${number}`, address: { country: 'BE' } },
    });
    expect(confirmed.body).toMatchObject({ known: true, ...contact });
    expect((await am.get('/sender-form')).body).toMatchObject({ known: true, ...contact });
    expect((await am.get('/technical-users')).status).toBe(200);
  });

  it('names every field that is wrong, and is out of reach for other houses', async () => {
    const [{ people }, other] = [await house.enterprise(), await house.enterprise()];
    const am = await house.enter(people.AM);

    const wrong = await am.put('/sender-form', {
      ...{ name: ' ', address: { ...contact.address, street: '' } },
    });
    const foreign = await am.get(`/sender-form?quality=${other.qualityId}`);

    expect([wrong.status, foreign.status]).toEqual([400, 404]);
    expect(wrong.body['errors']).toMatchObject([
      ...[{ pointer: '/name' }, { pointer: '/address/street' }],
    ]);
  });
});

describe('ACC-89: an account without an enterprise number', () => {
  it('is told so in plain words, and one request later the number is on it', async () => {
    const account = await house.appoint('REP');
    const client = await house.enter(account);
    const hd = await house.enter(helpDesk);

    const session = await client.get('/session');
    const shown = await client.get('/me/access');
    const asked = await client.post('/enterprise/number-requests');
    const added = await hd.put(`/appointments/${account.assignmentId}/enterprise`, {
      enterprise: home.number,
    });

    expect(session.text + shown.text).not.toMatch(/null|enterprise"/);
    const missing = (await client.get('/sender-form')).body;
    expect(missing['code']).toBe('access.denied');
    expect(shown.body['items']).toMatchObject([{ assignment: { role: 'REP' } }]);
    expect([asked.status, added.status]).toEqual([201, 204]);
    expect((await hd.get(`/cases/${String(asked.body['case'])}`)).body['state']).toBe('done');
    expect((await client.get('/session')).body['role']).toMatchObject({ enterprise: home.number });
    const article = await client.get('/articles?text=00000null');
    expect(article.text).toContain('ENTERPRISE_NUMBER_MISSING');
  });
});

describe('ACC-90: a natural person who needs an enterprise number', () => {
  it.each(['employer', 'enterprise-without-personnel', 'service-provider-legal-person'])(
    'is offered to become %s, and is that once the help desk has carried it out',
    async (to) => {
      const natural = await house.appoint('SP', { facts: { kind: 'natural-person' } });
      const client = await house.enter(natural);
      const hd = await house.enter(helpDesk);
      const enterprise = house.nextEnterprise();

      const refused = await client.post('/enterprise/number-requests');
      const asked = await client.post('/enterprise/conversion-requests', {
        ...{ to, enterprise, name: 'Nieuwe zaak' },
      });
      const done = await hd.post(`/cases/${String(asked.body['case'])}/conversion`);

      expect([refused.status, refused.body['rule']]).toEqual([409, 'conversion-needed']);
      expect([asked.status, done.status]).toEqual([201, 201]);
      expect(done.body['assignment']).toMatchObject({
        ...{ enterprise, personId: natural.personId, state: 'active' },
        role: to === 'service-provider-legal-person' ? 'SP' : 'CAM',
      });
      expect((await client.get('/session')).status).toBe(401);
      expect((await house.knock(house.client(), natural)).status).toBe(200);
    },
  );
});

describe('ACC-91: the contact centre', () => {
  it.each([
    ['nl', 'maandag tot vrijdag'],
    ['fr', 'lundi au vendredi'],
  ])('is told in %s, as the operator set it', async (language, days) => {
    const set = await portalHouse({
      settings: {
        contactPhone: '+32 2 555 01 02',
        contactEmail: 'help@example.org',
        contactHours: '8-18',
      },
    });
    const client = set.client({ headers: { 'accept-language': language } });

    const { body } = await client.get('/contact');
    await set.close();

    expect(body).toMatchObject({
      phone: '+32 2 555 01 02',
      email: 'help@example.org',
      hours: '8-18',
    });
    expect(body['says']).toContain(days);
    expect(body['says']).toContain('8-18');
  });

  it('is told to anybody with its hours, and every refusal links to it', async () => {
    const client = house.client({ headers: { 'accept-language': 'fr' } });

    const contact = await client.get('/contact');
    const refusal = await client.get('/persons');

    expect(contact.body).toMatchObject({
      hours: '7-20',
      says: expect.stringContaining('vendredi'),
    });
    expect(refusal.headers.get('link')).toBe('</api/v1/contact>; rel="help"');
  });
});

describe('ACC-92: the help desk', () => {
  it('has its own rights and no others, and all of it is in the trail', async () => {
    const hd = await house.enter(helpDesk);

    const refused = [
      await hd.get('/audit-events'),
      await hd.get('/letters'),
      await hd.get('/technical-users'),
      await hd.patch(`/persons/${home.people.USR.personId}`, { language: 'fr' }),
      await hd.post('/qualities/plans', {}),
      // What was received: of other people, in files.
      await hd.get('/ebox/documents'),
      await hd.get('/ebox/documents/00000000-0000-4000-8000-000000000000/files/FO.ROUT'),
    ];

    expect(refused.map(({ status, code }) => [status, code])).toEqual(
      refused.map(() => [403, 'access.denied']),
    );
    const op = await house.enter(await house.appoint('OP'));
    const trail = await op.get(`/audit-events?actor=${helpDesk.username}&event=authz_fail`);
    expect((trail.body['items'] as unknown[]).length).toBeGreaterThanOrEqual(refused.length);
  });
});

describe('ACC-44 to ACC-48: the rules of the older manual', () => {
  let legacy: PortalHouse;
  beforeAll(async () => {
    legacy = await portalHouse({ settings: { passwordPolicyStaff: 'be-ume-legacy' } });
  });
  afterAll(() => legacy.close());

  it.each([
    ['Abcdefg12', 'too-short'],
    ['Abcdefgh12345678', 'too-long'],
    ['abc def1234', 'space'],
    ['abcdefgh12"', 'character'],
    ['abcdefgh12~', 'character'],
    ['?????!!!!!', 'composition'],
  ])('refuse %s by the rule %s', async (password, rule) => {
    const client = legacy.client();
    await legacy.knock(client, await legacy.appoint('HD'));

    const answer = await client.put('/me/password', { password });

    expect([answer.status, answer.body['rule']]).toEqual([422, rule]);
    if (rule === 'character') expect(answer.body['detail']).toContain(password.slice(-1));
  });

  it.each(['Kv7,;:=?./', 'Kv7+*$%><&@#(!{'])(
    'take %s and ask for a second factor',
    async (password) => {
      const client = legacy.client();
      await legacy.knock(client, await legacy.appoint('HD'));

      const answer = await client.put('/me/password', { password });

      expect([answer.status, answer.body['stage']]).toEqual([200, 'enrolment']);
    },
  );
});

describe('ACC-53: the modern rules', () => {
  it('take a phrase with spaces', async () => {
    const client = house.client();
    await house.knock(client, await newUser());

    const answer = await client.put('/me/password', {
      password: 'veertig lettertekens met spaties ertussen',
    });

    expect([answer.status, answer.body['stage']]).toEqual([200, 'open']);
  });
});

describe('ACC-57: people of foreign enterprises', () => {
  it('need no national number, and get the app as their second factor', async () => {
    const representative = {
      ...{ username: 'foreign001', email: 'foreign@example.org' },
      ...{ lastName: 'Muller', firstName: 'Eva', language: 'de' },
    };
    const number = house.nextEnterprise();
    await house.office.identity.enterpriseAccess.admit(house.operator, {
      ...{ number, name: 'Mühle GmbH', country: 'DE', representative },
    });
    const client = house.client();
    const code = await house.codeTo(representative.email);
    await client.post('/login/password', { username: representative.username, password: code });

    const asked = await client.put('/me/password', { password: goodPassword });
    const begun = await client.post('/me/second-factor/enrolment', { password: goodPassword });
    const belgian = house.client();
    await house.knock(belgian, await newUser());
    const here = await belgian.put('/me/password', { password: goodPassword });

    expect([asked.body['stage'], here.body['stage']]).toEqual(['enrolment', 'open']);
    expect([begun.status, begun.body['uri']]).toEqual([200, expect.stringContaining('otpauth')]);
  });
});
