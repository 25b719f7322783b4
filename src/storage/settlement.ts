import type { Knex } from 'knex';
import type { SettledTotals } from '../ledger.ts';
import { enterLater, lockDeclared } from './declared.ts';
import { rowsOf } from './rows.ts';

/**
 * In a batch, all but the first bearer of a key are refused. Where `once` says so, a key ends in its
 * attestation status: only originals are refused then, and a cancellation between two makes room for
 * the second (`run` counts those before). Where `everywhere` says so, an original that stands
 * declared by an earlier set of the sender is refused as well, unless this file cancels it first.
 * Keys are looked up as an array: that goes by the index, however little is known of the tables.
 */
const refuseRepeated = `
  with accepted as (
    select k.number, k.key, d.attestation_status as status,
      count(*) filter (where :once and d.attestation_status = '3' and right(k.key, 2) = '/3')
        over (partition by left(k.key, -1) collate "C" order by k.number) as run
    from declaration_key k
    join declaration d on d.batch_id = k.batch_id and d.number = k.number
    where k.batch_id = :batch and d.accepted
  ), bearers as materialized (
    select a.number, a.key, a.status,
      min(a.number) over (partition by a.key collate "C", a.run) as first
    from accepted a
  ), later as (
    select b.number, min(b.first) as first from bearers b
    where b.number > b.first and (b.status = '0' or not :once) group by b.number
  ), original as (
    select b.number, b.key from bearers b where :everywhere and b.status = '0'
  ), cancelled as (
    select left(b.key, -1) || '0' as key, min(b.number) as number from bearers b
    where b.status = '3' and right(b.key, 2) = '/3' group by b.key
  ), standing as materialized (
    select e.key, e.batch_id, e.number from declared e
    where e.sender = :sender and e.key = any (array(select o.key from original o))
      and e.batch_id <> :batch
  ), earlier as (
    select distinct on (o.number) o.number, s.number as first, s.batch_id
    from original o join standing s on s.key = o.key
    where not exists (select 1 from cancelled c where c.key = o.key and c.number < o.number)
      and not exists (select 1 from later l where l.number = o.number)
    order by o.number, s.number
  ), repeated as (
    select l.number, l.first || ' of this file' as place from later l
    union all
    select e.number, e.first || ' of ' || b.file_name from earlier e join batch b on b.id = e.batch_id
  ), marked as (
    update declaration d set accepted = false
    from repeated r where d.batch_id = :batch and d.number = r.number
    returning d.number, d.line
  )
  insert into finding (batch_id, number, ordinal, code, zone, anomaly_class, line, detail)
  select :batch, r.number,
    (select coalesce(max(f.ordinal) + 1, 0) from finding f
      where f.batch_id = :batch and f.number = r.number),
    :code, '90059', 'B', m.line, 'declaration ' || r.place || ' says the same already'
  from repeated r join marked m on m.number = r.number`;

/**
 * What a later declaration of the same set modifies or cancels is computed no longer, so that no
 * contributor counts twice for a year. Keys end in the attestation status here.
 */
const leaveOutChanged = `
  with changed as materialized (
    select left(k.key, -1) as declared, max(k.number) as number
    from declaration_key k
    join declaration d on d.batch_id = k.batch_id and d.number = k.number
    where k.batch_id = :batch and d.accepted and d.attestation_status in ('1', '3')
    group by left(k.key, -1)
  )
  delete from assessment a using declaration_key k, changed c
  where a.batch_id = :batch and k.batch_id = :batch and k.number = a.number
    and left(k.key, -1) = c.declared and k.number < c.number`;

/** Annex 30: handled or declared already. */
const duplicateCode = '272';

export interface SettleOptions {
  readonly batch: number;
  readonly at: Date;
  /** Keys end in the attestation status, and originals are held against those of earlier sets. */
  readonly declaredOnce: boolean;
}

/**
 * The checks across declarations, and the totals: after this the verdicts do not change any more.
 * Only declarations that are acceptable by themselves count as the first of their kind.
 */
export async function settleBatch(
  trx: Knex.Transaction,
  { batch, at, declaredOnce }: SettleOptions,
): Promise<SettledTotals> {
  // Rows written seconds ago have no statistics, and a planner that takes them for few joins them
  // by nested loops: 10,000 declarations took nine seconds, hashed they take a tenth of one.
  await trx.raw('set local enable_nestloop = off');
  await refuseDuplicates(trx, { batch, declaredOnce });
  await trx.raw(
    `delete from assessment a using declaration d
     where a.batch_id = :batch and d.batch_id = :batch and d.number = a.number and not d.accepted`,
    { batch },
  );
  if (declaredOnce) await trx.raw(leaveOutChanged, { batch });
  const [row] = rowsOf<SettledTotals>(
    await trx.raw(
      `with counted as (
         select count(*) filter (where d.accepted)::int as accepted,
           count(*) filter (where not d.accepted)::int as refused
         from declaration d where d.batch_id = :batch
       ), summed as (
         select count(*)::int as assessed, coalesce(sum(a.activity_tax), 0)::text as activity_tax,
           coalesce(sum(a.levy), 0)::text as levy, coalesce(sum(a.total), 0)::text as total
         from assessment a where a.batch_id = :batch
       )
       update batch b set state = 'SETTLED', settled_at = :at, accepted = c.accepted,
         refused = c.refused,
         totals = jsonb_build_object('assessed', s.assessed, 'activityTax', s.activity_tax,
           'levy', s.levy, 'total', s.total)
       from counted c, summed s where b.id = :batch
       returning b.accepted, b.refused`,
      { batch, at },
    ),
  );
  return row ?? { accepted: 0, refused: 0 };
}

/**
 * Of two sets with the same declarations the first to be settled has them. A simulation is told what
 * production would say and leaves nothing standing; a circuit test is left alone.
 */
async function refuseDuplicates(
  trx: Knex.Transaction,
  { batch, declaredOnce }: Pick<SettleOptions, 'batch' | 'declaredOnce'>,
): Promise<void> {
  const [facts] = rowsOf<{ sender: string; environment: string }>(
    await trx.raw('select b.sender, b.environment from batch b where b.id = ?', [batch]),
  );
  const { sender = '', environment = 'R' } = facts ?? {};
  const everywhere = declaredOnce && environment !== 'T';
  if (everywhere) await lockDeclared(trx, sender);
  const which = { once: declaredOnce, everywhere };
  await trx.raw(refuseRepeated, { batch, sender, ...which, code: duplicateCode });
  if (everywhere && environment === 'R') await enterLater(trx, { batch, sender });
}
