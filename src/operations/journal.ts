import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../vocabulary/index.ts';
import { append } from './append-events.ts';
import { openGatheringJournal, type GatheringJournal } from './gathering-journal.ts';
import type { Log } from './logger.ts';
import type { JournalStore } from './ports.ts';

export type JournalLevel = 'debug' | 'info' | 'warn' | 'error';
export const journalLevels: readonly JournalLevel[] = ['debug', 'info', 'warn', 'error'];

/** One thing that happened, for operators. Never a password, a person's number or file content. */
export interface JournalEvent {
  readonly at: Date;
  readonly level: JournalLevel;
  /** `room.what`, stable: people search for it and alarms hang on it. */
  readonly code: string;
  readonly sender?: string;
  readonly ticket?: string;
  readonly username?: string;
  /** Address of the other side. */
  readonly source?: string;
  readonly fileName?: string;
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
}

export interface RecordedEvent extends JournalEvent {
  /** Ascending; gaps mean nothing. */
  readonly id: number;
}

export interface JournalFilter {
  /** This level and above. */
  readonly level?: JournalLevel;
  readonly since?: Date;
  readonly ticket?: string;
  readonly sender?: string;
  readonly username?: string;
  readonly fileName?: string;
  readonly afterId?: number;
  /** The newest so many of what matches, in ascending order. */
  readonly newest?: number;
  /** The oldest so many; 1000 when neither is given. */
  readonly max?: number;
}

/** What rooms write to. A rejection has been told on the log already. */
export interface Journal {
  record(event: Omit<JournalEvent, 'at'>): Promise<void>;
}

export interface JournalBook extends Journal {
  read(filter: JournalFilter): Promise<readonly RecordedEvent[]>;
  /** What matches, page by page, then what is added, until the signal says enough. */
  follow(filter: JournalFilter, signal: AbortSignal): AsyncIterable<RecordedEvent>;
  removeBefore(instant: Date): Promise<number>;
  /** The same journal for many events that nobody waits for. */
  gathering(): GatheringJournal;
}

export interface JournalOptions {
  readonly store: JournalStore;
  readonly clock: Clock;
  /** Gets every event as well, so that the log of the process tells the same story. */
  readonly log?: Log;
}

/** The processing journal: every event with its instant, in the store and in the log. */
export function openJournal(options: JournalOptions): JournalBook {
  const { store, clock, log } = options;
  return {
    record: async (event) => {
      const { level, code, facts, ...about } = event;
      log?.[level](code, { ...about, ...facts });
      await append(options, [{ ...event, at: clock.now() }]);
    },
    read: (filter) => store.read(filter),
    follow: (filter, signal) => follow(store, filter, signal),
    removeBefore: (instant) => store.removeBefore(instant),
    gathering: () => openGatheringJournal(options),
  };
}

const followIntervalMs = 500;
/** Transactions that overlap may add their events out of order, by at most about so many numbers. */
const overlap = 500;
const pageMax = 1000;

async function* follow(
  store: JournalStore,
  filter: JournalFilter,
  signal: AbortSignal,
): AsyncGenerator<RecordedEvent> {
  const seen = new Set<number>();
  let last = filter.afterId ?? 0;
  for (let first = true; !signal.aborted; first = false) {
    const { newest, ...lasting } = filter;
    const window = first ? last : Math.max(filter.afterId ?? 0, last - overlap);
    const only = first && newest !== undefined ? { newest } : { max: pageMax + overlap };
    const page = await store.read({ ...lasting, ...only, afterId: window });
    const fresh = page.filter(({ id }) => !seen.has(id));
    for (const event of fresh) {
      seen.add(event.id);
      last = Math.max(last, event.id);
      yield event;
    }
    for (const id of seen) if (id < last - overlap) seen.delete(id);
    if (fresh.length === 0) await rest(signal);
  }
}

async function rest(signal: AbortSignal): Promise<void> {
  try {
    await pause(followIntervalMs, undefined, { signal });
  } catch {
    // Only the signal ends the pause early, and the loop asks it.
  }
}
