import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { peopleHouse, type PeopleHouse, type TestEnterprise } from '../../make/people.ts';
import type { Caller, PersonCriteria } from '../../../src/identity/index.ts';

let house: PeopleHouse;
let firm: TestEnterprise;
let other: { readonly qualityId: string; readonly am: Caller };

const crowd = [
  { firstName: 'José', lastName: 'Núñez', title: 'Dr.', language: 'fr' },
  { firstName: 'Josefien', lastName: 'Nuyens', title: 'Mevr.', language: 'nl' },
  { firstName: 'Karl', lastName: 'Nunning', title: 'Dr.', language: 'de' },
  { firstName: 'Karl', lastName: '100%_zeker', title: 'Dr.', language: 'de' },
] as const;

const insz = new Map<string, string>();

beforeAll(async () => {
  house = await peopleHouse();
  firm = await house.enterprise();
  other = await house.quality(firm.number, 'mandatary');
  for (const [index, person] of crowd.entries()) {
    const qualityId = index === 1 ? other.qualityId : firm.qualityId;
    const wish = house.newcomer({
      ...{ ...person, username: `searched${index}` },
      email: `${person.firstName.normalize('NFKD').replace(/\P{ASCII}/gu, '')}${index}@search.example`,
    });
    insz.set(`searched${index}`, wish.insz ?? '');
    await house.holder('USR', { qualityId, person: wish });
  }
});

afterAll(() => house.close());

async function found(criteria: PersonCriteria, caller = firm.cam): Promise<string[]> {
  const { rows } = await house.identity.people.find(caller, criteria, { max: 50 });
  return rows.map(({ username }) => username).filter((name) => name.startsWith('searched'));
}

describe('search', () => {
  it.each<[PersonCriteria, number[]]>([
    [{ username: 'SEARCHED' }, [3, 0, 2, 1]],
    [{ lastName: 'nun' }, [0, 2]],
    [{ lastName: 'NUÑ' }, [0, 2]],
    [{ firstName: 'jose' }, [0, 1]],
    [{ firstName: 'José' }, [0, 1]],
    [{ title: 'dr.' }, [3, 0, 2]],
    [{ title: 'dr' }, []],
    [{ language: 'de' }, [3, 2]],
    [{ email: 'Karl' }, [3, 2]],
    [{ lastName: '100%_' }, [3]],
    [{ lastName: '1%' }, []],
    [{ lastName: '100_' }, []],
  ])('ACC-35: %j finds %j, by name', async (criteria, expected) => {
    expect(await found(criteria)).toEqual(expected.map((index) => `searched${index}`));
  });

  it('ACC-35: every subset of the eight criteria finds its intersection', async () => {
    const all: PersonCriteria = {
      ...{ quality: firm.qualityId, username: 'searched', lastName: 'nun', firstName: 'ka' },
      ...{ title: 'Dr.', insz: insz.get('searched2') ?? '', language: 'de', email: 'karl2@' },
    };
    const names = Object.keys(all) as (keyof PersonCriteria)[];
    const fits: Record<string, readonly number[]> = {
      ...{ quality: [0, 2, 3], username: [0, 1, 2, 3], lastName: [0, 2], firstName: [2, 3] },
      ...{ title: [0, 2, 3], insz: [2], language: [2, 3], email: [2] },
    };

    for (let subset = 1; subset < 2 ** names.length; subset += 1) {
      const chosen = names.filter((_, bit) => (subset & (2 ** bit)) !== 0);
      const criteria = Object.fromEntries(chosen.map((name) => [name, all[name]]));
      const expected = [0, 1, 2, 3].filter((index) =>
        chosen.every((name) => fits[name]?.includes(index)),
      );
      expect([chosen, (await found(criteria)).sort()]).toEqual([
        chosen,
        expected.map((index) => `searched${index}`),
      ]);
    }
  });

  it('ACC-36: by application only within a quality', async () => {
    const { people, applications } = house.identity;
    const { rows } = await people.find(firm.cam, { username: 'searched0' }, { max: 1 });
    const assignmentId = rows[0]?.assignmentId ?? '';
    await applications.grant(firm.am, { assignmentId, application: 'contributions' });
    const application = 'contributions';

    await expect(people.find(firm.cam, { application }, { max: 5 })).rejects.toMatchObject({
      facts: { 'field.application': 'quality-first' },
    });
    const hits = await people.find(firm.cam, { application, quality: firm.qualityId }, { max: 5 });
    expect(hits.rows.map(({ username }) => username).sort()).toEqual(
      [firm.am.name, 'searched0'].sort(),
    );
  });

  it('ACC-37: states filter the list, and any criteria go together', async () => {
    const { roles, people } = house.identity;
    const { rows } = await people.find(firm.cam, { username: 'searched3' }, { max: 1 });
    const assignmentId = rows[0]?.assignmentId ?? '';
    await roles.carryOut(firm.am, { act: 'block', assignmentId });

    expect(await found({ state: 'blocked' })).toEqual(['searched3']);
    expect(await found({ state: 'active', language: 'de' })).toEqual(['searched2']);
    await roles.carryOut(firm.am, { act: 'unblock', assignmentId });
    expect(await found({ state: 'blocked' })).toEqual([]);
  });

  it.each<[PersonCriteria, string, string]>([
    [{ insz: '123' }, 'insz', 'insz'],
    [{ language: 'xx' }, 'language', 'language'],
    [{ role: 'KING' }, 'role', 'role'],
    [{ state: 'gone' }, 'state', 'state'],
    [{ lastName: 'x'.repeat(300) }, 'lastName', 'too-long'],
    [{ lastName: 'a\u0000b' }, 'lastName', 'characters'],
    [{ enterprise: '0206731646' }, 'enterprise', 'enterprise-number'],
  ])('%j is refused: %s %s', async (criteria, field, rule) => {
    await expect(
      house.identity.people.find(house.operator, criteria, { max: 5 }),
    ).rejects.toMatchObject({ facts: { [`field.${field}`]: rule } });
  });

  it('an identifier that is none, or leads nowhere, finds nobody', async () => {
    expect(await found({ quality: 'nothing' })).toEqual([]);
    expect(await found({ quality: crypto.randomUUID() })).toEqual([]);
    expect(await found({ insz: '00010100105' })).toEqual([]);
  });

  it('pages follow one another without gaps, and a made-up page is refused', async () => {
    const { people } = house.identity;
    const whole = await people.find(firm.cam, {}, { max: 50 });
    const pieces: string[] = [];
    let after: string | undefined;
    do {
      const page = await people.find(firm.cam, {}, { max: 2, ...(after && { after }) });
      pieces.push(...page.rows.map(({ assignmentId }) => assignmentId));
      after = page.next;
    } while (after !== undefined);

    expect(pieces).toEqual(whole.rows.map(({ assignmentId }) => assignmentId));
    for (const made of ['x', '!!', Buffer.from('["a","b","c"]').toString('base64url')]) {
      await expect(people.find(firm.cam, {}, { max: 2, after: made })).rejects.toMatchObject({
        facts: { 'field.after': 'page' },
      });
    }
  });

  it('follows a change of name, address and language at once, whoever makes it', async () => {
    const { knex } = house.database;
    await knex('person').where({ username: 'searched0' }).update({ last_name: 'Ångström' });

    expect(await found({ lastName: 'angs' })).toEqual(['searched0']);
    await knex('person').where({ username: 'searched0' }).update({ last_name: 'Núñez' });
  });

  it('the help desk finds everybody, an AM only his own, without knowing how', async () => {
    const helpDesk = await house.holder('HD');

    expect(await found({ username: 'searched' }, helpDesk)).toHaveLength(4);
    expect(await found({ username: 'searched' }, other.am)).toEqual(['searched1']);
    expect(await found({ enterprise: firm.number, language: 'fr' }, helpDesk)).toEqual([
      'searched0',
    ]);
  });
});
