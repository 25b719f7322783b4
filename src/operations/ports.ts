import type { JournalEvent, JournalFilter, RecordedEvent } from './journal.ts';

/** Where the journal rests. */
export interface JournalStore {
  append(events: readonly JournalEvent[]): Promise<void>;
  /** In the order of their numbers. */
  read(filter: JournalFilter): Promise<readonly RecordedEvent[]>;
  /** Removes what is older; how many that were. */
  removeBefore(instant: Date): Promise<number>;
}
