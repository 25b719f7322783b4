import type { Knex } from 'knex';
import type {
  MandatePage,
  MandateQuestion,
  MandateRecord,
  MandateStanding,
  MandateStore,
  MandateWriting,
} from '../routing/index.ts';
import type { EnterpriseNumber, Quarter } from '../vocabulary/index.ts';
import { mandateImports } from './mandate-imports.ts';
import { translating } from './storage-failure.ts';

interface Row {
  readonly mandator: EnterpriseNumber;
  readonly mandatary: EnterpriseNumber;
  readonly object: string;
  readonly from_quarter: Quarter;
  readonly to_quarter: Quarter | null;
  readonly added_at: Date;
}

/** Mandates in PostgreSQL. A database that is gone is `storage.unavailable`. */
export function mandateStore(knex: Knex): MandateStore {
  const imports = mandateImports(knex);
  return {
    standing: (question) => translating(() => standing(knex, question)),
    write: (work) =>
      translating(() =>
        knex.transaction(async (trx) => {
          // Writers of mandates wait for one another, so that no two of them overlap unseen.
          await trx.raw('select pg_advisory_xact_lock(?)', [writersLock]);
          return work(writingIn(trx));
        }),
      ),
    list: (page) => translating(() => list(knex, page)),
    keepImport: (record) => translating(() => imports.keepImport(record)),
    imports: (page) => translating(() => imports.imports(page)),
    import: (id) => translating(() => imports.import(id)),
  };
}

const writersLock = 7_358_211_905;

/**
 * One look into the index for each pair. Written as a join, a planner without statistics reads every
 * mandate of the mandatary for each chunk: a secretariat has hundreds of thousands.
 */
async function standing(
  knex: Knex,
  { mandatary, object, pairs }: MandateQuestion,
): Promise<ReadonlyMap<string, MandateStanding>> {
  const { rows } = await knex.raw<{
    rows: { mandator: string; quarter: number; active: boolean; ended: boolean }[];
  }>(
    `select given.mandator, given.quarter, found.active, found.ended
     from unnest(?::char(10)[], ?::integer[]) as given (mandator, quarter)
     cross join lateral (
       select bool_or(mandate.from_quarter <= given.quarter
           and coalesce(mandate.to_quarter, given.quarter) >= given.quarter) as active,
         bool_or(coalesce(mandate.to_quarter < given.quarter, false)) as ended
       from mandate where mandate.mandator = given.mandator
         and mandate.object = ? and mandate.mandatary = ?
     ) as found
     where found.active or found.ended`,
    [
      pairs.map(({ mandator }) => mandator),
      pairs.map(({ quarter }) => quarter),
      ...[object, mandatary],
    ],
  );
  const found = new Map<string, MandateStanding>();
  for (const { mandator, quarter, active, ended } of rows) {
    if (active) found.set(`${mandator}/${quarter}`, 'active');
    else if (ended) found.set(`${mandator}/${quarter}`, 'ended');
  }
  return found;
}

function writingIn(trx: Knex.Transaction): MandateWriting {
  return {
    async of(keys) {
      const { rows } = await trx.raw<{ rows: Row[] }>(
        `select mandate.* from mandate
         join (select distinct * from unnest(?::char(10)[], ?::text[]) as pair (mandator, object))
           as given on mandate.mandator = given.mandator and mandate.object = given.object
         order by mandate.mandator, mandate.object, mandate.from_quarter`,
        [keys.map(({ mandator }) => mandator), keys.map(({ object }) => object)],
      );
      return rows.map(recordOf);
    },
    async insert(records) {
      await trx.raw(
        `insert into mandate (mandator, mandatary, object, from_quarter, to_quarter, added_at)
         select mandator, mandatary, object, from_quarter, nullif(to_quarter, 0), added_at
         from unnest(?::char(10)[], ?::char(10)[], ?::text[], ?::integer[], ?::integer[],
             ?::timestamptz[])
           as given (mandator, mandatary, object, from_quarter, to_quarter, added_at)`,
        [
          records.map(({ mandator }) => mandator),
          records.map(({ mandatary }) => mandatary),
          records.map(({ object }) => object),
          records.map(({ from }) => from),
          records.map(({ to }) => to ?? 0),
          records.map(({ addedAt }) => addedAt),
        ],
      );
    },
    async end({ mandator, object, from }, to) {
      await trx<Row>('mandate')
        .where({ mandator, object, from_quarter: from })
        .update({ to_quarter: to });
    },
  };
}

async function list(knex: Knex, page: MandatePage): Promise<MandateRecord[]> {
  const { mandator, mandatary, object, after, max } = page;
  const query = knex<Row>('mandate').select('*');
  if (mandator !== undefined) void query.where({ mandator });
  if (mandatary !== undefined) void query.where({ mandatary });
  if (object !== undefined) void query.where({ object });
  if (after !== undefined) {
    void query.whereRaw('(mandator, object, from_quarter) > (?::char(10), ?::text, ?::integer)', [
      ...[after.mandator, after.object, after.from],
    ]);
  }
  const rows = await query.orderBy(['mandator', 'object', 'from_quarter']).limit(max);
  return rows.map(recordOf);
}

function recordOf(row: Row): MandateRecord {
  return {
    mandator: row.mandator,
    mandatary: row.mandatary,
    object: row.object,
    from: row.from_quarter,
    ...(row.to_quarter === null ? {} : { to: row.to_quarter }),
    addedAt: row.added_at,
  };
}
