import type { Clock } from '../../src/vocabulary/index.ts';

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  pass(milliseconds: number): void;
}

export function manualClock(start = '2026-03-02T08:00:00Z'): ManualClock {
  let now = Date.parse(start);
  return {
    now: () => new Date(now),
    pass: (milliseconds) => {
      now += milliseconds;
    },
  };
}

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** Milliseconds, for `pass`. */
export const spans = { second, minute, hour, day: 24 * hour } as const;
