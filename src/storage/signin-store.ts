import type { Knex } from 'knex';
import type { SignInStore } from '../identity/index.ts';
import { caseStore } from './signin-cases.ts';
import { personCertificateStore } from './signin-certificates.ts';
import { codeStore, passwordStore } from './signin-passwords.ts';
import { applicationStore, signInPersonStore } from './signin-persons.ts';
import { factorStore } from './signin-factors.ts';
import { sessionStore, tokenStore } from './signin-sessions.ts';
import { translated, translating } from './storage-failure.ts';

/** Everything signing in keeps, in PostgreSQL. A database that is gone is `storage.unavailable`. */
export function signInStore(knex: Knex): SignInStore {
  return {
    persons: translated(signInPersonStore(knex)),
    passwords: translated(passwordStore(knex)),
    codes: translated(codeStore(knex)),
    factors: translated(factorStore(knex)),
    sessions: translated(sessionStore(knex)),
    tokens: translated(tokenStore(knex)),
    certificates: translated(personCertificateStore(knex)),
    cases: translated(caseStore(knex)),
    applications: translated(applicationStore(knex)),
    within: (trx) => signInStore(trx as Knex.Transaction),
    atomically: (work) => translating(() => knex.transaction((trx) => work(signInStore(trx), trx))),
  };
}
