import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ruleText } from '../../../src/identity/index.ts';
import {
  callerFor,
  peopleHouse,
  type PeopleHouse,
  type TestEnterprise,
} from '../../make/people.ts';

let house: PeopleHouse;
let firm: TestEnterprise;

beforeAll(async () => {
  house = await peopleHouse();
  firm = await house.enterprise();
});

afterAll(() => house.close());

const denied = { code: 'access.denied' };
const unknown = { code: 'registration.unknown' };
const guarded = (rule: string): object => ({ code: 'access.guard', facts: { rule } });

describe('K. rights per application', () => {
  it('ACC-125, ACC-128: an application opens from the moment it is ticked until it is not', async () => {
    const { applications } = house.identity;
    const user = await house.holder('USR', { qualityId: firm.qualityId });
    const wish = { assignmentId: user.assignmentId, application: 'contributions' };
    const open = (): Promise<unknown> => applications.open(user, wish);

    await expect(open()).rejects.toMatchObject(guarded('application-not-granted'));
    expect(await house.lastEvent()).toMatchObject({ event: 'authz_fail', actor: user.name });
    await applications.grant(firm.am, wish);
    expect(await open()).toEqual({ code: 'contributions', certificateRequired: false });
    await applications.withdraw(firm.am, wish);
    await expect(open()).rejects.toMatchObject(guarded('application-not-granted'));
    await expect(applications.withdraw(firm.am, wish)).rejects.toMatchObject(
      guarded('state-already'),
    );
  });

  it('ACC-125: the refusal says whom to ask, in the language of the reader', () => {
    expect(ruleText('application-not-granted', 'nl')).toContain('toegangsbeheerder');
    expect(ruleText('application-not-granted', 'fr')).toContain("gestionnaire d'accès");
  });

  it('ACC-125: only managers of the quality tick, and only users are ticked', async () => {
    const { applications } = house.identity;
    const user = await house.holder('USR', { qualityId: firm.qualityId });
    const coam = await house.holder('COAM', { qualityId: firm.qualityId });
    const elsewhere = await house.enterprise();
    const wish = { assignmentId: user.assignmentId, application: 'contributions' };

    await expect(applications.grant(user, wish)).rejects.toMatchObject(denied);
    await expect(applications.grant(elsewhere.am, wish)).rejects.toMatchObject(unknown);
    await expect(
      applications.grant(firm.am, { ...wish, assignmentId: coam.assignmentId }),
    ).rejects.toMatchObject(unknown);
    expect(await applications.grant(coam, wish)).toHaveLength(1);
  });

  it.each([
    [{ application: 'nothing' }, 'application'],
    [{ application: 'contributions', role: 'king' }, 'application-role'],
    [{ application: 'batches' }, 'application-role'],
  ])('ACC-125: %j cannot be ticked: %s', async (wish, rule) => {
    const { assignmentId } = await house.holder('USR', { qualityId: firm.qualityId });

    await expect(
      house.identity.applications.grant(firm.am, { assignmentId, ...wish }),
    ).rejects.toMatchObject({ facts: { 'field.applications.0': rule } });
  });

  it('ACC-127: of two roles in an application one is chosen; a single one needs no choice', async () => {
    const { applications } = house.identity;
    const user = await house.holder('USR', { qualityId: firm.qualityId });
    const { assignmentId } = user;
    const application = 'batches';
    await applications.grant(firm.am, { assignmentId, application, role: 'consult' });
    expect(await applications.open(user, { application })).toMatchObject({ role: 'consult' });
    await applications.grant(firm.am, { assignmentId, application, role: 'send' });

    await expect(applications.open(user, { application })).rejects.toMatchObject({
      facts: { rule: 'choose-application-role', roles: 'consult,send' },
    });
    expect(await applications.open(user, { application, role: 'send' })).toMatchObject({
      role: 'send',
    });
    await expect(applications.open(user, { application, role: 'king' })).rejects.toMatchObject(
      guarded('choose-application-role'),
    );
  });

  it('ACC-128: a role that was blocked a moment ago opens nothing', async () => {
    const { applications, roles } = house.identity;
    const coam = await house.holder('COAM', { qualityId: firm.qualityId });
    const wish = { application: 'contributions' };
    expect(await applications.open(coam, wish)).toMatchObject({ code: 'contributions' });

    await roles.carryOut(firm.am, { act: 'block', assignmentId: coam.assignmentId });

    await expect(applications.open(coam, wish)).rejects.toMatchObject(guarded('not-appointed'));
    expect(await applications.usable(coam)).toEqual([]);
  });

  it('ACC-129: who holds no role in a quality hears who can give one', async () => {
    const { applications } = house.identity;

    for (const caller of [firm.cam, firm.lr, await house.holder('HD')]) {
      await expect(
        applications.open(caller, { application: 'contributions' }),
      ).rejects.toMatchObject(guarded('not-appointed'));
    }
    expect(ruleText('not-appointed', 'en')).toContain('chief access manager');
  });

  it('ACC-130: one’s own roles, qualities and applications, with their dates', async () => {
    const { roles, applications, people } = house.identity;
    const user = await house.holder('USR', { qualityId: firm.qualityId });
    const { assignmentId, personId } = user;
    await applications.grant(firm.am, { assignmentId, application: 'contributions' });
    const other = await house.enterprise();
    callerFor(
      await roles.carryOut(house.operator, {
        ...{ act: 'appoint', role: 'COCAM', enterprise: other.number, capacity: 'manager' },
        person: { personId },
      }),
    );

    const own = await people.access(user);

    // Both began at the same instant of the test's clock.
    const held = own.toSorted((a, b) => b.assignment.role.localeCompare(a.assignment.role));
    expect(held).toMatchObject([
      {
        assignment: { role: 'USR', state: 'active', validFrom: house.clock.now() },
        ...{ qualityType: 'employer', enterpriseState: 'active' },
        applications: [{ code: 'contributions', grantedAt: house.clock.now() }],
      },
      { assignment: { role: 'COCAM', enterprise: other.number }, applications: [] },
    ]);
  });

  it('operators add applications; access managers do not', async () => {
    const { applications } = house.identity;
    const labels = { nl: 'Dimona', fr: 'Dimona', de: 'Dimona', en: 'Dimona' };
    const application = {
      ...{ code: 'dimona', labels, qualityTypes: ['employer'], roles: [] },
      ...{ certificateRequired: true, ordinal: 9 },
    };

    await expect(applications.save(firm.cam, application)).rejects.toMatchObject(denied);
    await applications.save(house.operator, application);

    expect(await applications.open(firm.am, { application: 'dimona' })).toEqual({
      ...{ code: 'dimona', certificateRequired: true },
    });
    await expect(
      applications.save(house.operator, { ...application, qualityTypes: ['nowhere'] }),
    ).rejects.toMatchObject({ facts: { 'field.qualityTypes': 'quality-type' } });
  });
});

describe('G. representatives, missing numbers, help desk', () => {
  it('ACC-86: the help desk makes the access of a representative; nobody else', async () => {
    const helpDesk = await house.holder('HD');
    const wish = { act: 'appoint', role: 'REP', person: house.newcomer() } as const;

    await expect(house.identity.roles.plan(firm.cam, wish)).rejects.toMatchObject(denied);
    const { assignment } = await house.identity.roles.carryOut(helpDesk, {
      ...{ ...wish, enterprise: firm.number },
    });

    expect(assignment).toMatchObject({ role: 'REP', state: 'active' });
  });

  it('ACC-89: an account without enterprise number hears so and opens a case', async () => {
    const { enterpriseAccess, people } = house.identity;
    const done = await house.identity.roles.carryOut(house.operator, {
      ...{ act: 'appoint', role: 'REP', person: house.newcomer() },
    });
    const caller = callerFor(done);
    const helpDesk = await house.holder('HD');
    const { assignmentId } = caller;

    await expect(enterpriseAccess.show(caller)).rejects.toMatchObject(guarded('number-missing'));
    expect(ruleText('number-missing', 'de')).toContain('Helpdesk');
    expect((await people.access(caller))[0]?.assignment.enterprise).toBeUndefined();
    const id = await enterpriseAccess.askForNumber(caller);
    await expect(
      enterpriseAccess.addNumber(firm.cam, { assignmentId, enterprise: firm.number }),
    ).rejects.toMatchObject(denied);
    await expect(
      enterpriseAccess.addNumber(helpDesk, { assignmentId, enterprise: '0206731646' }),
    ).rejects.toMatchObject({ facts: { 'field.enterprise': 'enterprise-number' } });
    await enterpriseAccess.addNumber(helpDesk, { assignmentId, enterprise: firm.number });

    expect(await house.database.knex('help_desk_case').where({ id }).first()).toMatchObject({
      ...{ kind: 'enterprise-number', state: 'done', person_id: caller.personId },
      closed_by: helpDesk.name,
    });
    expect(await house.roleOf(assignmentId)).toMatchObject({ enterprise: firm.number });
    await expect(enterpriseAccess.askForNumber(caller)).rejects.toMatchObject(
      guarded('number-present'),
    );
  });

  it('ACC-90: a natural person who provides services becomes an enterprise by conversion', async () => {
    const { enterpriseAccess } = house.identity;
    const provider = await house.holder('SP');
    const helpDesk = await house.holder('HD');
    const session = await house.session(provider);
    await expect(enterpriseAccess.askForNumber(provider)).rejects.toMatchObject({
      facts: {
        rule: 'conversion-needed',
        to: 'employer,enterprise-without-personnel,service-provider-legal-person',
      },
    });
    const wish = { to: 'enterprise-without-personnel', name: 'Peeters Advies' } as const;

    const id = await enterpriseAccess.askForConversion(provider, {
      ...{ ...wish, enterprise: '0417497106' },
    });
    await expect(enterpriseAccess.carryOutConversion(firm.cam, id)).rejects.toMatchObject(denied);
    const done = await enterpriseAccess.carryOutConversion(helpDesk, id);

    expect(done.assignment).toMatchObject({
      ...{ role: 'CAM', enterprise: '0417497106', personId: provider.personId },
    });
    expect(await house.roleOf(provider.assignmentId)).toMatchObject({ state: 'deleted' });
    expect(await session.alive()).toBe(false);
    await expect(enterpriseAccess.carryOutConversion(helpDesk, id)).rejects.toMatchObject(unknown);
  });

  it('ACC-92: the help desk has its few rights and every act of it is in the trail', async () => {
    const { roles, applications, qualities } = house.identity;
    const helpDesk = await house.holder('HD');
    const user = await house.holder('USR', { qualityId: firm.qualityId });
    const { assignmentId } = user;

    for (const act of [
      () => roles.plan(helpDesk, { act: 'block', assignmentId }),
      () => applications.grant(helpDesk, { assignmentId, application: 'contributions' }),
      () => qualities.edit(helpDesk, firm.qualityId, { email: 'x@example.org' }),
      () => house.identity.authority.demand(helpDesk, 'messages.manage', { what: 'batch' }),
    ]) {
      await expect(act()).rejects.toMatchObject(denied);
      expect(await house.lastEvent()).toMatchObject({
        ...{ event: 'authz_fail', actor: helpDesk.name, actingAs: 'HD' },
      });
    }
  });

  it('staff are appointed by operators alone', async () => {
    const helpDesk = await house.holder('HD');
    const wish = { act: 'appoint', role: 'OP', person: house.newcomer() } as const;

    await expect(house.identity.roles.plan(helpDesk, wish)).rejects.toMatchObject(denied);
    const { assignment } = await house.identity.roles.carryOut(house.operator, wish);

    expect(assignment.enterprise).toBeUndefined();
  });
});
