import type { Knex } from 'knex';
import { rowsOf } from './rows.ts';

/**
 * Makes the pending parcels of the SFTP mailboxes visible: their bytes stand in the row and in the
 * blob store already, so delivery is one statement, FO, FS and GO at once.
 *
 * @returns how many parcels became visible.
 */
export async function showParcels(
  knex: Knex,
  o: { readonly at: Date; readonly max: number },
): Promise<number> {
  const rows = rowsOf(
    await knex.raw(
      `with due as (
         select p.id from parcel p
         where p.state = 'PENDING' and p.channel = 'sftp' and p.run_after <= clock_timestamp()
         order by p.id limit :max for update skip locked
       ), delivered as (
         update parcel p set state = 'DELIVERED', delivered_at = :at, attempts = p.attempts + 1
         from due where p.id = due.id returning p.id, p.kind, p.sender, p.batch_id
       ), shown as (
         update parcel_file f set visible = true, shown_at = :at from delivered d
         where f.parcel_id = d.id
       ), told as (
         insert into journal_event (at, level, code, sender, ticket, file_name, facts)
         select :at, 1, 'parcel.delivered', d.sender, b.ticket,
           (select f.name from parcel_file f where f.parcel_id = d.id and f.ordinal = 0),
           jsonb_build_object('kind', d.kind)
         from delivered d join batch b on b.id = d.batch_id
       )
       select id from delivered`,
      { at: o.at, max: o.max },
    ),
  );
  return rows.length;
}
