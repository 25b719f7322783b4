import type { Knex } from 'knex';
import type { PersonRecord, PersonRows } from '../identity/index.ts';
import { conflictOf } from './registration-conflict.ts';

interface Row {
  readonly id: string;
  readonly insz_sealed: Buffer | null;
  readonly username: string;
  readonly last_name: string;
  readonly first_name: string;
  readonly title: string | null;
  readonly language: PersonRecord['language'];
  readonly email: string | null;
  readonly state: PersonRecord['state'];
  readonly created_at: Date;
  readonly first_login_at: Date | null;
  readonly last_login_at: Date | null;
  readonly revision: number;
}

/** Persons in PostgreSQL. */
export function personRows(knex: Knex): PersonRows {
  const one = async (where: object): Promise<PersonRecord | undefined> => {
    const row = await knex<Row>('person').where(where).first();
    return row && recordOf(row);
  };
  return {
    person: (id) => one({ id }),
    personByInsz: (hash) => one({ insz_hash: hash }),
    personByUsername: (username) => one({ username }),
    async insertPerson(person) {
      try {
        await knex('person').insert({
          id: person.id,
          insz_hash: person.inszHash ?? null,
          insz_sealed: person.inszSealed ?? null,
          username: person.username,
          last_name: person.lastName,
          first_name: person.firstName,
          title: person.title ?? null,
          language: person.language,
          email: person.email ?? null,
          state: person.state,
          created_at: person.createdAt,
          changed_at: person.createdAt,
        });
        return 'done';
      } catch (thrown) {
        const conflict = conflictOf(thrown);
        if (conflict?.constraint === 'person_username_key') return 'username-taken';
        if (conflict?.constraint === 'person_insz_hash_key') return 'insz-taken';
        throw thrown;
      }
    },
    async updatePerson(id, { at, seen, ...change }) {
      const changed = await knex('person')
        .where({ id, ...(seen === undefined ? {} : { revision: seen }) })
        .update({ ...change, changed_at: at });
      return changed === 1;
    },
  };
}

function recordOf(row: Row): PersonRecord {
  const { id, username, language, state } = row;
  return {
    ...{ id, username, language, state },
    lastName: row.last_name,
    firstName: row.first_name,
    ...(row.insz_sealed === null ? {} : { inszSealed: row.insz_sealed }),
    ...(row.title === null ? {} : { title: row.title }),
    ...(row.email === null ? {} : { email: row.email }),
    createdAt: row.created_at,
    revision: row.revision,
    ...(row.first_login_at === null ? {} : { firstLoginAt: row.first_login_at }),
    ...(row.last_login_at === null ? {} : { lastLoginAt: row.last_login_at }),
  };
}
