import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { manualClock } from '../make/clock.ts';
import { anExchange, aSet, eventually, type Exchange } from '../make/exchange.ts';
import { medcFile, soundForms } from '../make/medc-file.ts';

const clock = manualClock('2026-01-15T08:00:00Z');
let exchange: Exchange;

beforeAll(async () => {
  exchange = await anExchange({ clock });
});
afterAll(async () => {
  await exchange.close();
});

it('One batch a set', async () => {
  const set = aSet(exchange.secretariat, medcFile(soundForms(3)));
  const rows = (table: string, where = {}): Promise<readonly object[]> =>
    exchange.office.database.knex(table).where(where);
  const repeats = async (): Promise<number> =>
    (await rows('journal_event', { code: 'batch.repeated' })).length;
  const answers = async (): Promise<readonly (readonly [string, string])[]> => {
    const files = await exchange.mailbox().list('OUT', undefined, 100);
    return Promise.all(
      files.map(
        async ({ name }) => [name, (await exchange.read('OUT', name)).toString('base64')] as const,
      ),
    );
  };

  await exchange.hand(set.files);
  // The second copy comes while the first is in hand, the third long after its answers.
  await exchange.hand(set.files);
  clock.pass(2_000);
  await exchange.batchOf(set.go);
  await eventually(async () => {
    clock.pass(2_000);
    return (await repeats()) >= 1 || (await rows('landed_file', { state: 'LANDED' })).length === 0
      ? true
      : undefined;
  }, 'the second copy');
  const before = await answers();
  const known = await repeats();
  clock.pass(3 * 86_400_000);
  await exchange.restart();
  await exchange.hand(set.files);
  await eventually(async () => ((await repeats()) > known ? true : undefined), 'the third copy');

  expect(await rows('batch')).toHaveLength(1);
  expect(await rows('declaration')).toHaveLength(3);
  expect(await rows('parcel')).toHaveLength(3);
  expect(before).toHaveLength(9);
  expect(await answers()).toEqual(before);
});
