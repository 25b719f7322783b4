import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiAnswer, ApiClient } from '../make/api-client.ts';
import { anInsz, portalHouse, type House, type PortalHouse } from '../make/portal-house.ts';

let house: PortalHouse;
let home: House;
let abroad: House;
beforeAll(async () => {
  house = await portalHouse();
  home = await house.enterprise();
  abroad = await house.enterprise();
});
afterAll(() => house.close());

const plans = '/appointments/user/plans';
let made = 0;
function somebody(wish: Record<string, string> = {}): Record<string, string> {
  made += 1;
  return {
    ...{ insz: anInsz(), username: `newuser${String(made).padStart(3, '0')}` },
    ...{ lastName: 'Janssens', firstName: 'Mia', language: 'nl', email: `u${made}@example.org` },
    ...wish,
  };
}

async function change(client: ApiClient, id: string, act: string): Promise<ApiAnswer> {
  const plan = await client.post(`/appointments/${id}/plans`, { act });
  if (plan.status !== 200) return plan;
  return client.post('/appointments', { confirmation: plan.body['confirmation'] });
}

const items = ({ body }: ApiAnswer): readonly Record<string, unknown>[] =>
  body['items'] as readonly Record<string, unknown>[];

describe('ACC-27, ACC-28 and ACC-30: adding a person', () => {
  it('shows what was entered, with the national number, and writes nothing before it is confirmed', async () => {
    const am = await house.enter(home.people.AM);
    const person = somebody();

    const plan = await am.post(plans, { person, capacity: 'employee' });
    const before = items(await am.get(`/persons?username=${person['username'] ?? ''}`));
    const done = await am.post('/appointments', { confirmation: plan.body['confirmation'] });

    expect(plan.body['review']).toMatchObject({
      ...{ act: 'appoint', role: 'USR', state: 'active' },
      person: { insz: person['insz'], username: person['username'], lastName: 'Janssens' },
    });
    expect(before).toEqual([]);
    expect([done.status, done.body['isNew']]).toEqual([201, true]);
    expect(items(await am.get(`/persons?username=${person['username'] ?? ''}`))).toHaveLength(1);
  });

  it('refuses a confirmation that was touched', async () => {
    const am = await house.enter(home.people.AM);
    const plan = await am.post(plans, { person: somebody(), capacity: 'employee' });
    const { confirmation } = plan.body as { readonly confirmation: string };

    const answer = await am.post('/appointments', {
      confirmation: `${confirmation.slice(0, -4)}AAAA`,
    });

    expect([answer.status, answer.code]).toEqual([409, 'access.confirmation']);
  });
});

describe('ACC-29: required fields', () => {
  it('are named one and all, and nothing is stored', async () => {
    const am = await house.enter(home.people.AM);

    const plan = await am.post(plans, { person: { insz: '80010100100' } });

    expect(plan.status).toBe(422);
    const broken = plan.body['errors'] as readonly { readonly pointer: string }[];
    expect(broken.map(({ pointer }) => pointer).sort()).toEqual(
      ['/capacity', '/email', '/firstName', '/insz', '/language', '/lastName', '/username'].sort(),
    );
    expect(plan.body['confirmation']).toBeUndefined();
  });
});

describe('ACC-31 and ACC-33: blocking, unblocking and deleting', () => {
  it('shows the new state at once, and a blocked user is refused like anybody', async () => {
    const user = await house.appoint('USR', { qualityId: home.qualityId });
    const [am, session] = [await house.enter(home.people.AM), await house.enter(user)];
    const stateShown = async () =>
      items(await am.get(`/persons?username=${user.username}`)).map(({ state }) => state);

    await change(am, user.assignmentId, 'block');
    const blocked = { shown: await stateShown(), session: (await session.get('/session')).status };
    const refused = await house.knock(house.client(), user);
    await change(am, user.assignmentId, 'unblock');
    const again = await house.knock(house.client(), user);

    expect(blocked).toEqual({ shown: ['blocked'], session: 401 });
    expect([refused.status, refused.code, again.status]).toEqual([401, 'identity.refused', 200]);
    const op = await house.enter(await house.appoint('OP'));
    const trail = await op.get(`/audit-events?event=authn_login_fail&target=${user.username}`);
    expect(items(trail)).toMatchObject([{ result: 'refused', target: user.username }]);
    await change(am, user.assignmentId, 'delete');
    expect(await stateShown()).toEqual([]);
  });
});

describe('ACC-32: attributes of a user', () => {
  it('are changed by his manager who has read them as they are', async () => {
    const user = await house.appoint('USR', { qualityId: home.qualityId });
    const am = await house.enter(home.people.AM);
    const path = `/persons/${user.personId}`;
    const seen = (await am.get(path)).body['version'];
    const match = (version: unknown) => ({ 'if-match': `"${String(version)}"` });

    const done = await am.patch(path, { language: 'de', email: 'other@example.org' }, match(seen));
    const stale = await am.patch(path, { language: 'en' }, match(seen));
    const blind = await am.patch(path, { language: 'en' });

    expect(done.body).toMatchObject({ language: 'de', email: 'other@example.org' });
    expect([stale.status, blind.status]).toEqual([412, 428]);
  });

  it('are changed by the first of two who saw the same version, however close they come', async () => {
    const user = await house.appoint('USR', { qualityId: home.qualityId });
    const [am, coam] = [await house.enter(home.people.AM), await house.enter(home.people.COAM)];
    const path = `/persons/${user.personId}`;
    const seen = { 'if-match': `"${String((await am.get(path)).body['version'])}"` };

    const answers = await Promise.all(
      [am, coam, am, coam].map((client, index) =>
        client.patch(path, { email: `close${index}@example.org` }, seen),
      ),
    );

    const won = answers.filter(({ status }) => status === 200);
    const lost = answers.filter(({ code }) => code === 'request.stale');
    expect([won.length, lost.length]).toEqual([1, 3]);
    const now = (await am.get(path)).body;
    expect(now).toMatchObject({
      email: won[0]?.body['email'],
      version: won[0]?.body['version'],
    });
  });

  it('are not taken for changed by a login in between', async () => {
    const user = await house.appoint('USR', { qualityId: home.qualityId });
    const am = await house.enter(home.people.AM);
    const path = `/persons/${user.personId}`;
    const seen = { 'if-match': `"${String((await am.get(path)).body['version'])}"` };

    await house.enter(user);
    const done = await am.patch(path, { language: 'de' }, seen);

    expect(done.status).toBe(200);
  });

  it('are no more than those: what a role or a state is cannot be slipped in', async () => {
    const user = await house.appoint('USR', { qualityId: home.qualityId });
    const am = await house.enter(home.people.AM);

    for (const extra of [{ state: 'active' }, { role: 'CAM' }, { username: 'other12345' }]) {
      const answer = await am.patch(`/persons/${user.personId}`, { language: 'fr', ...extra });
      expect([answer.status, answer.code]).toEqual([400, 'request.invalid']);
    }
  });
});

describe('ACC-34: the password of a user', () => {
  it('is reset by a code that only the letter carries', async () => {
    const user = await house.appoint('USR', { qualityId: home.qualityId });
    const [am, session] = [await house.enter(home.people.AM), await house.enter(user)];

    const reset = await am.post(`/persons/${user.personId}/password-reset`);
    const old = await house.knock(house.client(), user);
    const code = await house.codeTo(user.email, 'reset-code');
    const client = house.client();
    const login = await house.knock(client, user, code);

    expect([reset.status, reset.text]).toEqual([204, '']);
    expect([old.code, login.body['stage']]).toEqual(['identity.refused', 'password-change']);
    expect((await session.get('/session')).status).toBe(401);
  });
});

describe('ACC-35 to ACC-39: searching', () => {
  const unique = 'Zoekman';
  beforeAll(async () => {
    const at = { qualityId: home.qualityId };
    const wish = { lastName: unique, title: 'Dr', language: 'fr', firstName: 'Élise' };
    await house.appoint('USR', { ...at, person: { ...wish, username: 'zoekman001' } });
    await house.appoint('COAM', {
      ...at,
      person: { lastName: unique, firstName: 'Bart', username: 'zoekman002' },
    });
    await house.appoint('USR', {
      qualityId: abroad.qualityId,
      person: { lastName: unique, firstName: 'Carl', username: 'zoekman003' },
    });
  });

  it.each([
    ['one criterion', '', ['zoekman001', 'zoekman002']],
    ['two', '&firstName=elise', ['zoekman001']],
    ['three', '&firstName=elise&title=Dr', ['zoekman001']],
    ['an empty intersection', '&firstName=elise&language=nl', []],
    ['a role (ACC-39)', '&role=COAM', ['zoekman002']],
    ['a state (ACC-37)', '&state=blocked', []],
  ])('finds the intersection of %s', async (_what, more, expected) => {
    const cam = await house.enter(home.people.CAM);

    const found = items(await cam.get(`/persons?lastName=${unique}${more}`));

    expect(found.map(({ username }) => username).sort()).toEqual(expected);
  });

  it('finds by national number, which no answer repeats', async () => {
    const user = await house.appoint('USR', { qualityId: home.qualityId });
    const am = await house.enter(home.people.AM);

    const answer = await am.get(`/persons?insz=${user.insz}`);

    expect(items(answer).map(({ username }) => username)).toEqual([user.username]);
    expect(answer.text).not.toContain(user.insz);
  });

  it('follows the filters for active and blocked ones (ACC-37)', async () => {
    const lastName = 'Filterman';
    const at = { qualityId: home.qualityId };
    const one = await house.appoint('USR', { ...at, person: { lastName, username: 'filterman1' } });
    await house.appoint('USR', { ...at, person: { lastName, username: 'filterman2' } });
    const am = await house.enter(home.people.AM);
    const found = async (state: string) =>
      items(await am.get(`/persons?lastName=${lastName}${state}`)).map(({ username }) => username);

    await change(am, one.assignmentId, 'block');

    expect((await found('')).sort()).toEqual(['filterman1', 'filterman2']);
    expect(await found('&state=active')).toEqual(['filterman2']);
    expect(await found('&state=blocked')).toEqual(['filterman1']);
  });

  it('by application needs a quality (ACC-36)', async () => {
    const cam = await house.enter(home.people.CAM);

    const without = await cam.get('/persons?application=dmfa');

    expect([without.status, without.body['errors']]).toMatchObject([
      ...[400, [{ in: 'query', pointer: '/application', rule: 'quality-first' }]],
    ]);
  });

  it('of another quality finds nobody, and says no more than that (ACC-38)', async () => {
    const am = await house.enter(home.people.AM);

    const other = await am.get(`/persons?quality=${abroad.qualityId}`);

    expect([other.status, items(other)]).toEqual([200, []]);
    const shown = await am.get(`/persons/${abroad.people.USR.personId}`);
    const nowhere = await am.get('/persons/00000000-0000-4000-8000-000000000000');
    expect([shown.status, shown.text]).toEqual([404, nowhere.text]);
  });

  it('comes in pages that follow one another', async () => {
    const cam = await house.enter(home.people.CAM);

    const names: unknown[] = [];
    let after = '';
    for (let page = 0; page < 50; page += 1) {
      const answer = await cam.get(`/persons?max=2${after}`);
      names.push(...items(answer).map(({ assignmentId }) => assignmentId));
      if (answer.body['next'] === undefined) break;
      after = `&after=${encodeURIComponent(answer.body['next'] as string)}`;
    }

    const whole = items(await cam.get('/persons?max=200')).map(({ assignmentId }) => assignmentId);
    expect(names).toEqual(whole);
  });
});

describe('ACC-40 and ACC-41: a user', () => {
  it('finds himself and nobody else', async () => {
    const user = await house.enter(home.people.USR);

    const found = items(await user.get('/persons'));

    expect(found.map(({ username }) => username)).toEqual([home.people.USR.username]);
    expect((await user.get(`/persons/${home.people.COAM.personId}`)).status).toBe(404);
  });

  it('sees his own data, with the address of his enterprise', async () => {
    const person = { lastName: 'Zelf', firstName: 'Anke', title: 'Mevr.', language: 'nl' };
    const own = await house.appoint('USR', {
      ...{ qualityId: home.qualityId, person, applications: [{ application: 'ebox' }] },
    });
    const user = await house.enter(own);

    const { body } = await user.get('/me');

    expect(body).toMatchObject({
      ...{ ...person, username: own.username, insz: own.insz, email: own.email },
      applications: [{ code: 'ebox' }],
      companyEmail: `quality${home.number}@example.org`,
    });
  });
});

describe('ACC-42: one person in two enterprises', () => {
  it('keeps working in one when blocked in the other', async () => {
    const user = await house.appoint('USR', { qualityId: home.qualityId });
    await house.enter(user);
    const other = await house.appoint('USR', {
      ...{ qualityId: abroad.qualityId, personId: user.personId },
    });
    const am = await house.enter(home.people.AM);

    await change(am, user.assignmentId, 'block');

    const client = house.client();
    const login = await house.knock(client, user);
    expect(login.body['stage']).toBe('open');
    const { role } = (await client.get('/session')).body as { readonly role: { id: string } };
    expect(role.id).toBe(other.assignmentId);
  });
});
