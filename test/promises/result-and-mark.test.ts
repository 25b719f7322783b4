import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { manualClock } from '../make/clock.ts';
import { anExchange, aSet, eventually, type Exchange } from '../make/exchange.ts';
import { medcFile, soundForms } from '../make/medc-file.ts';
import { stumble } from '../make/stumble.ts';

const clock = manualClock('2026-01-15T08:00:00Z');
const stumbling = stumble();
let exchange: Exchange;

beforeAll(async () => {
  exchange = await anExchange({ clock, tamper: stumbling.tamper });
});
afterAll(async () => {
  await exchange.close();
});

it('Result and mark together', async () => {
  const set = aSet(exchange.secretariat, medcFile([...soundForms(6), { employer: '0123456789' }]));
  await exchange.hand(set.files);
  const batch = await eventually(
    async () => {
      // Whatever fell is looked at again after a pause of the gateway's own clock.
      clock.pass(1_000);
      return exchange.batchOf(set.go, ({ state }) => state === 'NOTIFIED', 200);
    },
    'the end of the batch',
    180_000,
  );
  const { knex } = exchange.office.database;
  const count = async (table: string): Promise<number> =>
    Number((await knex(table).count<{ n: string }[]>({ n: '*' }))[0]?.n);

  const tables = ['batch', 'batch_file', 'declaration', 'finding', 'assessment', 'parcel'];
  const rows = Object.fromEntries(
    await Promise.all(tables.map(async (table) => [table, await count(table)] as const)),
  );

  expect(stumbling.falls.length).toBeGreaterThanOrEqual(5);
  expect(rows).toEqual({
    ...{ batch: 1, batch_file: 3, declaration: 7, finding: 1, assessment: 6, parcel: 3 },
  });
  expect(batch.declarations).toEqual({ total: 7, accepted: 6, refused: 1 });
  const told = batch.timeline.map(({ code }) => code).filter((code) => code.startsWith('batch.'));
  expect(told).toEqual([...new Set(told)]);
  expect(told).toEqual(
    expect.arrayContaining(['batch.received', 'batch.accepted', 'batch.settled', 'batch.notified']),
  );
});
