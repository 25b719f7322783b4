import type { Knex } from 'knex';
import type { BatchEvent } from '../batch-events.ts';
import type { EventMessage } from '../channels/index.ts';
import { jsonText } from './json-text.ts';
import { rowsOf } from './rows.ts';

/** Any constant will do, as long as nothing else of ours locks it. */
const publishingLock = 7_358_211_920;

/** Tells processes that there is something to publish. */
export const eventNotice = 'sluis_event';

export async function insertEvents(
  trx: Knex.Transaction,
  events: readonly BatchEvent[],
): Promise<void> {
  if (events.length === 0) return;
  await trx.raw(
    `with told as (
       insert into batch_event (at, event, batch_id, sender, environment, facts)
       select e.at, e.event, e.batch_id, e.sender, e.environment, e.facts
       from jsonb_to_recordset(cast(? as jsonb)) as e (at timestamptz, event text,
         batch_id bigint, sender text, environment text, facts jsonb)
       returning id
     )
     select pg_notify('${eventNotice}', '') from told limit 1`,
    [jsonText(events.map(({ batchId, ...rest }) => ({ ...rest, batch_id: batchId })))],
  );
}

interface EventRow {
  readonly id: bigint;
  readonly at: Date;
  readonly event: string;
  readonly ticket: string;
  readonly sender: string;
  readonly environment: EventMessage['environment'];
  readonly type: string | null;
  readonly file_name: string;
  readonly channel: string;
  readonly facts: EventMessage['facts'];
}

/**
 * Publishes the oldest events that nobody was told yet and marks them, in one transaction: what was
 * published and not marked is published again, under the same id. One process at a time publishes,
 * so that the order of the events is the order they are told in.
 *
 * @returns how many were published; 0 also when another process is at it.
 */
export async function publishEvents(
  knex: Knex,
  o: {
    readonly at: Date;
    readonly max: number;
    readonly publish: (messages: readonly EventMessage[]) => Promise<void>;
  },
): Promise<number> {
  return knex.transaction(async (trx) => {
    const [lock] = rowsOf<{ mine: boolean }>(
      await trx.raw('select pg_try_advisory_xact_lock(?) as mine', [publishingLock]),
    );
    if (lock?.mine !== true) return 0;
    const rows = rowsOf<EventRow>(
      await trx.raw(
        `select e.id, e.at, e.event, b.ticket, e.sender, e.environment, b.type, b.file_name,
           b.channel, e.facts
         from batch_event e join batch b on b.id = e.batch_id
         where e.published_at is null order by e.id limit ?`,
        [o.max],
      ),
    );
    if (rows.length === 0) return 0;
    await o.publish(rows.map(messageOf));
    await trx.raw('update batch_event set published_at = ? where id = any (cast(? as bigint[]))', [
      o.at,
      rows.map(({ id }) => id.toString()),
    ]);
    return rows.length;
  });
}

/** @returns how many events older than the instant were forgotten, told or not. */
export async function removeEventsBefore(knex: Knex, before: Date): Promise<number> {
  return knex('batch_event').where('at', '<', before).delete();
}

function messageOf(row: EventRow): EventMessage {
  const { id, at, file_name: fileName, ...rest } = row;
  return { version: 1, id: `event-${id.toString()}`, at: at.toISOString(), fileName, ...rest };
}
