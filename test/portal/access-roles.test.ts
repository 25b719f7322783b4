import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiAnswer, ApiClient } from '../make/api-client.ts';
import { anInsz, portalHouse, type House, type PortalHouse } from '../make/portal-house.ts';

let house: PortalHouse;
let home: House;
beforeAll(async () => {
  house = await portalHouse();
  home = await house.enterprise();
});
afterAll(() => house.close());

let made = 0;
function somebody(): Record<string, string> {
  made += 1;
  return {
    ...{ insz: anInsz(), username: `newcomer${made}`, email: `newcomer${made}@example.org` },
    ...{ lastName: 'Janssens', firstName: 'Mia', language: 'fr' },
  };
}

/** Both steps of an appointment; the answer of the first that was refused. */
async function appoint(
  client: ApiClient,
  slug: string,
  wish: Readonly<Record<string, unknown>>,
): Promise<ApiAnswer> {
  const plan = await client.post(`/appointments/${slug}/plans`, wish);
  if (plan.status !== 200) return plan;
  return client.post('/appointments', { confirmation: plan.body['confirmation'] });
}

async function change(client: ApiClient, id: string, wish: object): Promise<ApiAnswer> {
  const plan = await client.post(`/appointments/${id}/plans`, wish);
  if (plan.status !== 200) return plan;
  return client.post('/appointments', { confirmation: plan.body['confirmation'] });
}

const stateOf = (answer: ApiAnswer): unknown =>
  (answer.body['assignment'] as { readonly state?: unknown } | undefined)?.state;
const idOf = (answer: ApiAnswer): string =>
  (answer.body['assignment'] as { readonly id: string }).id;

describe('ACC-01 and ACC-02: the chief access manager', () => {
  it('is named by the legal representative and invited', async () => {
    const { people } = await house.enterprise();
    const lr = await house.enter(people.LR);
    const person = somebody();

    const done = await appoint(lr, 'chief-access-manager', { person, capacity: 'director' });

    expect({ status: done.status, state: stateOf(done) }).toEqual({ status: 201, state: 'active' });
    const invitation = await house.letterTo(person['email'] ?? '');
    expect(invitation.template).toBe('initial-code');
  });

  it('is replaced in one step, and the one before loses his session', async () => {
    const { people } = await house.enterprise();
    const lr = await house.enter(people.LR);
    const before = await house.enter(people.CAM);

    const wish = { person: somebody(), capacity: 'manager' };
    const plan = await lr.post('/appointments/chief-access-manager/plans', wish);
    const reviewed = (plan.body['review'] as { readonly replaces: { readonly personId: string } })
      .replaces.personId;
    const stillIn = (await before.get('/session')).status;
    await lr.post('/appointments', { confirmation: plan.body['confirmation'] });

    expect({ reviewed, stillIn }).toEqual({ reviewed: people.CAM.personId, stillIn: 200 });
    expect((await before.get('/session')).status).toBe(401);
  });

  it('is not named by himself or by his managers', async () => {
    for (const role of ['CAM', 'COCAM', 'AM', 'USR'] as const) {
      const client = await house.enter(home.people[role]);
      const wish = { person: somebody(), capacity: 'director' };
      const refused = await appoint(client, 'chief-access-manager', wish);
      expect({ role, status: refused.status, code: refused.code }).toEqual({
        ...{ role, status: 403, code: 'access.denied' },
      });
    }
  });
});

describe('ACC-03: a service provider', () => {
  it('is appointed by the legal representative, never by the chief access manager', async () => {
    const provider = await house.enterprise();
    const lr = await house.enter(home.people.LR);
    const cam = await house.enter(home.people.CAM);
    const wish = () => ({
      person: somebody(),
      facts: { provider: provider.number, kind: 'legal-person' },
    });

    const refused = await appoint(cam, 'service-provider', wish());
    const done = await appoint(lr, 'service-provider', wish());

    expect([refused.status, done.status, stateOf(done)]).toEqual([403, 201, 'active']);
    const hd = await house.enter(await house.appoint('HD'));
    const { body } = await hd.get(`/persons?enterprise=${home.number}&role=SP`);
    expect(body['items']).toMatchObject([
      { assignmentId: idOf(done), role: 'SP', state: 'active' },
    ]);
  });
});

describe('ACC-04: the e-Box', () => {
  it('is activated by the legal representative alone', async () => {
    const { people } = await house.enterprise();
    const [lr, cam] = [await house.enter(people.LR), await house.enter(people.CAM)];

    const refused = await cam.put('/enterprise/ebox');
    const before = (await lr.get('/enterprise')).body['eboxActivatedAt'];
    const done = await lr.put('/enterprise/ebox');

    expect([refused.status, before, done.status]).toEqual([403, undefined, 204]);
    expect((await cam.get('/enterprise')).body['eboxActivatedAt']).toBeDefined();
  });
});

describe('ACC-05: the access of an enterprise', () => {
  it('is ended by its legal representative: every login fails, data stay', async () => {
    const { people, number } = await house.enterprise();
    const all = Object.values(people);
    const lr = await house.enter(people.LR);
    const sessions = await Promise.all(all.slice(1).map((one) => house.enter(one)));
    const { knex } = house.office.database;
    const kept = () =>
      Promise.all([
        knex('role_assignment').where({ enterprise: number }).orderBy('id'),
        knex('person')
          .whereIn(
            'id',
            all.map(({ personId }) => personId),
          )
          .orderBy('id')
          .select('id'),
        knex('quality').where({ enterprise: number }),
      ]);
    const before = await kept();

    const plan = await lr.post('/enterprise/closing-plans', {});
    const done = await lr.post('/enterprise/closing', { confirmation: plan.body['confirmation'] });

    expect([done.status, done.body['state']]).toEqual([200, 'closed']);
    for (const session of [lr, ...sessions]) {
      expect((await session.get('/session')).status).toBe(401);
    }
    for (const one of all) {
      const again = await house.knock(house.client(), one);
      expect([again.status, again.code]).toEqual([401, 'identity.refused']);
    }
    expect(await kept()).toEqual(before);
    const shown = await house.office.identity.enterpriseAccess.show(house.operator, number);
    expect(shown.name).toContain('Molen');
  });
});

describe('ACC-06: the account of an enterprise', () => {
  it('becomes active at the first login of its chief access manager', async () => {
    const { identity } = house.office;
    const number = house.nextEnterprise();
    const representative = somebody() as never;
    await identity.enterpriseAccess.admit(house.operator, {
      number,
      name: 'Nieuw',
      representative,
    });
    const cam = await house.appoint('CAM', { enterprise: number });
    const before = await identity.enterpriseAccess.show(house.operator, number);

    const client = await house.enter(cam);

    expect(before.state).toBe('registered');
    expect((await client.get('/enterprise')).body['state']).toBe('active');
  });
});

describe('ACC-07, ACC-11 and ACC-12: access managers', () => {
  it('may be the chief access manager himself', async () => {
    const { people, qualityId } = await house.enterprise();
    const cam = await house.enter(people.CAM);
    const wish = { person: { personId: people.CAM.personId }, qualityId, capacity: 'director' };

    expect((await appoint(cam, 'access-manager', wish)).status).toBe(201);
  });

  it('are one a quality: naming another ends the one before', async () => {
    const { people, qualityId } = await house.enterprise();
    const cam = await house.enter(people.CAM);
    const before = await house.enter(people.AM);

    const done = await appoint(cam, 'access-manager', {
      ...{ person: somebody(), qualityId, capacity: 'employee' },
    });

    expect(done.status).toBe(201);
    expect((await before.get('/session')).status).toBe(401);
    const { body } = await cam.get(`/persons?quality=${qualityId}&role=AM&state=active`);
    expect(body['items']).toMatchObject([
      { username: (done.body['person'] as { readonly username: string }).username },
    ]);
  });

  it('may have several qualities, and choose at login', async () => {
    const [one, other] = [await house.enterprise(), await house.enterprise()];
    const second = await house.appoint('AM', {
      ...{ qualityId: other.qualityId, personId: one.people.AM.personId },
    });
    const client = house.client();
    await house.enter(one.people.AM);

    const stage = (await house.knock(client, one.people.AM)).body['stage'];
    const { body } = await client.get('/session/roles');

    expect(stage).toBe('role');
    expect((body['items'] as readonly { id: string }[]).map(({ id }) => id).sort()).toEqual(
      [one.people.AM.assignmentId, second.assignmentId].sort(),
    );
  });
});

describe('ACC-08, ACC-09 and ACC-31: co-chief access managers', () => {
  it('are added by national number, blocked, unblocked and deleted, with the state each time', async () => {
    const cam = await house.enter(home.people.CAM);

    const done = await appoint(cam, 'co-chief-access-manager', {
      ...{ person: somebody(), capacity: 'employee' },
    });
    const id = idOf(done);
    const states = [stateOf(done)];
    for (const act of ['block', 'unblock', 'delete'])
      states.push(stateOf(await change(cam, id, { act })));

    expect(states).toEqual(['active', 'blocked', 'active', 'deleted']);
  });
});

describe('ACC-10: a co-chief access manager', () => {
  it('cannot manage co-chief access managers, and every try is in the trail', async () => {
    const cocam = await house.enter(home.people.COCAM);
    const cam = await house.enter(home.people.CAM);
    const other = await house.appoint('COCAM', { enterprise: home.number });

    const of = `/persons/${other.personId}`;
    const seen = { 'if-match': `"${String((await cam.get(of)).body['version'])}"` };

    const tries = [
      await appoint(cocam, 'co-chief-access-manager', { person: somebody(), capacity: 'employee' }),
      await change(cocam, other.assignmentId, { act: 'block' }),
      await change(cocam, other.assignmentId, { act: 'unblock' }),
      await change(cocam, other.assignmentId, { act: 'delete' }),
      await cocam.patch(of, { language: 'fr' }, seen),
      await cocam.post(`${of}/password-reset`),
      await cocam.post(`${of}/unlock`),
      await cocam.delete(`${of}/sessions`),
    ];

    expect(tries.map(({ status, code }) => [status, code])).toEqual(
      tries.map(() => [403, 'access.denied']),
    );
    const { body } = await cam.get(
      `/audit-events?event=authz_fail&actor=${home.people.COCAM.username}`,
    );
    expect((body['items'] as unknown[]).length).toBeGreaterThanOrEqual(tries.length);
  });
});

describe('ACC-13: co-access managers', () => {
  it('are managed by the access manager and not by one another', async () => {
    const am = await house.enter(home.people.AM);
    const coam = await house.enter(home.people.COAM);

    const done = await appoint(am, 'co-access-manager', {
      person: somebody(),
      capacity: 'employee',
    });
    const id = idOf(done);
    const refused = [
      await appoint(coam, 'co-access-manager', { person: somebody(), capacity: 'employee' }),
      await change(coam, id, { act: 'block' }),
      await change(coam, id, { act: 'delete' }),
    ];
    const blocked = await change(am, id, { act: 'block' });
    refused.push(await change(coam, id, { act: 'unblock' }));
    const states = [stateOf(blocked)];
    for (const act of ['unblock', 'delete']) states.push(stateOf(await change(am, id, { act })));

    expect([done.status, states]).toEqual([201, ['blocked', 'active', 'deleted']]);
    expect(refused.map(({ status, code }) => [status, code])).toEqual(
      refused.map(() => [403, 'access.denied']),
    );
  });
});

describe('ACC-17: a curator', () => {
  it('takes the employer quality over by a court order; its managers are suspended', async () => {
    const { people, qualityId } = await house.enterprise();
    const hd = await house.enter(await house.appoint('HD'));
    const am = await house.enter(people.AM);

    const without = await appoint(hd, 'curator', { person: somebody(), qualityId });
    const done = await appoint(hd, 'curator', {
      ...{ person: somebody(), qualityId, facts: { courtOrder: 'Ghent 2026/117' } },
    });

    expect([without.status, done.status]).toEqual([422, 201]);
    expect((await am.get('/session')).status).toBe(401);
    const rows = await house.office.identity.people.find(
      house.operator,
      { quality: qualityId, role: 'AM' },
      { max: 9 },
    );
    expect(rows.rows.map(({ state }) => state)).toEqual(['suspended']);
    expect((await house.knock(house.client(), people.COAM)).status).toBe(401);
    const curator = done.body['person'] as { readonly username: string };
    const email = `${curator.username}@example.org`;
    const client = await house.enter({ ...people.AM, ...curator, email });
    const user = await appoint(client, 'user', { person: somebody(), capacity: 'employee' });
    expect([user.status, stateOf(user)]).toEqual([201, 'active']);
  });
});

describe('ACC-18: the capacity', () => {
  it('is asked for when somebody is appointed', async () => {
    const cam = await house.enter(home.people.CAM);

    const refused = await appoint(cam, 'access-manager', {
      ...{ person: somebody(), qualityId: home.qualityId },
    });

    expect(refused).toMatchObject({
      status: 422,
      body: {
        code: 'registration.invalid',
        errors: [{ pointer: '/capacity', rule: 'required' }],
      },
    });
  });
});

describe('ACC-18: each capacity', () => {
  const officers = ['employee', 'director', 'managing-director', 'manager', 'founder'];
  const members = ['employee', 'director', 'managing-director', 'manager', 'partner', 'member'];

  it.each([
    ['co-chief-access-manager', officers, ['partner', 'member']],
    ['access-manager', officers, ['partner', 'member']],
    ['co-access-manager', officers, ['partner', 'member']],
    ['user', members, ['founder']],
  ])('of a %s is kept with the appointment; others are refused', async (slug, fit, others) => {
    const cam = await house.enter(home.people.CAM);
    const wish = (capacity: string) => ({
      ...{ person: somebody(), capacity },
      ...(slug === 'co-chief-access-manager' ? {} : { qualityId: home.qualityId }),
    });

    for (const capacity of fit) {
      // Planned alone: a change of access managers would end the house.
      const plan = await cam.post(`/appointments/${slug}/plans`, wish(capacity));
      expect([plan.status, plan.body['review']]).toMatchObject([200, { capacity }]);
    }
    const [capacity = ''] = fit.slice(-1);
    const done = slug === 'access-manager' ? undefined : await appoint(cam, slug, wish(capacity));
    if (done !== undefined) expect(done.body['assignment']).toMatchObject({ capacity });
    for (const wrong of [...others, 'king']) {
      const refused = await cam.post(`/appointments/${slug}/plans`, wish(wrong));
      expect([wrong, [400, 422].includes(refused.status)]).toEqual([wrong, true]);
      expect(refused.body['errors']).toMatchObject([{ pointer: '/capacity' }]);
    }
  });
});

describe('guards', () => {
  it('keep everybody from blocking himself, also in a role that he may block', async () => {
    const { people, qualityId } = await house.enterprise();
    const asUser = await house.appoint('USR', { qualityId, personId: people.AM.personId });
    const desk = await house.appoint('HD');
    const [am, hd] = [await house.enter(people.AM), await house.enter(desk)];

    const tries = [
      await change(am, asUser.assignmentId, { act: 'block' }),
      await change(am, asUser.assignmentId, { act: 'delete' }),
      await hd.post(`/persons/${desk.personId}/block`),
    ];

    expect(tries.map(({ status, code, body }) => [status, code, body['rule']])).toEqual(
      tries.map(() => [409, 'access.guard', 'own-account']),
    );
    expect((await am.get('/session')).status).toBe(200);
    expect((await hd.get('/session')).status).toBe(200);
  });

  it('let a confirmation count once made by the same caller only', async () => {
    const [cam, am] = [await house.enter(home.people.CAM), await house.enter(home.people.AM)];
    const plan = await cam.post('/appointments/user/plans', {
      ...{ person: somebody(), qualityId: home.qualityId, capacity: 'employee' },
    });
    const { confirmation } = plan.body as { readonly confirmation: string };

    const stolen = await am.post('/appointments', { confirmation });
    house.clock.pass(16 * 60_000);
    const late = await (await house.enter(home.people.CAM)).post('/appointments', { confirmation });

    expect([stolen.code, late.code]).toEqual(['access.confirmation', 'access.confirmation']);
  });
});
