import type { Knex } from 'knex';
import type {
  ApplicationStore,
  AssignmentRecord,
  SignInPerson,
  SignInPersonStore,
} from '../identity/index.ts';
import { rowsOf } from './rows.ts';

export interface PersonRow {
  readonly id: string;
  readonly username: string;
  readonly first_name: string;
  readonly last_name: string;
  readonly language: SignInPerson['language'];
  readonly email: string | null;
  readonly state: string;
  readonly first_login_at: Date | null;
}

export interface AssignmentRow {
  readonly assignment_id: string | null;
  readonly role: AssignmentRecord['role'];
  readonly enterprise: AssignmentRecord['enterprise'] | null;
  readonly enterprise_name: string | null;
  readonly country: string | null;
  readonly quality_id: string | null;
  readonly quality_type: string | null;
}

interface PlaceRow {
  readonly role: AssignmentRecord['role'];
  readonly enterprise: string | null;
  readonly quality_id: string | null;
}

/** Of `role_assignment a` with its enterprise `e` and quality `q`. */
export const assignmentColumns = `a.id as assignment_id, a.role, a.enterprise,
  e.name as enterprise_name, e.country, a.quality_id, q.type as quality_type`;

export const assignmentJoins = `left join enterprise e on e.number = a.enterprise
  left join quality q on q.id = a.quality_id`;

/** Whether a role can be used at `:at`: asked at every request, so that a block counts at once. */
export const assignmentInForce = `a.state = 'active' and a.valid_from <= :at
  and (a.valid_to is null or a.valid_to > :at)
  and (e.number is null or e.state <> 'closed')
  and (q.id is null or q.state = 'active')`;

const contextRowsMax = 50;
const assignmentsMax = 1_000;

/** Persons as a login sees them. Registering them is another store's business. */
export function signInPersonStore(knex: Knex): SignInPersonStore {
  const where = async (
    column: 'username' | 'id',
    value: string,
  ): Promise<SignInPerson | undefined> => {
    const row = await knex<PersonRow>('person').where(column, value).first();
    return row && personOf(row);
  };
  return {
    byUsername: (username) => where('username', username),
    byId: (id) => where('id', id),
    byNumbers: (enterprise, inszHash) => byNumbers(knex, enterprise, inszHash),
    async assignments(personId, at) {
      const rows = rowsOf<AssignmentRow>(
        await knex.raw(
          `select ${assignmentColumns} from role_assignment a ${assignmentJoins}
           where a.person_id = :personId and ${assignmentInForce}
           order by e.name, a.enterprise, a.role, a.id limit :max`,
          { personId, at, max: assignmentsMax },
        ),
      );
      return rows.flatMap((row) => assignmentOf(row) ?? []);
    },
    async hasQuality(enterprise, id) {
      const rows = await knex('quality')
        .select<{ readonly id: string }[]>('id')
        .where({ id, enterprise, state: 'active' });
      return rows.length === 1;
    },
    async places(personId) {
      const rows = await knex('role_assignment')
        .select<PlaceRow[]>('role', 'enterprise', 'quality_id')
        .where({ person_id: personId })
        .whereNot('state', 'deleted')
        .limit(assignmentsMax);
      return rows.map(({ role, enterprise, quality_id }) => ({
        role,
        ...(enterprise === null ? {} : { enterprise }),
        ...(quality_id === null ? {} : { qualityId: quality_id }),
      }));
    },
    context: (personId) => contextOf(knex, personId),
    async otherAddresses(personId) {
      const rows = rowsOf<{ readonly email: string }>(
        await knex.raw(
          `select distinct q.email from role_assignment a join quality q on q.id = a.quality_id
           where a.person_id = :personId and a.state <> 'deleted' and q.email is not null
           limit :max`,
          { personId, max: contextRowsMax },
        ),
      );
      return rows.map(({ email }) => email);
    },
    async setLanguage(id, language, at) {
      await knex('person').where({ id }).update({ language, changed_at: at });
    },
    async setEmail(id, email, at) {
      await knex('person').where({ id }).update({ email, changed_at: at });
    },
    async markLogin({ personId, assignment, at }) {
      await knex('person')
        .where({ id: personId })
        .update({
          last_login_at: at,
          first_login_at: knex.raw('coalesce(first_login_at, ?)', [at]),
        });
      if (assignment.role !== 'CAM' || assignment.enterprise === undefined) {
        return { enterpriseOpened: false };
      }
      const opened = await knex('enterprise')
        .where({ number: assignment.enterprise, state: 'registered' })
        .update({ state: 'active' });
      return { enterpriseOpened: opened === 1 };
    },
  };
}

async function byNumbers(
  knex: Knex,
  enterprise: string,
  inszHash: Buffer,
): Promise<SignInPerson | undefined> {
  const rows = rowsOf<PersonRow>(
    await knex.raw(
      `select p.* from person p where p.insz_hash = :inszHash and exists (
         select from role_assignment a
         where a.person_id = p.id and a.enterprise = :enterprise and a.state <> 'deleted')`,
      { inszHash, enterprise },
    ),
  );
  return rows[0] && personOf(rows[0]);
}

async function contextOf(knex: Knex, personId: string): Promise<readonly string[]> {
  const rows = rowsOf<{ readonly word: string | null }>(
    await knex.raw(
      `select unnest(array[username, first_name, last_name, split_part(coalesce(email, ''), '@', 1)])
         as word from person where id = :personId
       union all
       (select unnest(array[e.name, e.number]) from role_assignment a
        join enterprise e on e.number = a.enterprise
        where a.person_id = :personId and a.state <> 'deleted' limit :max)`,
      { personId, max: contextRowsMax },
    ),
  );
  return rows.flatMap(({ word }) => (word === null || word === '' ? [] : [word]));
}

export function personOf(row: PersonRow): SignInPerson {
  return {
    id: row.id,
    username: row.username,
    firstName: row.first_name,
    lastName: row.last_name,
    language: row.language,
    ...(row.email === null ? {} : { email: row.email }),
    active: row.state === 'active',
    ...(row.first_login_at === null ? {} : { firstLoginAt: row.first_login_at }),
  };
}

export function assignmentOf(row: AssignmentRow): AssignmentRecord | undefined {
  if (row.assignment_id === null) return undefined;
  return {
    id: row.assignment_id,
    role: row.role,
    ...(row.enterprise === null || row.enterprise === undefined
      ? {}
      : { enterprise: row.enterprise }),
    ...(row.enterprise_name === null ? {} : { enterpriseName: row.enterprise_name }),
    ...(row.country === null ? {} : { country: row.country }),
    ...(row.quality_id === null ? {} : { qualityId: row.quality_id }),
    ...(row.quality_type === null ? {} : { qualityType: row.quality_type }),
  };
}

/** What an application asks of a session. */
export function applicationStore(knex: Knex): ApplicationStore {
  return {
    async needsCertificate(code) {
      const row = await knex<{ readonly code: string; readonly certificate_required: boolean }>(
        'application',
      )
        .where({ code })
        .first();
      return row?.certificate_required;
    },
  };
}
