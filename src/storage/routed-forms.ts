import type { Knex } from 'knex';
import type { RoutedForm } from '../ledger.ts';
import type { SenderNumber } from '../vocabulary/index.ts';
import { rowsOf } from './rows.ts';

/**
 * Accepted declarations of a batch that go to a recipient of their own, with the place of their
 * bytes and the sender number that has the recipient's channel in production: the lowest, when the
 * recipient has several. Paper is noted and never brought.
 */
export async function routedForms(
  knex: Knex,
  batchId: number,
  o: { readonly from: number; readonly to: number },
): Promise<readonly RoutedForm[]> {
  const rows = rowsOf<{
    number: number;
    recipient: string;
    channel: string;
    form_offset: bigint;
    form_bytes: number;
    blob: string;
    sender: SenderNumber | null;
  }>(
    await knex.raw(
      `select d.number, d.recipient, d.channel, d.form_offset, d.form_bytes, f.blob,
         (select min(s.number) from sender s
            join channel_registration r on r.sender = s.number
          where s.enterprise = d.recipient and r.channel = d.channel and r.environment = 'R'
            and r.state = 'production' and r.message_type in ('*', b.type)) as sender
       from declaration d join batch b on b.id = d.batch_id
       join lateral (select bf.blob from batch_file bf
         where bf.batch_id = d.batch_id and bf.prefix = 'FI'
           and coalesce(bf.first_form, 1) <= d.number
         order by coalesce(bf.first_form, 1) desc limit 1) f on true
       where d.batch_id = :batchId and d.number between :from and :to and d.accepted
         and d.channel in ('sftp', 'amqp', 'sftp-remote', 'ebox') and d.form_bytes > 0
       order by d.number`,
      { batchId, ...o },
    ),
  );
  return rows.map(({ form_offset: offset, form_bytes: bytes, sender, ...row }) => ({
    ...{ ...row, bytes, offset: Number(offset), sender: sender ?? undefined },
  }));
}
