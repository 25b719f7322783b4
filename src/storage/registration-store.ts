import type { Knex } from 'knex';
import type { RegistrationStore } from '../identity/index.ts';
import { certificateStore } from './registration-certificates.ts';
import { enterpriseStore } from './registration-enterprises.ts';
import { senderStore } from './registration-senders.ts';
import { technicalUserStore } from './registration-technical-users.ts';
import { throttleStore } from './registration-throttle.ts';
import { trustStore } from './registration-trust.ts';

/** Everything identity keeps, in PostgreSQL. */
export function registrationStore(knex: Knex): RegistrationStore {
  return {
    enterprises: enterpriseStore(knex),
    senders: senderStore(knex),
    technicalUsers: technicalUserStore(knex),
    certificates: certificateStore(knex),
    trust: trustStore(knex),
    throttle: throttleStore(knex),
  };
}
