import type { Knex } from 'knex';
import type { PeopleRows, PeopleStore } from '../identity/index.ts';
import { effectRows } from './people-effects.ts';
import { enterpriseRows } from './people-enterprises.ts';
import { personRows } from './people-persons.ts';
import { applicationRows, qualityRows } from './people-qualities.ts';
import { roleRows } from './people-roles.ts';
import { searchPeople } from './people-search.ts';
import { translating } from './storage-failure.ts';

/** Persons and their rights in PostgreSQL. */
export function peopleStore(knex: Knex): PeopleStore {
  return {
    ...rowsFor(knex),
    transaction: (work) => translating(() => knex.transaction((trx) => work(rowsFor(trx), trx))),
    search: (question, page) => searchPeople(knex, question, page),
  };
}

function rowsFor(knex: Knex): PeopleRows {
  return {
    ...personRows(knex),
    ...roleRows(knex),
    ...enterpriseRows(knex),
    ...qualityRows(knex),
    ...applicationRows(knex),
    ...effectRows(knex),
  };
}
