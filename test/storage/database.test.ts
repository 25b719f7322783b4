import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../make/database.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await testDatabase();
});
afterAll(async () => {
  await test.drop();
});

describe('an open database', () => {
  it('has every table of the foundation', async () => {
    const { rows } = await test.knex.raw<{ rows: { table_name: string }[] }>(
      `select table_name from information_schema.tables where table_schema = 'public' order by 1`,
    );

    expect(rows.map((row) => row.table_name)).toEqual(
      expect.arrayContaining(['journal_event', 'schema_migration', 'schema_pack']),
    );
  });

  it('reads int8 as bigint and a date as the text it is', async () => {
    const { rows } = await test.knex.raw<{ rows: unknown[] }>(
      `select 9007199254740993::int8 as cents, '2026-03-29'::date as day, 1::int4 as small`,
    );

    expect(rows).toEqual([{ cents: 9_007_199_254_740_993n, day: '2026-03-29', small: 1 }]);
  });
});
