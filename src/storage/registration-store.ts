import type { Knex } from 'knex';
import type { RegistrationStore } from '../identity/index.ts';
import { auditStore } from './audit-store.ts';
import { certificateStore } from './registration-certificates.ts';
import { channelStore } from './registration-channels.ts';
import { enterpriseStore } from './registration-enterprises.ts';
import { senderStore } from './registration-senders.ts';
import { technicalUserStore } from './registration-technical-users.ts';
import { peopleStore } from './people-store.ts';
import { throttleStore } from './registration-throttle.ts';
import { trustStore } from './registration-trust.ts';
import { translated } from './storage-failure.ts';

/** Everything identity keeps, in PostgreSQL. A database that is gone is `storage.unavailable`. */
export function registrationStore(knex: Knex): RegistrationStore {
  return {
    enterprises: translated(enterpriseStore(knex)),
    senders: translated(senderStore(knex)),
    channels: translated(channelStore(knex)),
    technicalUsers: translated(technicalUserStore(knex)),
    certificates: translated(certificateStore(knex)),
    trust: translated(trustStore(knex)),
    throttle: translated(throttleStore(knex)),
    audit: auditStore(knex),
    people: translated(peopleStore(knex)),
  };
}
