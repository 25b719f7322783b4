import { append } from './append-events.ts';
import type { Journal, JournalEvent, JournalOptions } from './journal.ts';

/** A journal for many events that nobody waits for. */
export interface GatheringJournal extends Journal {
  /** Stores what is gathered. Events recorded afterwards are still taken. */
  flush(): Promise<void>;
}

const gatherMs = 50;
const eventsMax = 500;

/**
 * Stores events a few at a time: a line for each of a thousand small files would cost a commit each.
 * The log gets every event at once. `record` resolves when its event is stored, and when the process
 * is killed the events of the last moment are lost.
 */
export function openGatheringJournal(o: JournalOptions): GatheringJournal {
  let gathered: JournalEvent[] = [];
  let stored: Promise<void> | undefined;
  let hurry: () => void = () => undefined;

  async function store(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, gatherMs);
      hurry = (): void => {
        clearTimeout(timer);
        resolve();
      };
    });
    const events = gathered;
    gathered = [];
    stored = undefined;
    await append(o, events);
  }

  return {
    async record(event) {
      const { level, code, facts, ...about } = event;
      o.log?.[level](code, { ...about, ...facts });
      gathered.push({ ...event, at: o.clock.now() });
      stored ??= store();
      const mine = stored;
      if (gathered.length >= eventsMax) hurry();
      await mine;
    },
    async flush() {
      const last = stored;
      hurry();
      // Whoever recorded them hears of events that could not be stored.
      await last?.catch(() => undefined);
    },
  };
}
