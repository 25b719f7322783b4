import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { technicalUserNotice } from '../../../src/storage/index.ts';
import { eventually } from '../../make/exchange.ts';
import { callerFor, peopleHouse, type PeopleHouse } from '../../make/people.ts';
import { ed25519Line } from '../../make/registration.ts';

let house: PeopleHouse;

beforeAll(async () => {
  house = await peopleHouse();
});

afterAll(() => house.close());

const denied = { code: 'access.denied' };
const unknown = { code: 'registration.unknown' };
const guarded = (rule: string): object => ({ code: 'access.guard', facts: { rule } });

/** Every way to write to it, and what was sent. */
const letters = async (email: string): Promise<unknown[]> =>
  house.database
    .knex('one_time_code')
    .whereIn('person_id', house.database.knex('person').where({ email }).select('id'));

describe('A. actors and appointments', () => {
  it('ACC-01: the legal representative names the chief access manager, who is invited', async () => {
    const { roles } = house.identity;
    const number = (await house.enterprise()).number;
    const lr = await house.holder('LR', { enterprise: number });
    const person = house.newcomer();

    const { assignment, isNew } = await roles.carryOut(lr, {
      ...{ act: 'appoint', role: 'CAM', person, capacity: 'founder' },
    });

    expect(assignment).toMatchObject({ role: 'CAM', enterprise: number, state: 'active' });
    expect(isNew).toBe(true);
    expect(await letters(person.email ?? '')).toHaveLength(1);
  });

  it('ACC-01: nobody else of the enterprise names him', async () => {
    const { cam, am } = await house.enterprise();
    const wish = { act: 'appoint', role: 'CAM', person: house.newcomer() } as const;

    for (const caller of [cam, am]) {
      await expect(
        house.identity.roles.plan(caller, { ...wish, capacity: 'founder' }),
      ).rejects.toMatchObject(denied);
    }
  });

  it('ACC-02: his successor replaces him in the same transaction, and his sessions end', async () => {
    const { roles } = house.identity;
    const { lr, cam, number } = await house.enterprise();
    const session = await house.session(cam);

    const planned = await roles.plan(lr, {
      ...{ act: 'appoint', role: 'CAM', person: house.newcomer(), capacity: 'director' },
    });
    expect(await session.alive()).toBe(true);
    const done = await roles.confirm(lr, planned.confirmation);

    expect(planned.review.replaces).toMatchObject({ personId: cam.personId });
    expect(await house.roleOf(cam.assignmentId ?? '')).toMatchObject({ state: 'deleted' });
    expect(done.assignment).toMatchObject({ role: 'CAM', enterprise: number });
    expect(await session.alive()).toBe(false);
  });

  it('ACC-02: the help desk does it on request, for any enterprise', async () => {
    const { number } = await house.enterprise();
    const helpDesk = await house.holder('HD');

    const { assignment } = await house.identity.roles.carryOut(helpDesk, {
      ...{ act: 'appoint', role: 'CAM', enterprise: number, person: house.newcomer() },
      capacity: 'employee',
    });

    expect(assignment.enterprise).toBe(number);
  });

  it('ACC-02: two replacements at once leave exactly one chief access manager', async () => {
    const { lr, number } = await house.enterprise();
    const replace = (): Promise<unknown> =>
      house.identity.roles.carryOut(lr, {
        ...{ act: 'appoint', role: 'CAM', person: house.newcomer(), capacity: 'director' },
      });

    await Promise.allSettled([replace(), replace(), replace()]);

    const held = await house.database
      .knex('role_assignment')
      .where({ enterprise: number, role: 'CAM' })
      .whereIn('state', ['active', 'blocked']);
    expect(held).toHaveLength(1);
  });

  it('ACC-02: the index alone keeps a second one out, whatever the code does', async () => {
    const { knex } = house.database;
    const { number } = await house.enterprise();
    const insert = async (): Promise<void> => {
      const row = await knex<{ role: string; enterprise: string }>('role_assignment')
        .where({ enterprise: number, role: 'CAM' })
        .first();
      const person = await house.holder('HD');
      await knex('role_assignment').insert({
        ...row,
        ...{ id: crypto.randomUUID(), person_id: person.personId, facts: '{}' },
      });
    };

    await expect(insert()).rejects.toThrow('role_assignment_one_cam');
  });

  it('ACC-03: the legal representative appoints a service provider; the CAM cannot', async () => {
    const { lr, cam, number } = await house.enterprise();
    const wish = {
      act: 'appoint',
      role: 'SP',
      person: house.newcomer(),
      facts: { kind: 'legal-person', provider: '0206731645' },
    } as const;

    await expect(house.identity.roles.plan(cam, wish)).rejects.toMatchObject(denied);
    const { assignment } = await house.identity.roles.carryOut(lr, wish);

    expect(assignment).toMatchObject({
      ...{ role: 'SP', enterprise: number, state: 'active' },
      facts: { kind: 'legal-person', provider: '0206731645' },
    });
  });

  it('ACC-03: a provider with a wrong enterprise number is refused', async () => {
    const { lr } = await house.enterprise();

    await expect(
      house.identity.roles.plan(lr, {
        ...{ act: 'appoint', role: 'SP', person: house.newcomer() },
        facts: { kind: 'legal-person', provider: '0206731646' },
      }),
    ).rejects.toMatchObject({ facts: { 'field.provider': 'enterprise-number' } });
  });

  it('ACC-04: the legal representative activates the e-Box; then those who may, open it', async () => {
    const { enterpriseAccess, applications } = house.identity;
    const { lr, cam, am, qualityId } = await house.enterprise();
    const user = await house.holder('USR', { qualityId });
    const open = { application: 'ebox' };

    await expect(applications.open(am, open)).rejects.toMatchObject(guarded('ebox-inactive'));
    await expect(enterpriseAccess.activateEbox(cam)).rejects.toMatchObject(denied);
    await enterpriseAccess.activateEbox(lr);

    expect(await applications.open(am, open)).toMatchObject({ code: 'ebox' });
    await expect(applications.open(user, open)).rejects.toMatchObject(
      guarded('application-not-granted'),
    );
    await applications.grant(am, { assignmentId: user.assignmentId, application: 'ebox' });
    expect(await applications.open(user, open)).toMatchObject({ code: 'ebox' });
    await expect(enterpriseAccess.activateEbox(lr)).rejects.toMatchObject(guarded('state-already'));
  });

  it('ACC-05: access deleted: every login fails, channels are cut, data stay', async () => {
    const { enterpriseAccess, senders, technicalUsers, logins } = house.identity;
    const { lr, cam, am, number, qualityId } = await house.enterprise();
    const user = await house.holder('USR', { qualityId });
    const sessions = await Promise.all([lr, cam, am, user].map((one) => house.session(one)));
    await senders.register({ number: '310001', enterprise: number, quality: 'employer', by: 'x' });
    const { user: login } = await technicalUsers.register({
      ...{ username: 'closedlogin', sender: '310001', sshKeys: [ed25519Line()], by: 'x' },
    });
    const told: string[] = [];
    await house.database.database.listen(technicalUserNotice, (id) => told.push(id));

    await expect(enterpriseAccess.planClosing(cam)).rejects.toMatchObject(denied);
    const { confirmation } = await enterpriseAccess.planClosing(lr);
    const view = await enterpriseAccess.confirmClosing(lr, confirmation);

    expect(view.state).toBe('closed');
    expect(await Promise.all(sessions.map(({ alive }) => alive()))).toEqual(Array(4).fill(false));
    expect(await logins.accountFor('closedlogin')).toMatchObject({ id: login.id, blocked: true });
    await eventually(() => Promise.resolve(told.includes(login.id) || undefined), 'the notice');
    const inForce = house.database.knex('role_in_force').where({ enterprise: number });
    expect(await inForce).toEqual([]);
    expect(await house.roleOf(user.assignmentId)).toMatchObject({ state: 'active' });
    await expect(
      house.identity.roles.plan(lr, {
        ...{ act: 'appoint', role: 'CAM', person: house.newcomer(), capacity: 'founder' },
      }),
    ).rejects.toMatchObject(guarded('enterprise-closed'));
  });

  it('ACC-06: an admitted enterprise exchanges nothing before its CAM has logged in', async () => {
    const { enterpriseAccess, senders } = house.identity;
    const number = '0403019261';
    await enterpriseAccess.admit(house.operator, {
      ...{ number, name: 'Admitted', representative: house.newcomer() },
    });
    await senders.register({ number: '310002', enterprise: number, quality: 'employer', by: 'x' });

    const before = await senders.senderOf('310002');
    await house.database.knex('enterprise').where({ number }).update({ state: 'active' });

    expect(before).toMatchObject({ state: 'active', open: false });
    expect(await senders.senderOf('310002')).toMatchObject({ open: true });
    await expect(
      enterpriseAccess.admit(house.operator, {
        ...{ number, name: 'Again', representative: house.newcomer() },
      }),
    ).rejects.toMatchObject({ code: 'registration.exists' });
  });

  it('ACC-07: a CAM appoints himself access manager', async () => {
    const { cam, number, qualityId } = await house.enterprise();

    const { assignment, isNew } = await house.identity.roles.carryOut(cam, {
      ...{ act: 'appoint', role: 'AM', qualityId, capacity: 'manager' },
      person: { personId: cam.personId ?? '' },
    });

    expect(isNew).toBe(false);
    expect(assignment).toMatchObject({ personId: cam.personId, enterprise: number, qualityId });
  });

  it('ACC-07: a new CAM manages by himself what nobody manages', async () => {
    const { qualities, people } = house.identity;
    const { lr, number } = await house.enterprise();
    const orphan = await qualities.ensure(house.operator, {
      enterprise: number,
      type: 'mandatary',
    });

    const done = await house.identity.roles.carryOut(lr, {
      ...{ act: 'appoint', role: 'CAM', person: house.newcomer(), capacity: 'founder' },
    });

    const { roles } = await people.show(house.operator, done.person.id);
    const held = roles.map(({ role, qualityId }) => [role, qualityId ?? null]);
    expect(held).toHaveLength(2);
    expect(held).toEqual(
      expect.arrayContaining([
        ['CAM', null],
        ['AM', orphan],
      ]),
    );
  });

  it('ACC-08: the CAM adds a Co-CAM by national number; the status shows next to the name', async () => {
    const { cam } = await house.enterprise();
    const { assignment } = await house.identity.roles.carryOut(cam, {
      ...{ act: 'appoint', role: 'COCAM', person: house.newcomer(), capacity: 'director' },
    });

    const found = await house.identity.people.find(cam, { role: 'COCAM' }, { max: 10 });

    expect(found.rows).toEqual([
      expect.objectContaining({ assignmentId: assignment.id, state: 'active', role: 'COCAM' }),
    ]);
  });

  it('ACC-09: the CAM blocks, unblocks and deletes a Co-CAM after confirming', async () => {
    const { roles, people } = house.identity;
    const { cam, number } = await house.enterprise();
    const cocam = await house.holder('COCAM', { enterprise: number });
    const { assignmentId } = cocam;
    const session = await house.session(cocam);

    for (const [act, state] of [
      ['block', 'blocked'],
      ['unblock', 'active'],
      ['delete', 'deleted'],
    ] as const) {
      const { review, confirmation } = await roles.plan(cam, { act, assignmentId });
      expect(review).toMatchObject({ act, state, person: { username: cocam.name } });
      expect((await roles.confirm(cam, confirmation)).assignment.state).toBe(state);
      if (act === 'block') expect(await session.alive()).toBe(false);
      const shown = (await people.find(cam, { role: 'COCAM' }, { max: 5 })).rows[0]?.state;
      expect(shown ?? 'deleted').toBe(state);
    }
  });

  it('ACC-10: a Co-CAM cannot manage Co-CAMs; the attempt stays in the trail', async () => {
    const { roles } = house.identity;
    const { number } = await house.enterprise();
    const caller = await house.holder('COCAM', { enterprise: number });
    const { assignmentId } = await house.holder('COCAM', { enterprise: number });

    for (const wish of [
      { act: 'block', assignmentId } as const,
      { act: 'unblock', assignmentId } as const,
      { act: 'delete', assignmentId } as const,
      { act: 'appoint', role: 'COCAM', person: house.newcomer(), capacity: 'director' } as const,
    ]) {
      await expect(roles.plan(caller, wish)).rejects.toMatchObject(denied);
      expect(await house.lastEvent()).toMatchObject({
        ...{ event: 'authz_fail', result: 'refused', actor: caller.name, actingAs: 'COCAM' },
        action: 'cocam.manage',
      });
    }
    expect(await house.roleOf(assignmentId)).toMatchObject({ state: 'active' });
  });

  it('ACC-11: a quality has exactly one access manager; the CAM or a Co-CAM changes him', async () => {
    const { am, number, qualityId } = await house.enterprise();
    const cocam = await house.holder('COCAM', { enterprise: number });
    const session = await house.session(am);

    const { assignment } = await house.identity.roles.carryOut(cocam, {
      ...{ act: 'appoint', role: 'AM', qualityId, person: house.newcomer(), capacity: 'employee' },
    });

    expect(await house.roleOf(am.assignmentId ?? '')).toMatchObject({ state: 'deleted' });
    expect(assignment).toMatchObject({ role: 'AM', qualityId });
    expect(await session.alive()).toBe(false);
  });

  it('ACC-11: two changes at once leave one access manager', async () => {
    const { cam, qualityId } = await house.enterprise();
    const appoint = (): Promise<unknown> =>
      house.identity.roles.carryOut(cam, {
        ...{
          act: 'appoint',
          role: 'AM',
          qualityId,
          person: house.newcomer(),
          capacity: 'employee',
        },
      });

    const outcomes = await Promise.allSettled([appoint(), appoint()]);

    expect(outcomes.map(({ status }) => status)).toContain('fulfilled');
    const held = await house.database
      .knex('role_assignment')
      .where({ quality_id: qualityId, role: 'AM', state: 'active' });
    expect(held).toHaveLength(1);
  });

  it('ACC-11: what was planned upon another holder is not confirmed', async () => {
    const { roles } = house.identity;
    const { cam, qualityId } = await house.enterprise();
    const wish = { act: 'appoint', role: 'AM', qualityId, capacity: 'employee' } as const;
    const planned = await roles.plan(cam, { ...wish, person: house.newcomer() });
    await roles.carryOut(cam, { ...wish, person: house.newcomer() });

    await expect(roles.confirm(cam, planned.confirmation)).rejects.toMatchObject({
      code: 'access.confirmation',
    });
  });

  it('ACC-12: one person is access manager of several qualities', async () => {
    const { am, cam, number } = await house.enterprise();
    const other = await house.quality(number, 'mandatary');

    await house.identity.roles.carryOut(cam, {
      ...{ act: 'appoint', role: 'AM', qualityId: other.qualityId, capacity: 'manager' },
      person: { personId: am.personId ?? '' },
    });

    const own = await house.identity.people.access(am);
    const held = own.map(
      ({ assignment, qualityType }) => `${assignment.role} ${qualityType ?? ''}`,
    );
    expect(held.sort()).toEqual(['AM employer', 'AM mandatary']);
  });

  it('ACC-13: an AM manages Co-AMs of his quality; a Co-AM does not', async () => {
    const { roles } = house.identity;
    const { am, qualityId } = await house.enterprise();
    const appoint = { act: 'appoint', role: 'COAM', qualityId, capacity: 'employee' } as const;
    const coam = callerFor(await roles.carryOut(am, { ...appoint, person: house.newcomer() }));
    const other = callerFor(await roles.carryOut(am, { ...appoint, person: house.newcomer() }));
    const block = { act: 'block', assignmentId: other.assignmentId } as const;

    await expect(roles.plan(coam, block)).rejects.toMatchObject(denied);
    await expect(roles.plan(coam, { ...appoint, person: house.newcomer() })).rejects.toMatchObject(
      denied,
    );
    expect((await roles.carryOut(am, block)).assignment.state).toBe('blocked');
    expect((await roles.carryOut(am, { ...block, act: 'unblock' })).assignment.state).toBe(
      'active',
    );
    expect((await roles.carryOut(am, { ...block, act: 'delete' })).assignment.state).toBe(
      'deleted',
    );
  });

  it('ACC-13: an AM of another quality does not learn that the Co-AM exists', async () => {
    const { number, qualityId } = await house.enterprise();
    const coam = await house.holder('COAM', { qualityId });
    const other = await house.quality(number, 'mandatary');
    const wish = { act: 'block', assignmentId: coam.assignmentId } as const;

    await expect(house.identity.roles.plan(other.am, wish)).rejects.toMatchObject(unknown);
    await expect(
      house.identity.roles.plan(other.am, { ...wish, assignmentId: crypto.randomUUID() }),
    ).rejects.toMatchObject(unknown);
  });

  it('ACC-14: a CAM as such opens no application; as a user of it he does', async () => {
    const { applications, roles } = house.identity;
    const { cam, qualityId } = await house.enterprise();
    const open = { application: 'contributions' };

    await expect(applications.open(cam, open)).rejects.toMatchObject(guarded('not-appointed'));
    expect(await applications.usable(cam)).toEqual([]);
    const asUser = callerFor(
      await roles.carryOut(cam, {
        ...{ act: 'appoint', role: 'USR', qualityId, capacity: 'manager' },
        ...{ person: { personId: cam.personId ?? '' }, applications: [open] },
      }),
    );

    expect(await applications.open(asUser, open)).toMatchObject({ code: 'contributions' });
  });

  it('ACC-15: a new Co-AM has every application of the quality without a tick', async () => {
    const { qualityId, number } = await house.enterprise();
    const coam = await house.holder('COAM', { qualityId });
    const view = await house.identity.qualities.show(coam, qualityId);

    const usable = await house.identity.applications.usable(coam);

    expect(usable.length).toBeGreaterThan(1);
    expect(usable.map(({ code }) => code)).toEqual(view.applications.map(({ code }) => code));
    expect(usable.every(({ by }) => by === 'role')).toBe(true);
    expect((await house.identity.people.find(coam, {}, { max: 10 })).rows).not.toEqual([]);
    expect(number).toBe(coam.enterprise);
  });

  it('ACC-16: an AM registers a technical user, with a contact, for the channel alone', async () => {
    const { senders, technicalAccounts, logins, people } = house.identity;
    const { am, number } = await house.enterprise();
    const contact = { name: 'Els Smet', email: 'els@example.org', phone: '+32 9 123 45 67' };
    const wish = { username: 'channel0001', password: 'lange woorden in rij 9', contact };
    await expect(technicalAccounts.register(am, wish)).rejects.toMatchObject(unknown);
    await senders.register({ number: '310003', enterprise: number, quality: 'employer', by: 'x' });

    const { user } = await technicalAccounts.register(am, wish);

    expect(user).toMatchObject({ sender: '310003', auth: 'password' });
    expect(await logins.accountFor('channel0001')).toMatchObject({ blocked: false });
    expect((await people.find(am, { username: 'channel0001' }, { max: 1 })).rows).toEqual([]);
    expect(await house.lastEvent()).toMatchObject({ action: 'technical-user.register' });
    expect(
      await house.database.knex('technical_user').where({ id: user.id }).first(),
    ).toMatchObject({ contact });
  });

  it('ACC-16: a user registers none, and an AM none of another quality', async () => {
    const { technicalAccounts } = house.identity;
    const { number, qualityId } = await house.enterprise();
    const user = await house.holder('USR', { qualityId });
    const other = await house.quality(number, 'mandatary');
    const wish = {
      ...{ username: 'channel0002', password: 'lange woorden in rij 9', qualityId },
      contact: { name: 'Els', email: 'els@example.org' },
    };

    await expect(technicalAccounts.register(user, wish)).rejects.toMatchObject(denied);
    await expect(technicalAccounts.register(other.am, wish)).rejects.toMatchObject(unknown);
  });

  it('ACC-17: a curator takes the employer over; its managers are suspended', async () => {
    const { roles } = house.identity;
    const { am, cam, qualityId } = await house.enterprise();
    const coam = await house.holder('COAM', { qualityId });
    const helpDesk = await house.holder('HD');
    const session = await house.session(am);
    const wish = { act: 'appoint', role: 'CUR', qualityId, person: house.newcomer() } as const;

    await expect(roles.plan(helpDesk, wish)).rejects.toMatchObject({
      facts: { 'field.courtOrder': 'court-order' },
    });
    const facts = { courtOrder: 'Enterprise court Ghent 2026/114' };
    await expect(roles.plan(cam, { ...wish, facts })).rejects.toMatchObject(denied);
    const curator = callerFor(await roles.carryOut(helpDesk, { ...wish, facts }));

    expect(await house.roleOf(am.assignmentId ?? '')).toMatchObject({ state: 'suspended' });
    expect(await house.roleOf(coam.assignmentId)).toMatchObject({ state: 'suspended' });
    expect(await session.alive()).toBe(false);
    expect((await house.identity.people.find(curator, {}, { max: 10 })).rows).toHaveLength(3);
    await expect(
      roles.plan(cam, {
        ...{ act: 'appoint', role: 'AM', qualityId, person: house.newcomer() },
        capacity: 'employee',
      }),
    ).rejects.toMatchObject(guarded('curator-in-place'));
  });

  it('ACC-17: a curator takes over no other quality', async () => {
    const { number } = await house.enterprise();
    const { qualityId } = await house.quality(number, 'mandatary');
    const helpDesk = await house.holder('HD');

    await expect(
      house.identity.roles.plan(helpDesk, {
        ...{ act: 'appoint', role: 'CUR', qualityId, person: house.newcomer() },
        facts: { courtOrder: '2026/115' },
      }),
    ).rejects.toMatchObject({ facts: { 'field.qualityId': 'employer-only' } });
  });

  it('ACC-18: nobody is appointed without the capacity he acts in, or in one that does not fit', async () => {
    const { cam, qualityId } = await house.enterprise();
    const wish = { act: 'appoint', role: 'AM', qualityId, person: house.newcomer() } as const;

    await expect(house.identity.roles.plan(cam, wish)).rejects.toMatchObject({
      ...{ code: 'registration.invalid', facts: { 'field.capacity': 'required' } },
    });
    await expect(
      house.identity.roles.plan(cam, { ...wish, capacity: 'member' }),
    ).rejects.toMatchObject({ facts: { 'field.capacity': 'capacity' } });
  });

  it('guard: nobody blocks or deletes himself', async () => {
    const { number } = await house.enterprise();
    const cam = await house.holder('CAM', { enterprise: number });
    const asCoCam = await house.holder('COCAM', {
      ...{ enterprise: number, person: { personId: cam.personId } },
    });

    await expect(
      house.identity.roles.plan(cam, { act: 'block', assignmentId: asCoCam.assignmentId }),
    ).rejects.toMatchObject(guarded('own-account'));
    expect(await house.lastEvent()).toMatchObject({
      ...{ event: 'authz_fail', after: { rule: 'own-account' } },
    });
  });

  it('guard: the last CAM leaves only by the legal representative or the help desk', async () => {
    const { cam, number, lr } = await house.enterprise();
    const cocam = await house.holder('COCAM', { enterprise: number });
    const wish = { act: 'delete', assignmentId: cam.assignmentId ?? '' } as const;

    await expect(house.identity.roles.plan(cocam, wish)).rejects.toMatchObject(denied);
    expect((await house.identity.roles.carryOut(lr, wish)).assignment.state).toBe('deleted');
  });

  it('guard: an AM leaves with a successor, or the quality is suspended', async () => {
    const { roles, qualities } = house.identity;
    const { cam, am, qualityId } = await house.enterprise();
    const user = await house.holder('USR', { qualityId });
    const session = await house.session(user);
    const wish = { act: 'delete', assignmentId: am.assignmentId ?? '' } as const;

    await expect(roles.plan(cam, wish)).rejects.toMatchObject(guarded('successor-needed'));
    const successor = { person: house.newcomer(), capacity: 'employee' };
    await roles.carryOut(cam, { ...wish, successor });
    const view = await qualities.show(cam, qualityId);
    expect(view).toMatchObject({
      state: 'active',
      manager: { username: successor.person.username },
    });

    const next = (await house.identity.people.find(cam, { role: 'AM' }, { max: 1 })).rows[0];
    await roles.carryOut(cam, {
      ...{ act: 'delete', assignmentId: next?.assignmentId ?? '', suspendQuality: true },
    });

    expect((await qualities.show(cam, qualityId)).state).toBe('suspended');
    expect(await session.alive()).toBe(false);
    const again = { act: 'appoint', role: 'AM', qualityId, capacity: 'employee' } as const;
    await roles.carryOut(cam, { ...again, person: house.newcomer() });
    expect((await qualities.show(cam, qualityId)).state).toBe('active');
  });
});
