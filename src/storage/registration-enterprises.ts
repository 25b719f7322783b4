import type { Knex } from 'knex';
import type { EnterpriseRecord, EnterpriseStore } from '../identity/index.ts';
import type { EnterpriseNumber, NssoNumber } from '../vocabulary/index.ts';
import { conflictOf } from './registration-conflict.ts';

interface EnterpriseRow {
  readonly number: EnterpriseNumber;
  readonly nsso_number: NssoNumber | null;
  readonly name: string | null;
  readonly country: string;
  readonly registered_at: Date;
}

/** Enterprises in PostgreSQL. */
export function enterpriseStore(knex: Knex): EnterpriseStore {
  const table = (): Knex.QueryBuilder<EnterpriseRow, EnterpriseRow[]> =>
    knex<EnterpriseRow>('enterprise');
  return {
    async find(number) {
      const row = await table().where({ number }).first();
      return row && recordOf(row);
    },
    async insert(record) {
      try {
        const added = await table().insert(rowOf(record)).onConflict('number').ignore();
        return rowsIn(added) === 1 ? 'done' : 'exists';
      } catch (thrown) {
        if (conflictOf(thrown)?.kind === 'taken') return 'nsso-taken';
        throw thrown;
      }
    },
    async complete(record) {
      const { number, nsso_number, name, country } = rowOf(record);
      try {
        const changed = await table()
          .where({ number })
          .whereNull('name')
          .update({ nsso_number, name, country });
        return changed === 1 ? 'done' : 'exists';
      } catch (thrown) {
        if (conflictOf(thrown)?.kind === 'taken') return 'nsso-taken';
        throw thrown;
      }
    },
    async insertNumbers(numbers, at) {
      const { rows } = await knex.raw<{ rows: unknown[] }>(
        `insert into enterprise (number, country, registered_at)
         select distinct given.number, 'BE', ?::timestamptz from unnest(?::text[]) as given (number)
         on conflict (number) do nothing
         returning enterprise.number`,
        [at, [...numbers]],
      );
      return rows.length;
    },
    async known(numbers) {
      const rows = await table()
        .select('number')
        .whereRaw('enterprise.number = any(?::char(10)[])', [[...numbers]]);
      return new Set(rows.map(({ number }) => number));
    },
    async byNsso(numbers) {
      const rows = await table().whereRaw('enterprise.nsso_number = any(?::text[])', [
        [...numbers],
      ]);
      return rows.map(recordOf);
    },
    async list({ after = '', max }) {
      const rows = await table().where('number', '>', after).orderBy('number').limit(max);
      return rows.map(recordOf);
    },
  };
}

/** What an INSERT without RETURNING answers in knex on PostgreSQL. */
function rowsIn(answer: unknown): number {
  return (answer as { readonly rowCount?: number }).rowCount ?? 0;
}

function rowOf(record: EnterpriseRecord): EnterpriseRow {
  return {
    number: record.number,
    nsso_number: record.nsso ?? null,
    name: record.name ?? null,
    country: record.country,
    registered_at: record.registeredAt,
  };
}

function recordOf(row: EnterpriseRow): EnterpriseRecord {
  return {
    number: row.number,
    ...(row.nsso_number === null ? {} : { nsso: row.nsso_number }),
    ...(row.name === null ? {} : { name: row.name }),
    country: row.country,
    registeredAt: row.registered_at,
  };
}
