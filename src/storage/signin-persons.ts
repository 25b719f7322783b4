import type { Knex } from 'knex';
import type {
  ApplicationStore,
  AssignmentRecord,
  SignInPerson,
  SignInPersonStore,
} from '../identity/index.ts';
import { rowsOf } from './rows.ts';
import { findAtDoor } from './signin-door.ts';
import {
  assignmentColumns,
  assignmentInForce,
  assignmentJoins,
  assignmentOf,
  markLoginSql,
  markOf,
  personOf,
  type AssignmentRow,
  type PersonRow,
} from './signin-rows.ts';

interface PlaceRow {
  readonly role: AssignmentRecord['role'];
  readonly enterprise: string | null;
  readonly quality_id: string | null;
}

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
    atDoor: (o) => findAtDoor(knex, o),
    byUsername: (username) => where('username', username),
    byId: (id) => where('id', id),
    byNumbers: (enterprise, inszHash) => byNumbers(knex, enterprise, inszHash),
    async assignments(personId, at) {
      const rows = rowsOf<AssignmentRow>(
        await knex.raw(
          `select ${assignmentColumns} from role_in_force a ${assignmentJoins}
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
    async markLogin(mark) {
      const opened = rowsOf<{ readonly number: string }>(
        await knex
          .raw(`with ${markLoginSql} select number from opened`, markOf(mark))
          .options({ name: 'sluis_mark_login' }),
      );
      return { enterpriseOpened: opened.length === 1 };
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
