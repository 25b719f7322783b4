export { openDatabase, type Database, type DatabaseOptions } from './database.ts';
export { openEmbedded, type EmbeddedServer } from './embedded-postgres.ts';
export { migrate } from './migrate.ts';
export { migrations, type Migration } from './migrations/index.ts';
export { registrationStore } from './registration-store.ts';
export { isUniqueViolation, storageFailure } from './storage-failure.ts';
export type { Listening, OnNotice } from './listener.ts';
export type { Knex } from 'knex';
