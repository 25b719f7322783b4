import type { Knex } from 'knex';

/** Says on a channel of the database that there is something to look at, seldom enough. */
export interface Announcer {
  /** Returns at once. What is announced while the last notice is young goes with the next. */
  announce(): void;
}

const quietMs = 25;

/**
 * A NOTIFY within the transaction it tells of would hold up the commit of every other: the server
 * lets one such transaction commit at a time. And a sender of a thousand small files would wake
 * every worker a thousand times. A notice lost is made good by the workers' own polling.
 */
export function openAnnouncer(knex: Knex, channel: string): Announcer {
  let resting = false;
  let wanted = false;

  async function tell(): Promise<void> {
    wanted = false;
    try {
      await knex.raw(`select pg_notify(?, '')`, [channel]).options({ name: 'sluis_notify' });
    } catch {
      // The database is away: whoever polls it finds out, and finds what was to be announced.
    }
    setTimeout(() => {
      resting = false;
      if (wanted) announce();
    }, quietMs).unref();
  }

  function announce(): void {
    wanted = true;
    if (resting) return;
    resting = true;
    void tell();
  }

  return { announce };
}
