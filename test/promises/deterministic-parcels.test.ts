import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { showParcels } from '../../src/storage/index.ts';
import { manualClock } from '../make/clock.ts';
import { anExchange, aSet, type Exchange } from '../make/exchange.ts';
import { medcFile, soundForms } from '../make/medc-file.ts';

const clock = manualClock('2026-01-15T08:00:00Z');
let exchange: Exchange;

beforeAll(async () => {
  exchange = await anExchange({ clock });
});
afterAll(async () => {
  await exchange.close();
});

it('Deterministic parcels', async () => {
  const set = aSet(exchange.secretariat, medcFile(soundForms(3)));
  await exchange.hand(set.files);
  const batch = await exchange.batchOf(set.go);
  const { knex } = exchange.office.database;
  const listing = async (): Promise<readonly (readonly [string, string])[]> => {
    const files = await exchange.mailbox().list('OUT', undefined, 100);
    return Promise.all(
      files.map(async ({ name }) => {
        const content = await exchange.read('OUT', name);
        return [name, createHash('sha256').update(content).digest('hex')] as const;
      }),
    );
  };
  const before = await listing();

  // As if the process had ended between showing the answers and marking them as delivered.
  await knex('parcel').update({ state: 'PENDING', delivered_at: null });
  clock.pass(60_000);
  await showParcels(knex, { at: clock.now(), max: 100 });
  await exchange.restart();

  expect(await listing()).toEqual(before);
  expect(before.map(([name]) => name).sort()).toEqual(
    batch.parcels.flatMap(({ files }) => files).sort(),
  );
  const rows = await exchange.office.database
    .knex('parcel_file')
    .select<{ name: string; sha256: Buffer }[]>('name', 'sha256');
  const stored = rows.map(({ name, sha256 }) => [name, sha256.toString('hex')]);
  expect(stored.sort()).toEqual(before.map((one) => [...one]).sort());
});
