import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { medcBatch } from '../../src/sender/index.ts';
import { anExchange, aSet, type Exchange } from '../make/exchange.ts';

const clock = { now: () => new Date('2026-01-15T11:00:00Z') };
let exchange: Exchange;

beforeAll(async () => {
  exchange = await anExchange({ clock });
});
afterAll(async () => {
  await exchange.close();
});

async function medc(declarations: number, invalidPercent = 0): Promise<string> {
  let text = '';
  for await (const piece of medcBatch({ declarations, invalidPercent })) text += piece;
  return text;
}

describe('a batch of medical-device contributions', () => {
  it('is received, judged, assessed and answered', async () => {
    const { go, files } = aSet(exchange.secretariat, await medc(10, 20));
    await exchange.hand(files);

    const batch = await exchange.batchOf(go);

    expect(batch).toMatchObject({
      state: 'NOTIFIED',
      receipt: { result: 'accepted', errors: [] },
      declarations: { total: 10, accepted: 8, refused: 2 },
    });
    expect(await exchange.answer(batch, 'ACRF')).toContain(`<FileName>${go}</FileName>`);
    expect((await exchange.answer(batch, 'NOTI')).match(/<HandlingResult>/g)).toHaveLength(10);
    expect((await exchange.answer(batch, 'STAT')).match(/<Form>/g)).toHaveLength(8);
  });
});
