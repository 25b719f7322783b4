import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { manualClock, spans } from '../make/clock.ts';
import { anExchange, aSet, eventually, type Exchange } from '../make/exchange.ts';
import { medcFile, soundForms } from '../make/medc-file.ts';

const clock = manualClock('2026-01-15T10:00:00Z');
const forms = 300;
let exchange: Exchange;

beforeAll(async () => {
  exchange = await anExchange({ clock, settings: { settleMs: '30s', goTimeoutMs: '48h' } });
});
afterAll(async () => {
  await exchange.close();
});

async function inWork(go: string): Promise<void> {
  await exchange.batchOf(go, ({ state }) => state !== 'RECEIVED');
}

/** Of every batch so far: how often its work was taken up again, and what it became. */
async function troubles(): Promise<readonly unknown[]> {
  const { knex } = exchange.office.database;
  return knex('journal_event').whereIn('code', ['work.lease-lost', 'batch.quarantined']);
}

describe.each([
  { what: 'a day forward', jump: spans.day },
  { what: 'an hour backward', jump: -spans.hour },
])('a clock that is set $what', ({ jump }) => {
  it('does no harm to a batch in work: each verdict and each answer once', async () => {
    const { go, files } = aSet(exchange.secretariat, medcFile(soundForms(forms)), {
      sequence: jump > 0 ? 'WORKF' : 'WORKB',
    });
    await exchange.hand(files);
    await inWork(go);

    clock.pass(jump);
    const batch = await exchange.batchOf(go);

    const { total } = batch.declarations;
    expect(total).toBe(forms);
    expect(batch.parcels.map(({ kind }) => kind)).toEqual(['ACRF', 'NOTI', 'STAT']);
    expect(await troubles()).toEqual([]);
  });

  it('has a set within its settle window wait for its last file, or refused for it, once', async () => {
    const { go, files } = aSet(exchange.secretariat, medcFile(soundForms(2)), {
      sequence: jump > 0 ? 'WAITF' : 'WAITB',
    });
    const [fi = '', fs = ''] = Object.keys(files);
    await exchange.hand({ [fi]: files[fi] ?? '', [go]: '' });

    clock.pass(jump);
    if (jump < 0) {
      // Backward the window has not ended: the signature comes in time.
      await exchange.hand({ [fs]: files[fs] ?? '' });
      clock.pass(spans.minute);
    }
    const batch = await exchange.batchOf(go);

    // Forward the window is over, and the sender is told: nothing waits for ever.
    const codes = batch.receipt.errors.map(({ code }) => code);
    expect(codes).toEqual(jump > 0 ? ['122'] : []);
    expect(batch.parcels.filter(({ kind }) => kind === 'ACRF')).toHaveLength(1);
  });

  it('takes nothing away too early: answers, files and uploads begun stay', async () => {
    const { go, files } = aSet(exchange.secretariat, medcFile(soundForms(1)), {
      sequence: jump > 0 ? 'KEEPF' : 'KEEPB',
    });
    await exchange.hand(files);
    const batch = await exchange.batchOf(go);
    const before = await exchange.answer(batch, 'NOTI');
    const name = `FI.MEDC.123456.20260115.${jump > 0 ? 'OPENF' : 'OPENB'}.R.1.1`;
    const upload = await exchange.mailbox().create({
      ...{ directory: 'IN', name, truncate: true, exclusive: false },
    });
    await upload.write({ at: 0, data: Buffer.from('half ') });
    // The restart opens another connection: asked for each time.
    const knex = () => exchange.office.database.knex;
    const count = async (): Promise<number> =>
      (await knex()('journal_event').where({ code: 'retention.swept' })).length;

    clock.pass(jump);
    await knex()('slot').where({ job: 'retention' }).delete();
    const swept = await count();
    await exchange.restart();
    await eventually(async () => ((await count()) > swept ? true : undefined), 'a sweep');

    expect(await exchange.answer(batch, 'NOTI')).toBe(before);
    const received = await knex()('batch_file').select<{ blob: string }[]>('blob');
    for (const { blob } of received) {
      expect(await exchange.office.blobs.stat(blob)).toBeDefined();
    }
    const [row] = await knex()('landed_file').where({ name }).select<{ state: string }[]>('state');
    expect(row?.state).not.toBe('SWEPT');
  });
});
