import type { Knex } from 'knex';
import { rowsOf } from './rows.ts';

/**
 * Forgets rounds at partners that ended before an instant, and files that were not seen there since.
 * The last slot of every partner stays, since the next is counted from it; so does a file that a
 * round has in hand.
 *
 * @returns how many rows went.
 */
export async function removePartnerHistory(
  knex: Knex,
  before: Date,
): Promise<{ readonly rounds: number; readonly remoteFiles: number }> {
  const [row] = rowsOf<{ rounds: bigint; files: bigint }>(
    await knex.raw(
      `with runs as (
         delete from partner_run r where r.ended_at < :before
           and (r.trigger <> 'schedule' or r.due_at < (select max(l.due_at) from partner_run l
             where l.partner_id = r.partner_id and l.trigger = 'schedule'))
         returning 1
       ), files as (
         delete from remote_file f where f.changed_at < :before and f.state <> 'fetching' returning 1
       )
       select (select count(*) from runs) as rounds, (select count(*) from files) as files`,
      { before },
    ),
  );
  return { rounds: Number(row?.rounds ?? 0), remoteFiles: Number(row?.files ?? 0) };
}
