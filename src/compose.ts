import { argon2Hash, openIdentity, type Identity, type IdentityJournal } from './identity/index.ts';
import type { Settings } from './settings.ts';
import { openDatabase, registrationStore, type Database } from './storage/index.ts';
import type { Clock } from './vocabulary/index.ts';

/** Everything an administration command or a gateway works with, wired once and closed once. */
export interface Office {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly database: Database;
  readonly identity: Identity;
  close(): Promise<void>;
}

export interface OfficeOptions {
  readonly settings: Settings;
  readonly clock: Clock;
}

/** @throws Failure `storage.unavailable`, `storage.embedded`, `storage.newer-schema` */
export async function openOffice({ settings, clock }: OfficeOptions): Promise<Office> {
  const database = await openDatabase({
    url: settings.databaseUrl,
    data: settings.data,
    poolMax: settings.databasePoolMax,
  });
  const identity = openIdentity({
    store: registrationStore(database.knex),
    clock,
    journal: journalIn(database, clock),
    hash: argon2Hash(),
    allowSha1: settings.allowSha1,
  });
  return { settings, clock, database, identity, close: () => database.close() };
}

const levels = { debug: 0, info: 1, warn: 2, error: 3 };

function journalIn({ knex }: Database, clock: Clock): IdentityJournal {
  return {
    record: async ({ level, facts = {}, ...event }) => {
      await knex('journal_event').insert({
        at: clock.now(),
        level: levels[level],
        facts,
        ...event,
      });
    },
  };
}
