import { failureOf } from '../vocabulary/index.ts';
import type { JournalEvent, JournalOptions } from './journal.ts';

/**
 * Stores events. What cannot be stored is told on the log before the rejection, so that a room whose
 * work goes on without its line in the journal need not tell of it.
 */
export async function append(
  { store, log }: JournalOptions,
  events: readonly JournalEvent[],
): Promise<void> {
  try {
    await store.append(events);
  } catch (error) {
    const { code, facts } = failureOf(error);
    log?.error('journal.not-stored', { ...facts, reason: code, events: events.length });
    throw error;
  }
}
