import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { enterpriseNumberOf } from '../../src/vocabulary/index.ts';
import { anExchange, aSet, type Exchange } from '../make/exchange.ts';
import { medcFile } from '../make/medc-file.ts';

const clock = { now: () => new Date('2026-01-15T11:00:00Z') };
const stranger = enterpriseNumberOf(9_000_001);
const former = enterpriseNumberOf(9_000_002);
const client = enterpriseNumberOf(9_000_003);
const elsewhere = enterpriseNumberOf(9_000_004);
let exchange: Exchange;

beforeAll(async () => {
  exchange = await anExchange({ clock, mandates: 0 });
  const { mandates } = exchange.office;
  const { enterprise: mandatary } = exchange.secretariat;
  const wish = { mandatary, object: 'MEDC', by: 'test' };
  await mandates.add({ ...wish, mandator: former, from: '2023Q1', to: '2025Q4' });
  await mandates.add({ ...wish, mandator: client, from: '2026Q1' });
  await mandates.add({ ...wish, mandator: elsewhere, object: 'DMFA', from: '2020Q1' });
});
afterAll(async () => {
  await exchange.close();
});

describe('a declaration', () => {
  it('is accepted for a mandator and for oneself, and refused for everybody else', async () => {
    const own = exchange.secretariat.enterprise;
    const employers = [client, own, stranger, former, elsewhere];
    const { go, files } = aSet(
      exchange.secretariat,
      medcFile(employers.map((employer) => ({ employer }))),
    );
    await exchange.hand(files);

    const batch = await exchange.batchOf(go);

    expect(batch.declarations).toEqual({ total: 5, accepted: 2, refused: 3 });
    expect(batch.findings.map(({ declaration, errorId }) => [declaration, errorId])).toEqual([
      [3, '00014-101'],
      [4, '00014-155'],
      [5, '00014-101'],
    ]);
  });

  it('is routed to nobody and assessed for nobody when it is refused', async () => {
    const { go, files } = aSet(exchange.secretariat, medcFile([{ employer: stranger }]));
    await exchange.hand(files);

    const batch = await exchange.batchOf(go);

    expect(batch.totals).toMatchObject({ assessed: 0, total: '0' });
    expect(await exchange.answer(batch, 'NOTI')).toContain('<ErrorID>00014-101</ErrorID>');
  });
});
