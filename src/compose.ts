import type { Settings } from './settings.ts';
import type { Clock } from './vocabulary/index.ts';

/** Everything an administration command or a gateway works with, wired once and closed once. */
export interface Office {
  readonly settings: Settings;
  readonly clock: Clock;
  close(): Promise<void>;
}

export interface OfficeOptions {
  readonly settings: Settings;
  readonly clock: Clock;
}

export function openOffice({ settings, clock }: OfficeOptions): Promise<Office> {
  return Promise.resolve({ settings, clock, close: () => Promise.resolve() });
}
