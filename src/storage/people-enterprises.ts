import type { Knex } from 'knex';
import type { EnterpriseFacts, EnterpriseRows } from '../identity/index.ts';

interface Row {
  readonly number: string;
  readonly nsso_number: string | null;
  readonly name: string | null;
  readonly country: string;
  readonly state: EnterpriseFacts['state'];
  readonly address: Readonly<Record<string, string>> | null;
  readonly ebox_activated_at: Date | null;
}

/** What enterprises may do here, in PostgreSQL. */
export function enterpriseRows(knex: Knex): EnterpriseRows {
  return {
    async enterpriseFacts(number) {
      const row = await knex<Row>('enterprise').where({ number }).first();
      return row && factsOf(row);
    },
    async lockEnterprise(number) {
      await knex.raw('select 1 from enterprise where enterprise.number = ? for update', [number]);
    },
    async admitEnterprise({ number, name, country, at }) {
      const { rows } = await knex.raw<{ rows: unknown[] }>(
        `insert into enterprise as e (number, name, country, registered_at, state)
         values (?, ?, ?, ?, 'registered')
         on conflict (number) do update
           set name = excluded.name, country = excluded.country, state = 'registered'
           where e.name is null
         returning 1`,
        [number, name, country, at],
      );
      return rows.length === 1;
    },
    async closeEnterprise(number, at) {
      const closed = await knex('enterprise')
        .where({ number })
        .whereNot('state', 'closed')
        .update({ state: 'closed', closed_at: at });
      return closed === 1;
    },
    async activateEbox(number, at) {
      const done = await knex('enterprise')
        .where({ number, ebox_activated_at: null })
        .update({ ebox_activated_at: at });
      return done === 1;
    },
  };
}

function factsOf(row: Row): EnterpriseFacts {
  const { number, country, state } = row;
  return {
    ...{ number, country, state },
    ...(row.name === null ? {} : { name: row.name }),
    ...(row.nsso_number === null ? {} : { nsso: row.nsso_number }),
    ...(row.address === null ? {} : { address: row.address }),
    ...(row.ebox_activated_at === null ? {} : { eboxActivatedAt: row.ebox_activated_at }),
  };
}
