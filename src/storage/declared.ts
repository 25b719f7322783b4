import type { Knex } from 'knex';
import { rowsOf } from './rows.ts';

/**
 * Waits for the other sets of the sender that are being settled, and has all that were settled
 * before entered: from here to the end of the transaction, what stands declared is all there.
 */
export async function lockDeclared(trx: Knex.Transaction, sender: string): Promise<void> {
  await trx.raw(`select pg_advisory_xact_lock(hashtextextended('declared/' || ?, 7))`, [sender]);
  const waiting = rowsOf<{ batch_id: bigint }>(
    await trx.raw('select batch_id from declaring where sender = ? order by id', [sender]),
  );
  // Of rows written seconds ago a planner knows nothing, and would join them by nested loops.
  await trx.raw('set local enable_nestloop = off');
  for (const { batch_id: id } of waiting) {
    const batch = Number(id);
    await trx.raw(enter, { batch, sender });
    await trx.raw(cancel, { batch, sender });
    await trx.raw('delete from declaring where batch_id = ?', [batch]);
  }
}

/** Has the originals of a settled set entered by whoever comes next. */
export async function enterLater(
  trx: Knex.Transaction,
  o: { readonly batch: number; readonly sender: string },
): Promise<void> {
  await trx.raw(
    `insert into declaring (batch_id, sender) values (:batch, :sender)
     on conflict (batch_id) do nothing`,
    o,
  );
}

/** Enters a set now, when nobody waits for it any more, if that was not done for another set. */
export async function enterNow(trx: Knex.Transaction, batch: number): Promise<void> {
  const [waiting] = rowsOf<{ sender: string }>(
    await trx.raw('select sender from declaring where batch_id = ?', [batch]),
  );
  if (waiting !== undefined) await lockDeclared(trx, waiting.sender);
}

/**
 * An original that is accepted stands under its key: none stood there, or it was cancelled before. Of
 * several in one file, with cancellations between them, the last.
 * In the order of the index, which is cheaper to write to than any other.
 */
const enter = `
  insert into declared (sender, key, batch_id, number)
  select :sender, k.key, :batch, max(k.number)
  from declaration_key k
  join declaration d on d.batch_id = k.batch_id and d.number = k.number
  where k.batch_id = :batch and d.accepted and d.attestation_status = '0'
  group by k.key order by k.key collate "C"
  on conflict (sender, key) do update set batch_id = excluded.batch_id, number = excluded.number`;

/** What is cancelled stands no longer, unless the same file declares it anew further on. */
const cancel = `
  with cancelled as materialized (
    select left(k.key, -1) || '0' as key, max(k.number) as number
    from declaration_key k
    join declaration d on d.batch_id = k.batch_id and d.number = k.number
    where k.batch_id = :batch and d.accepted and d.attestation_status = '3'
      and right(k.key, 2) = '/3'
    group by k.key
  )
  delete from declared e
  where e.sender = :sender and e.key = any (array(select c.key from cancelled c))
    and (e.batch_id <> :batch
      or exists (select 1 from cancelled c where c.key = e.key and c.number > e.number))`;
