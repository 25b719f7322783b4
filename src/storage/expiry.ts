import type { Knex } from 'knex';
import { rowsOf } from './rows.ts';

/** Mandates of one mandatary for one object that end with one quarter. */
export interface EndingMandates {
  readonly mandatary: string;
  readonly object: string;
  /** YYYYQ, the last quarter. */
  readonly quarter: number;
  readonly count: number;
}

/** Mandates whose last quarter lies in the range, both ends included; those replaced are left out. */
export async function mandatesEnding(
  knex: Knex,
  o: { readonly from: number; readonly to: number; readonly max: number },
): Promise<readonly EndingMandates[]> {
  const rows = rowsOf<{ mandatary: string; object: string; quarter: number; count: bigint }>(
    await knex.raw(
      `select m.mandatary, m.object, m.to_quarter as quarter, count(*) as count from mandate m
       where m.to_quarter between :from and :to and not exists (select 1 from mandate n
         where n.mandator = m.mandator and n.object = m.object and n.from_quarter > m.to_quarter)
       group by 1, 2, 3 order by 3, 1, 2 limit :max`,
      o,
    ),
  );
  return rows.map((row) => ({ ...row, count: Number(row.count) }));
}

/**
 * Says something once: marks the threshold of an item and tells it, in one transaction, so that what
 * could not be told is told the next time.
 *
 * @returns false when it was said before, by whichever process.
 */
export async function noticeOnce(
  knex: Knex,
  o: {
    readonly item: string;
    readonly endsAt: Date;
    readonly thresholdDays: number;
    readonly at: Date;
    readonly tell: () => Promise<void>;
  },
): Promise<boolean> {
  return knex.transaction(async (trx) => {
    const rows = rowsOf(
      await trx.raw(
        `insert into expiry_notice (item, ends_at, threshold_days, at) values (?, ?, ?, ?)
         on conflict do nothing returning item`,
        [o.item, o.endsAt, o.thresholdDays, o.at],
      ),
    );
    if (rows.length === 0) return false;
    await o.tell();
    return true;
  });
}
