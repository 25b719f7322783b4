import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ruleText } from '../../../src/identity/index.ts';
import { languages } from '../../../src/vocabulary/index.ts';
import { callerFor, peopleHouse, type PeopleHouse } from '../../make/people.ts';
import type { NewPersonWish, TestEnterprise } from '../../make/people.ts';

let house: PeopleHouse;
let firm: TestEnterprise;

beforeAll(async () => {
  house = await peopleHouse();
  firm = await house.enterprise();
});

afterAll(() => house.close());

const denied = { code: 'access.denied' };
const unknown = { code: 'registration.unknown' };
const user = (person: NewPersonWish, qualityId = firm.qualityId) =>
  ({ act: 'appoint', role: 'USR', qualityId, person, capacity: 'employee' }) as const;

describe('C. user administration', () => {
  it('ACC-27: a person is added by his national number', async () => {
    const person = house.newcomer();

    const done = await house.identity.roles.carryOut(firm.am, user(person));

    expect(done.person).toMatchObject({ username: person.username, lastName: person.lastName });
    expect(done.person.inszEnd).toBe(`·········${person.insz?.slice(-2) ?? ''}`);
    const found = await house.identity.people.find(
      firm.am,
      { insz: person.insz ?? '' },
      { max: 5 },
    );
    expect(found.rows.map(({ personId }) => personId)).toEqual([done.person.id]);
  });

  it.each([
    ['70010100197', 'insz'],
    ['123', 'insz'],
    ['', 'required'],
  ])('ACC-27: the national number "%s" is refused at the edge: %s', async (insz, rule) => {
    const refused = house.identity.roles.plan(firm.am, user(house.newcomer({ insz })));

    await expect(refused).rejects.toMatchObject({ facts: { 'field.insz': rule } });
  });

  it('ACC-28: the number is in the review as entered, and nobody changes it before the second step', async () => {
    const person = house.newcomer();
    const { review, confirmation } = await house.identity.roles.plan(firm.am, user(person));

    expect(review.person.insz).toBe(person.insz);
    expect(Buffer.from(confirmation, 'base64url').includes(person.insz ?? 'x')).toBe(false);
    const changed = Buffer.from(confirmation, 'base64url');
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    await expect(
      house.identity.roles.confirm(firm.am, changed.toString('base64url')),
    ).rejects.toMatchObject({ code: 'access.confirmation' });
  });

  it('ACC-29: every empty required field is named, and nothing is stored', async () => {
    const before = await house.database.knex('person').count();
    const empty = { insz: '', username: '', lastName: ' ', firstName: '', language: '', email: '' };

    const refused = house.identity.roles.carryOut(firm.am, {
      ...user(empty),
      capacity: '',
    });

    await expect(refused).rejects.toMatchObject({
      code: 'registration.invalid',
      facts: Object.fromEntries(
        ['insz', 'username', 'lastName', 'firstName', 'language', 'email', 'capacity'].map(
          (field) => [`field.${field}`, 'required'],
        ),
      ),
    });
    expect(await house.database.knex('person').count()).toEqual(before);
  });

  it('ACC-30: nothing exists before the confirmation, which is the caller’s alone and ages', async () => {
    const { roles, people } = house.identity;
    const person = house.newcomer();
    const wish = user(person);
    const { confirmation } = await roles.plan(firm.am, wish);
    const found = async (): Promise<number> =>
      (await people.find(firm.cam, { username: person.username ?? '' }, { max: 2 })).rows.length;
    expect(await found()).toBe(0);

    await expect(roles.confirm(firm.cam, confirmation)).rejects.toMatchObject({
      code: 'access.confirmation',
    });
    await roles.confirm(firm.am, confirmation);
    expect(await found()).toBe(1);
    await expect(roles.confirm(firm.am, confirmation)).rejects.toMatchObject({
      code: 'registration.exists',
    });

    const late = await roles.plan(firm.am, user(house.newcomer()));
    house.clock.pass(15 * 60_000 + 1);
    await expect(roles.confirm(firm.am, late.confirmation)).rejects.toMatchObject({
      ...{ code: 'access.confirmation', facts: { why: 'too old' } },
    });
  });

  it('ACC-31, ACC-33: a block shows at once, ends sessions and tokens, and stays in the trail', async () => {
    const { roles, people } = house.identity;
    const blocked = await house.holder('USR', { qualityId: firm.qualityId });
    const session = await house.session(blocked);
    const { assignmentId } = blocked;

    const done = await roles.carryOut(firm.am, { act: 'block', assignmentId });

    expect(done.assignment.state).toBe('blocked');
    const found = await people.find(firm.am, { username: blocked.name }, { max: 2 });
    expect(found.rows[0]).toMatchObject({ state: 'blocked' });
    expect(await session.alive()).toBe(false);
    expect(await house.database.knex('role_in_force').where({ id: assignmentId })).toEqual([]);
    expect(await house.lastEvent()).toMatchObject({
      ...{ event: 'privilege_permissions_changed', action: 'role.block', actor: firm.am.name },
      ...{ before: { state: 'active' }, after: { state: 'blocked' } },
    });
    await expect(roles.carryOut(firm.am, { act: 'block', assignmentId })).rejects.toMatchObject({
      code: 'access.guard',
      facts: { rule: 'state-already' },
    });
    await roles.carryOut(firm.am, { act: 'unblock', assignmentId });
    await roles.carryOut(firm.am, { act: 'delete', assignmentId });
    expect((await people.find(firm.am, { username: blocked.name }, { max: 2 })).rows).toEqual([]);
  });

  it('ACC-32: a manager changes language, e-mail and applications of a user', async () => {
    const { people, applications } = house.identity;
    const managed = await house.holder('USR', { qualityId: firm.qualityId });

    const shown = await people.edit(firm.am, managed.personId, {
      ...{ language: 'fr', email: 'autre@example.org', title: '' },
    });
    await applications.grant(firm.am, {
      ...{ assignmentId: managed.assignmentId, application: 'contributions' },
    });

    expect(shown).toMatchObject({ language: 'fr', email: 'autre@example.org' });
    expect(shown.title).toBeUndefined();
    expect((await applications.usable(managed)).map(({ code }) => code)).toEqual(['contributions']);
    const edited = await house.identity.audit.list({ action: 'user.edit', max: 1 });
    expect(edited.rows[0]).toMatchObject({
      before: { language: 'nl', title: 'Dhr.' },
      after: { language: 'fr', email: 'autre@example.org' },
    });
  });

  it('ACC-32: nobody edits above or beside himself', async () => {
    const { people } = house.identity;
    const coam = await house.holder('COAM', { qualityId: firm.qualityId });
    const other = await house.holder('COAM', { qualityId: firm.qualityId });
    const elsewhere = await house.enterprise();

    for (const personId of [other.personId, firm.am.personId ?? '']) {
      await expect(people.edit(coam, personId, { language: 'de' })).rejects.toMatchObject(denied);
    }
    await expect(
      people.edit(coam, elsewhere.am.personId ?? '', { language: 'de' }),
    ).rejects.toMatchObject(unknown);
    await expect(people.edit(firm.am, 'x', { language: 'de' })).rejects.toMatchObject(unknown);
    await expect(
      people.edit(firm.am, firm.am.personId ?? '', { email: 'me@example.org' }),
    ).rejects.toMatchObject({ facts: { 'field.email': 'own-email' } });
  });

  it('ACC-34: who may have a password reset is the matrix’s word, for every level', async () => {
    const { people } = house.identity;
    const helpDesk = await house.holder('HD');
    const managed = await house.holder('USR', { qualityId: firm.qualityId });
    const coam = await house.holder('COAM', { qualityId: firm.qualityId });
    const reset = (caller: typeof firm.am, personId = ''): Promise<unknown> =>
      people.managed(caller, personId, 'reset-password');

    for (const caller of [firm.cam, firm.am, coam, helpDesk, house.operator]) {
      expect(await reset(caller, managed.personId)).toMatchObject({ id: managed.personId });
    }
    await expect(reset(coam, firm.am.personId)).rejects.toMatchObject(denied);
    await expect(reset(firm.am, firm.cam.personId)).rejects.toMatchObject(unknown);
    await expect(reset(managed, coam.personId)).rejects.toMatchObject(unknown);
    expect(await reset(helpDesk, firm.cam.personId)).toMatchObject({ id: firm.cam.personId });
  });

  it('ACC-38: an AM finds nobody of another quality, the CAM everybody of the enterprise', async () => {
    const { people } = house.identity;
    const { number } = firm;
    const other = await house.quality(number, 'mandatary');
    const hidden = await house.holder('USR', { qualityId: other.qualityId });
    const wish = { username: hidden.name };

    expect((await people.find(firm.am, wish, { max: 5 })).rows).toEqual([]);
    expect((await people.find(firm.am, { quality: other.qualityId }, { max: 5 })).rows).toEqual([]);
    expect((await people.find(other.am, wish, { max: 5 })).rows).toHaveLength(1);
    expect((await people.find(firm.cam, wish, { max: 5 })).rows).toHaveLength(1);
    await expect(people.show(firm.am, hidden.personId)).rejects.toMatchObject(unknown);
  });

  it('ACC-38: no enterprise sees into another', async () => {
    const other = await house.enterprise();

    const found = await house.identity.people.find(
      firm.cam,
      { username: other.am.name },
      { max: 5 },
    );

    expect(found.rows).toEqual([]);
    await expect(
      house.identity.people.show(firm.cam, other.am.personId ?? ''),
    ).rejects.toMatchObject(unknown);
    expect(
      (await house.identity.people.find(firm.cam, { enterprise: other.number }, { max: 5 })).rows,
    ).toEqual([]);
  });

  it('ACC-39: Co-AMs and users are in one list, told apart by their role', async () => {
    const own = await house.enterprise();
    await house.holder('COAM', { qualityId: own.qualityId });
    await house.holder('USR', { qualityId: own.qualityId });

    const { rows } = await house.identity.people.find(own.am, {}, { max: 10 });

    expect(rows.map(({ role }) => role).sort()).toEqual(['AM', 'COAM', 'USR']);
  });

  it('ACC-40: a user finds himself and nobody else', async () => {
    const own = await house.holder('USR', { qualityId: firm.qualityId });

    const all = await house.identity.people.find(own, {}, { max: 10 });
    const other = await house.identity.people.find(own, { username: firm.am.name }, { max: 10 });

    expect(all.rows.map(({ personId }) => personId)).toEqual([own.personId]);
    expect(other.rows).toEqual([]);
    await expect(house.identity.people.find(firm.lr, {}, { max: 10 })).rejects.toMatchObject(
      denied,
    );
  });

  it('ACC-41: own data are the eight fields and the address of the enterprise', async () => {
    const person = house.newcomer();
    const own = await house.holder('USR', { qualityId: firm.qualityId, person });
    const { assignmentId } = own;
    await house.identity.applications.grant(firm.am, {
      assignmentId,
      application: 'contributions',
    });

    const data = await house.identity.people.own(own);

    expect(data).toMatchObject({
      ...{ username: person.username, firstName: 'Jan', lastName: person.lastName },
      ...{ title: 'Dhr.', insz: person.insz, language: 'nl', email: person.email },
      ...{ applications: [{ code: 'contributions', by: 'grant', grantedBy: firm.am.name }] },
      companyEmail: 'employer@example.org',
    });
    await expect(house.identity.people.own(firm.lr)).rejects.toMatchObject(denied);
  });

  it('ACC-41: the national number is nowhere in the database in clear', async () => {
    const person = house.newcomer();
    await house.holder('USR', { qualityId: firm.qualityId, person });
    const { knex } = house.database;
    const { rows } = await knex.raw<{ rows: { dump: string }[] }>(
      `select string_agg(x::text, '') as dump from (
         select p::text as x from person p union all select a::text from audit_event a
         union all select r::text from role_assignment r union all select s::text from role_search s
       ) all_rows`,
    );

    expect(rows[0]?.dump.includes(person.insz ?? '')).toBe(false);
    expect(rows[0]?.dump.includes(Buffer.from(person.insz ?? '').toString('hex'))).toBe(false);
  });

  it('ACC-42: one identity in two enterprises; a block in one leaves the other alone', async () => {
    const { roles, people } = house.identity;
    const other = await house.enterprise();
    const person = house.newcomer();
    const first = await house.holder('USR', { qualityId: firm.qualityId, person });
    const again = await roles.carryOut(other.am, {
      ...user({ ...person, username: 'another0name' }, other.qualityId),
    });
    const second = callerFor(again);
    const sessions = [await house.session(first), await house.session(second)] as const;

    await roles.carryOut(firm.am, { act: 'block', assignmentId: first.assignmentId });

    expect(again).toMatchObject({
      isNew: false,
      person: { id: first.personId, username: first.name },
    });
    expect(await sessions[0].alive()).toBe(false);
    expect(await sessions[1].alive()).toBe(true);
    expect((await people.show(other.am, first.personId)).roles).toHaveLength(1);
    await expect(
      roles.plan(other.am, user({ ...person, lastName: 'Somebodyelse' }, other.qualityId)),
    ).rejects.toMatchObject({ facts: { 'field.insz': 'insz-other-name' } });
    await expect(roles.plan(other.am, user(person, other.qualityId))).rejects.toMatchObject({
      code: 'registration.exists',
    });
  });

  it('ACC-42: the same new person registered twice at once is one identity', async () => {
    const { roles } = house.identity;
    const other = await house.enterprise();
    const person = house.newcomer();

    await Promise.allSettled([
      roles.carryOut(firm.am, user(person)),
      roles.carryOut(other.am, user(person, other.qualityId)),
    ]);

    const { username = '' } = person;
    expect(await house.database.knex('person').where({ username })).toHaveLength(1);
  });

  it('a whole identity is blocked by the help desk, and comes back', async () => {
    const { people } = house.identity;
    const helpDesk = await house.holder('HD');
    const person = await house.holder('USR', { qualityId: firm.qualityId });
    const session = await house.session(person);

    await expect(people.block(firm.cam, person.personId)).rejects.toMatchObject(denied);
    await people.block(helpDesk, person.personId);

    expect(await session.alive()).toBe(false);
    expect(await house.database.knex('role_in_force').where({ id: person.assignmentId })).toEqual(
      [],
    );
    await people.unblock(helpDesk, person.personId);
    expect(
      await house.database.knex('role_in_force').where({ id: person.assignmentId }),
    ).toHaveLength(1);
    await expect(people.block(helpDesk, helpDesk.personId)).rejects.toMatchObject({
      facts: { rule: 'own-account' },
    });
  });
});

describe('D. user names', () => {
  it.each([
    ['ab12345', 'username-short'],
    ['Jan Peeters', 'username-space'],
    ['a'.repeat(31), 'username-long'],
    ['jan.peeters', 'username-characters'],
    ['jérôme123', 'username-characters'],
  ])('ACC-43: "%s" is refused with its own message: %s', async (username, rule) => {
    const refused = house.identity.roles.plan(firm.am, user(house.newcomer({ username })));

    await expect(refused).rejects.toMatchObject({ facts: { 'field.username': rule } });
    const said = languages.map((language) => ruleText(rule, language));
    expect(new Set(said).size).toBe(4);
    expect(said).not.toContain(undefined);
  });

  it('ACC-43: 8 and 30 characters are accepted, capitals taken for small letters, once', async () => {
    const { roles } = house.identity;
    const long = `b${'0'.repeat(29)}`;

    const short = await roles.carryOut(firm.am, user(house.newcomer({ username: 'Abcd1234' })));
    const done = await roles.carryOut(firm.am, user(house.newcomer({ username: long })));

    expect([short.person.username, done.person.username]).toEqual(['abcd1234', long]);
    await expect(
      roles.plan(firm.am, user(house.newcomer({ username: 'ABCD1234' }))),
    ).rejects.toMatchObject({ facts: { 'field.username': 'username-taken' } });
  });
});
