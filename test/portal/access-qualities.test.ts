import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ruleText } from '../../src/identity/index.ts';
import type { ApiAnswer } from '../make/api-client.ts';
import {
  anInsz,
  goodPassword,
  portalHouse,
  type House,
  type PortalHouse,
} from '../make/portal-house.ts';

let house: PortalHouse;
let home: House;
beforeAll(async () => {
  house = await portalHouse();
  home = await house.enterprise();
  await house.office.identity.applications.save(house.operator, {
    ...{ code: 'dmfa-web', labels: inFour('DmfA'), qualityTypes: ['employer'], roles: [] },
    ...{ certificateRequired: false, ordinal: 1 },
  });
  await house.office.identity.applications.save(house.operator, {
    ...{ code: 'levies', labels: inFour('Levies'), qualityTypes: ['employer'] },
    roles: [
      { code: 'enterprise-user', labels: inFour('Enterprise user') },
      { code: 'reader', labels: inFour('Reader') },
    ],
    ...{ certificateRequired: false, ordinal: 2 },
  });
});
afterAll(() => house.close());

function inFour(text: string): { nl: string; fr: string; de: string; en: string } {
  return { nl: text, fr: text, de: text, en: text };
}

let made = 0;
function manager(): object {
  made += 1;
  const person = {
    ...{ insz: anInsz(), username: `manager${String(made).padStart(3, '0')}x` },
    ...{ lastName: 'Maes', firstName: 'Lien', language: 'nl', email: `mgr${made}@example.org` },
  };
  return { person, capacity: 'employee' };
}

const codes = ({ body }: ApiAnswer, key = 'code'): unknown[] =>
  (body['items'] as readonly Record<string, unknown>[]).map((item) => item[key]);

describe('ACC-19 and ACC-24: a quality activated', () => {
  it('by the chief access manager appears on the home page, with its detail', async () => {
    const cam = await house.enter(home.people.CAM);

    const plan = await cam.post('/qualities/plans', { type: 'mandatary', manager: manager() });
    const between = codes(await cam.get('/qualities'), 'type');
    const done = await cam.post('/qualities', { confirmation: plan.body['confirmation'] });

    expect([between, done.status]).toEqual([['employer'], 201]);
    expect(codes(await cam.get('/qualities'), 'type')).toEqual(
      expect.arrayContaining(['employer', 'mandatary']),
    );
    const detail = await cam.get(`/qualities/${String(done.body['id'])}`);
    expect(detail.body).toMatchObject({ type: 'mandatary', manager: { lastName: 'Maes' } });
    const users = await cam.get(`/persons?quality=${String(done.body['id'])}`);
    expect(users.body['items']).toMatchObject([{ role: 'AM', lastName: 'Maes' }]);
  });
});

describe('ACC-20: qualities for some', () => {
  it('are refused, with the reason, until an operator entitles the enterprise', async () => {
    const cam = await house.enter(home.people.CAM);
    const op = await house.enter(await house.appoint('OP'));
    const wish = () => ({
      ...{ type: 'hospital', manager: manager(), data: { recognitionNumber: '71000001' } },
    });
    const offered = codes(await cam.get('/qualities/offered'));

    const refused = await cam.post('/qualities/plans', wish());
    await op.put(`/enterprises/${home.number}/entitlements/hospital`);
    const plan = await cam.post('/qualities/plans', wish());

    expect(offered).not.toContain('hospital');
    expect([refused.status, refused.code, refused.body['rule']]).toEqual([
      ...[409, 'access.guard', 'not-entitled'],
    ]);
    expect(refused.body['detail']).toEqual(ruleText('not-entitled', 'nl'));
    expect(plan.status).toBe(200);
  });
});

describe('ACC-21: the data asked', () => {
  it('depend on the quality and are checked here', async () => {
    const [cam, op] = [
      await house.enter(home.people.CAM),
      await house.enter(await house.appoint('OP')),
    ];
    for (const type of ['telephone-operator', 'social-secretariat']) {
      await op.put(`/enterprises/${home.number}/entitlements/${type}`);
    }
    const broken = async (type: string) => {
      const { body } = await cam.post('/qualities/plans', { type, manager: manager(), data: {} });
      return (body['errors'] as readonly { pointer: string }[])
        .map(({ pointer }) => pointer)
        .sort();
    };

    const offered = (await cam.get('/qualities/offered')).body['items'] as readonly {
      readonly code: string;
      readonly fields: readonly { readonly name: string; readonly required: boolean }[];
    }[];
    const asked = (type: string) =>
      offered
        .find(({ code }) => code === type)
        ?.fields.filter(({ required }) => required)
        .map(({ name }) => `/data/${name}`)
        .sort();

    expect(asked('telephone-operator')).toEqual(await broken('telephone-operator'));
    expect(asked('social-secretariat')).toEqual(await broken('social-secretariat'));
    expect(await broken('telephone-operator')).toEqual(['/data/emergencyPhone', '/data/network']);
    expect(await broken('social-secretariat')).toEqual([
      ...['/data/recognisedOn', '/data/recognitionNumber'],
    ]);
  });
});

describe('ACC-22: an activation', () => {
  it('without an access manager is refused', async () => {
    const cam = await house.enter(home.people.CAM);

    const plan = await cam.post('/qualities/plans', { type: 'service-provider' });

    expect([plan.status, plan.body['errors']]).toMatchObject([
      ...[422, [{ pointer: '/manager', rule: 'required' }]],
    ]);
  });
});

describe('ACC-23: the catalogue', () => {
  it('has the seven qualities, and takes more', async () => {
    const op = await house.enter(await house.appoint('OP'));
    const type = { labels: inFour('Notary'), fields: [], needsEntitlement: true, ordinal: 40 };

    await op.put('/quality-types/notary', type);

    expect(codes(await op.get('/quality-types'))).toEqual(
      expect.arrayContaining([
        ...['employer', 'mandatary', 'service-provider', 'full-service-center', 'hospital'],
        ...['telephone-operator', 'social-secretariat', 'notary'],
      ]),
    );
  });
});

describe('ACC-25: details of a quality', () => {
  it('have an e-mail that its access manager changes, and applications he only reads', async () => {
    const am = await house.enter(home.people.AM);
    const cam = await house.enter(home.people.CAM);
    const path = `/qualities/${home.qualityId}`;
    const seen = await am.get(path);
    const match = { 'if-match': seen.headers.get('etag') ?? '' };

    const done = await am.patch(path, { email: 'desk@example.org' }, match);
    const applications = await am.patch(path, { applications: [] }, match);

    expect([done.status, done.body['email'], applications.status]).toEqual([
      ...[200, 'desk@example.org', 400],
    ]);
    expect(codes({ ...seen, body: { items: seen.body['applications'] } })).toEqual(
      expect.arrayContaining(['dmfa-web', 'levies']),
    );
    const trail = await cam.get(
      `/audit-events?actor=${home.people.AM.username}&action=quality.edit`,
    );
    expect(trail.text).toContain('desk@example.org');
  });
});

describe('ACC-26: details of an enterprise', () => {
  it('are read and never written', async () => {
    const cam = await house.enter(home.people.CAM);

    const shown = await cam.get('/enterprise');
    const put = await cam.put('/enterprise', { name: 'Other' });

    expect(shown.body).toMatchObject({
      ...{ number: home.number, chiefAccessManager: { username: home.people.CAM.username } },
    });
    expect([put.status, put.code]).toEqual([405, 'request.method']);
  });
});

describe('ACC-14, ACC-15 and ACC-125 to ACC-130: applications', () => {
  const open = (client: Awaited<ReturnType<PortalHouse['enter']>>, code: string, role?: string) =>
    client.post(`/applications/${code}/openings`, role === undefined ? {} : { role });

  it('are closed to a chief access manager alone, and open once he is also a user', async () => {
    const { people, qualityId } = await house.enterprise();
    const cam = await house.enter(people.CAM);

    const refused = await open(cam, 'dmfa-web');
    const asUser = await house.appoint('USR', {
      ...{ qualityId, personId: people.CAM.personId },
      applications: [{ application: 'dmfa-web' }],
    });
    await cam.put('/session/role', { appointment: asUser.assignmentId });
    const opened = await open(cam, 'dmfa-web');

    expect([refused.status, refused.code, opened.status]).toEqual([409, 'access.guard', 200]);
    expect(refused.body['rule']).toBe('not-appointed');
    // Says who can give one (ACC-129).
    expect(refused.body['detail']).toBe(ruleText('not-appointed', 'nl'));
    expect(refused.body['detail']).toContain('hoofdtoegangsbeheerder');
  });

  it('of their quality are all there for access managers and co-access managers', async () => {
    const coam = await house.enter(home.people.COAM);

    const catalogue = codes(await coam.get('/application-catalogue'));
    const usable = codes(await coam.get('/applications'));
    expect(usable).toEqual(expect.arrayContaining(['dmfa-web', 'levies']));
    expect(catalogue).toEqual(expect.arrayContaining(usable));
  });

  it('need a tick for a user, which counts at his next request', async () => {
    const user = await house.enter(home.people.USR);
    const am = await house.enter(home.people.AM);
    const right = `/appointments/${home.people.USR.assignmentId}/applications/dmfa-web`;

    const before = await open(user, 'dmfa-web');
    await am.put(right, {});
    const ticked = await open(user, 'dmfa-web');
    const seen = codes(await user.get('/applications'));
    await am.delete(right);
    const after = await open(user, 'dmfa-web');

    expect([before.body['rule'], ticked.status, after.body['rule']]).toEqual([
      ...['application-not-granted', 200, 'application-not-granted'],
    ]);
    expect([seen, codes(await user.get('/applications'))]).toEqual([['dmfa-web'], []]);
    expect(before.body['detail']).toContain('toegangsbeheerder');
  });

  it('with several roles ask which', async () => {
    const coam = await house.enter(home.people.COAM);

    const asked = await open(coam, 'levies');
    const opened = await open(coam, 'levies', 'reader');
    const foreign = await open(coam, 'levies', 'king');
    const usable = (await coam.get('/applications')).body['items'] as readonly {
      readonly code: string;
      readonly roles: readonly { readonly code: string }[];
    }[];

    expect([asked.body['rule'], opened.body['role'], foreign.body['rule']]).toEqual([
      ...['choose-application-role', 'reader', 'choose-application-role'],
    ]);
    const roles = usable.find(({ code }) => code === 'levies')?.roles;
    expect(roles?.map(({ code }) => code)).toEqual(['enterprise-user', 'reader']);
  });

  it('stand on the page of one’s own access, with roles, qualities and dates', async () => {
    const user = await house.enter(home.people.USR);
    const am = await house.enter(home.people.AM);
    const right = `/appointments/${home.people.USR.assignmentId}/applications/dmfa-web`;
    await am.put(right, {});
    const grantedAt = house.clock.now().toISOString();

    const { body } = await user.get('/me/access');

    await am.delete(right);
    expect(body['items']).toMatchObject([
      {
        assignment: {
          role: 'USR',
          enterprise: home.number,
          validFrom: expect.stringMatching(/Z$/),
        },
        qualityType: 'employer',
        applications: [{ code: 'dmfa-web', grantedAt, grantedBy: home.people.AM.username }],
      },
    ]);
  });

  it('of a link open nothing by themselves: whoever follows it still logs in (ACC-126)', async () => {
    const nobody = await open(house.client(), 'dmfa-web');

    expect([nobody.status, nobody.code]).toEqual([401, 'request.no-session']);
  });
});

describe('ACC-128: a quality that is suspended', () => {
  it('takes every right from the sessions open in it, at their next request', async () => {
    const { people, qualityId } = await house.enterprise();
    const [am, user] = [await house.enter(people.AM), await house.enter(people.USR)];
    const wish = { name: 'robot', days: 1, password: goodPassword };
    const { body } = await am.post('/me/api-tokens', wish);
    const robot = house.client({ token: String(body['token']) });
    const before = [await am.get('/persons'), await user.get('/me'), await robot.get('/persons')];

    // Nothing else is told: each request asks anew what is in force.
    const { knex } = house.office.database;
    await knex('quality').where({ id: qualityId }).update({ state: 'suspended' });

    const after = [await am.get('/persons'), await user.get('/me'), await robot.get('/persons')];
    expect(before.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(after.map(({ code }) => code)).toEqual(after.map(() => 'request.no-session'));
    expect((await house.knock(house.client(), people.USR)).status).toBe(401);
  });

  it('is selected no longer in the session of a manager of the enterprise', async () => {
    const { people, qualityId } = await house.enterprise();
    const cam = await house.enter(people.CAM);
    const { assignmentId: appointment } = people.CAM;
    await cam.put('/session/role', { appointment, quality: qualityId });
    const shown = await cam.get(`/qualities/${qualityId}`);
    const match = { 'if-match': `"${String(shown.body['version'])}"` };
    const edit = () => cam.patch(`/qualities/${qualityId}`, { email: 'x@example.org' }, match);
    const selected = (await cam.get('/session')).body['selectedQualityId'];

    const { knex } = house.office.database;
    await knex('quality').where({ id: qualityId }).update({ state: 'suspended' });

    expect(selected).toBe(qualityId);
    expect((await cam.get('/session')).body['selectedQualityId']).toBeUndefined();
    expect((await edit()).code).toBe('access.denied');
    expect((await cam.get('/enterprise')).status).toBe(200);
  });
});
