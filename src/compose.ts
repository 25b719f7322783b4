import type { Settings } from './settings.ts';
import { openDatabase, type Database } from './storage/index.ts';
import type { Clock } from './vocabulary/index.ts';

/** Everything an administration command or a gateway works with, wired once and closed once. */
export interface Office {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly database: Database;
  close(): Promise<void>;
}

export interface OfficeOptions {
  readonly settings: Settings;
  readonly clock: Clock;
}

/** @throws Failure `storage.unavailable`, `storage.embedded` or `storage.newer-schema`. */
export async function openOffice({ settings, clock }: OfficeOptions): Promise<Office> {
  const database = await openDatabase({
    url: settings.databaseUrl,
    data: settings.data,
    poolMax: settings.databasePoolMax,
  });
  return { settings, clock, database, close: () => database.close() };
}
