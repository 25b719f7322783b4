import type { Knex } from 'knex';
import type { AuditFilter, AuditRow, AuditStore, OpenTransaction } from '../identity/index.ts';
import { rowsOf } from './rows.ts';
import { translating } from './storage-failure.ts';

interface Row {
  readonly seq: bigint;
  readonly at: Date;
  readonly event: string;
  readonly actor: string;
  readonly acting_as: string;
  readonly action: string;
  readonly target: string;
  readonly enterprise: string | null;
  readonly quality_id: string | null;
  readonly source: string;
  readonly result: AuditRow['result'];
  readonly before: AuditRow['before'] | null;
  readonly after: AuditRow['after'] | null;
  readonly prev_hash: Buffer;
  readonly hash: Buffer;
}

const writersLock = 7_358_211_906;

/** The audit trail in PostgreSQL. A database that is gone is `storage.unavailable`. */
export function auditStore(knex: Knex): AuditStore {
  return {
    append: (make, trx) =>
      translating(() =>
        trx === undefined
          ? knex.transaction((own) => append(own, make))
          : append(transactionOf(trx), make),
      ),
    list: (page) => translating(() => list(knex, page)),
    read: ({ after, max }) =>
      translating(async () => {
        const query = knex<Row>('audit_event').where('seq', '>', after as never);
        const rows: Row[] = await query.orderBy('seq').limit(max);
        return rows.map(recordOf);
      }),
  };
}

/** What the rooms hand on as `OpenTransaction` is one of knex, and nothing else. */
export function transactionOf(trx: OpenTransaction): Knex.Transaction {
  return trx as Knex.Transaction;
}

async function append(trx: Knex.Transaction, make: Parameters<AuditStore['append']>[0]) {
  // One trip to the server, two statements: the second sees what the writer before us committed.
  const results: unknown = await trx.raw(
    `select pg_advisory_xact_lock(${writersLock}::bigint);
     select seq, hash from audit_event order by seq desc limit 1`,
  );
  const [last] = rowsOf<Pick<Row, 'seq' | 'hash'>>((results as readonly unknown[])[1]);
  await trx('audit_event').insert(make(last).map(columnsOf));
}

function columnsOf({ actingAs, qualityId, prevHash, before, after, ...row }: AuditRow): object {
  return {
    ...row,
    acting_as: actingAs,
    enterprise: row.enterprise ?? null,
    quality_id: qualityId ?? null,
    before: before === undefined ? null : JSON.stringify(before),
    after: after === undefined ? null : JSON.stringify(after),
    prev_hash: prevHash,
  };
}

async function list(knex: Knex, page: Parameters<AuditStore['list']>[0]): Promise<AuditRow[]> {
  const { before, max, ...filter } = page;
  const query = knex<Row>('audit_event').orderBy('seq', 'desc').limit(max);
  void query.where(equalities(filter));
  if (before !== undefined) void query.where('seq', '<', before as never);
  if (filter.since !== undefined) void query.where('at', '>=', filter.since);
  if (filter.until !== undefined) void query.where('at', '<', filter.until);
  const rows: Row[] = await query;
  return rows.map(recordOf);
}

function equalities(filter: AuditFilter): object {
  const { actor, target, event, action, result, enterprise, qualityId } = filter;
  const all = { actor, target, event, action, result, enterprise, quality_id: qualityId };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function recordOf(row: Row): AuditRow {
  const { seq, at, event, actor, action, target, source, result, hash } = row;
  return {
    ...{ seq, at, event, actor, action, target, source, result, hash },
    actingAs: row.acting_as,
    ...(row.enterprise === null ? {} : { enterprise: row.enterprise }),
    ...(row.quality_id === null ? {} : { qualityId: row.quality_id }),
    ...(row.before === null || row.before === undefined ? {} : { before: row.before }),
    ...(row.after === null || row.after === undefined ? {} : { after: row.after }),
    prevHash: row.prev_hash,
  };
}
