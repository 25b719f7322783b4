import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SettledTotals } from '../../src/ledger.ts';
import { openLedger } from '../../src/storage/index.ts';
import { eventually } from '../make/exchange.ts';
import { testDatabase, type TestDatabase } from '../make/database.ts';

const at = new Date('2026-01-15T08:00:00Z');
const settling = { at, declaredOnce: true };
let database: TestDatabase;
let batches = 0;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(async () => {
  await database.drop();
});

interface Declared {
  readonly key: string;
  readonly status?: string;
  readonly accepted?: boolean;
}

/** A batch whose chunks are all done, as settlement finds it. */
async function aBatch(declarations: readonly Declared[], sender = '123456'): Promise<number> {
  batches += 1;
  const id = batches;
  const { knex } = database;
  await knex.raw(
    `insert into batch (id, ticket, state, sender, directory, environment, file_name, reserves,
       channel, username, received_at) overriding system value
     values (?, ?, 'PROCESSING', ?, 'IN', 'R', ?, false, 'sftp', 'payroll01', ?)`,
    [id, `T${String(id)}`, sender, `GO.${String(id)}`, at],
  );
  const header = { identification: 'MEDC001', type_form: 'SU' };
  const created = { creation_date: '2026-01-15', creation_hour: '08:00:00.000' };
  await knex.batchInsert(
    'declaration',
    declarations.map(({ status = '0', accepted = true }, index) => ({
      ...{ batch_id: id, number: index + 1, line: index + 2, accepted },
      ...{ ...header, ...created, attestation_status: status },
    })),
  );
  await knex.batchInsert(
    'declaration_key',
    declarations.map(({ key }, index) => ({ batch_id: id, number: index + 1, key })),
  );
  return id;
}

function settle(id: number): Promise<SettledTotals> {
  const ledger = openLedger({ database: database.database, nodeId: randomUUID() });
  return ledger.transaction((tx) => tx.settle(id, settling));
}

/** Settles in a transaction that ends when it is told to, one way or the other. */
function settleSlowly(id: number): {
  readonly settled: Promise<SettledTotals>;
  end(how: 'commit' | 'roll back'): Promise<void>;
} {
  const ledger = openLedger({ database: database.database, nodeId: randomUUID() });
  let end: (how: 'commit' | 'roll back') => void = () => undefined;
  const told = new Promise<'commit' | 'roll back'>((resolve) => {
    end = resolve;
  });
  let transaction: Promise<void> = Promise.resolve();
  const settled = new Promise<SettledTotals>((resolve, reject) => {
    transaction = ledger.transaction(async (tx) => {
      resolve(await tx.settle(id, settling));
      if ((await told) === 'roll back') throw new Error('rolled back');
    });
    transaction.catch(reject);
  });
  return {
    settled,
    async end(how) {
      end(how);
      await transaction.catch(() => undefined);
    },
  };
}

/** Waits until some session waits for a lock. */
async function someoneWaits(): Promise<void> {
  await eventually(async () => {
    const { rows } = await database.knex.raw<{ rows: unknown[] }>(
      `select 1 from pg_locks where locktype = 'advisory' and not granted
         and database = (select oid from pg_database where datname = current_database())`,
    );
    return rows.length > 0 ? true : undefined;
  }, 'a session that waits');
}

const keys = (count: number, of: string): Declared[] =>
  Array.from({ length: count }, (_, index) => ({ key: `MEDC/KBO/${of}${String(index)}/2025/0` }));

describe('two settlements at once', () => {
  it('let the first have what both declare, and the second wait for it', async () => {
    const shared = keys(50, '1');
    const [one, two] = [await aBatch(shared), await aBatch([...shared].reverse())];
    const first = settleSlowly(one);
    await first.settled;

    const second = settle(two);
    await someoneWaits();
    await first.end('commit');

    expect(await first.settled).toEqual({ accepted: 50, refused: 0 });
    expect(await second).toEqual({ accepted: 0, refused: 50 });
  });

  it('let the second have it when the first came to nothing', async () => {
    const shared = keys(50, '2');
    const [one, two] = [await aBatch(shared), await aBatch(shared)];
    const first = settleSlowly(one);
    await first.settled;

    const second = settle(two);
    await someoneWaits();
    await first.end('roll back');
    const again = await settle(one);

    expect(await second).toEqual({ accepted: 50, refused: 0 });
    expect(again).toEqual({ accepted: 0, refused: 50 });
  });

  it('of two senders do not wait for each other', async () => {
    const shared = keys(5, '3');
    const [one, two] = [await aBatch(shared), await aBatch(shared, '654321')];
    const first = settleSlowly(one);
    await first.settled;

    const second = await settle(two);
    await first.end('commit');

    expect(second).toEqual({ accepted: 5, refused: 0 });
  });
});

describe('a settlement', () => {
  it('done again is the same', async () => {
    const earlier = await aBatch(keys(3, '4'));
    await settle(earlier);
    const id = await aBatch([...keys(5, '4'), { key: 'MEDC/KBO/40/2025/3', status: '3' }]);
    const first = await settle(id);

    const second = await settle(id);
    const findings = await database.knex('finding').where({ batch_id: id }).select('number');

    expect(first).toEqual({ accepted: 3, refused: 3 });
    expect(second).toEqual(first);
    expect(findings).toHaveLength(3);
  });

  it('refuses a declaration once, however many of its keys stand already', async () => {
    await settle(await aBatch(keys(2, '5')));
    const id = await aBatch([{ key: 'MEDC/KBO/50/2025/0' }]);
    await database.knex('declaration_key').insert({
      ...{ batch_id: id, number: 1, key: 'MEDC/KBO/51/2025/0' },
    });

    const totals = await settle(id);

    expect(totals).toEqual({ accepted: 0, refused: 1 });
    expect(await database.knex('finding').where({ batch_id: id })).toHaveLength(1);
  });

  it('leaves nothing standing of a declaration that one of its keys has refused', async () => {
    await settle(await aBatch([{ key: 'MEDC/KBO/60/2025/0' }]));
    const id = await aBatch([{ key: 'MEDC/KBO/60/2025/0' }]);
    await database.knex('declaration_key').insert({
      ...{ batch_id: id, number: 1, key: 'MEDC/KBO/61/2025/0' },
    });
    await settle(id);

    const later = await settle(await aBatch([{ key: 'MEDC/KBO/61/2025/0' }]));

    expect(later).toEqual({ accepted: 1, refused: 0 });
  });
});
