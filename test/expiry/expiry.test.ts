import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  endOfQuarter,
  expiring,
  noticeExpiring,
  thresholdOf,
  type ExpiryNotices,
} from '../../src/expiry.ts';
import { Failure } from '../../src/vocabulary/index.ts';
import { manualClock, spans } from '../make/clock.ts';
import { anExchange, type Exchange } from '../make/exchange.ts';

/** The sender's certificate of the exchange ends a year after this. */
const start = '2026-01-15T08:00:00Z';
const clock = manualClock(start);
let exchange: Exchange;

beforeAll(async () => {
  exchange = await anExchange({ clock, mandates: 3 });
}, 300_000);
afterAll(async () => {
  await exchange.close();
});

const later = (days: number): Date => new Date(Date.parse(start) + days * spans.day);

describe('the expiry radar', () => {
  it.each([
    [60, undefined],
    [59, 60],
    [30, 60],
    [29, 30],
    [13, 14],
    [6, 7],
    [2, 3],
    [0, 1],
    [-4, 1],
  ])('with %i days left is past the threshold of %p days', (days, threshold) => {
    expect(thresholdOf(days)).toBe(threshold);
  });

  it('knows the end of a quarter in Brussels, winter and summer', () => {
    expect(endOfQuarter(20261).toISOString()).toBe('2026-03-31T22:00:00.000Z');
    expect(endOfQuarter(20264).toISOString()).toBe('2026-12-31T23:00:00.000Z');
  });

  it('lists the certificate of a sender with what to do, the nearest end first', async () => {
    const items = await expiring(exchange.office, { at: later(350), withinDays: 60 });

    expect(items.map(({ kind, days }) => [kind, days])).toEqual([
      ...[
        ['certificate', 15],
        ['issuer', 15],
      ],
    ]);
    expect(items[0]).toMatchObject({
      sender: '123456',
      what: expect.stringContaining('login123456'),
    });
  });

  it('lists nothing while nothing ends', async () => {
    expect(await expiring(exchange.office, { at: later(0), withinDays: 60 })).toEqual([]);
  });

  it('lists mandates that end with a quarter, together, and not those that go on', async () => {
    const { knex } = exchange.office.database;
    const one = await knex('mandate').first<Record<string, string | number>>(
      ...(['mandator', 'object', 'from_quarter'] as const),
    );
    await knex('mandate').where(one).update({ to_quarter: 20264 });

    const items = await expiring(exchange.office, {
      at: new Date('2026-12-20T08:00:00Z'),
      withinDays: 14,
    });
    await knex('mandate').where(one).update({ to_quarter: null });

    const found = items.filter(({ kind }) => kind === 'mandates');
    expect(found.map(({ what, days }) => [what, days])).toEqual([
      [expect.stringMatching(/^1 mandates of \d{10} for .*, until 2026Q4$/), 11],
    ]);
  });

  it('gives a notice once for each threshold, on whichever process', async () => {
    const said: string[] = [];
    const notices: ExpiryNotices = {
      send({ kind, thresholdDays }) {
        said.push(`${kind} ${String(thresholdDays)}`);
        return Promise.resolve();
      },
    };
    const at = (days: number): Parameters<typeof noticeExpiring>[0] => {
      const { identity, database, settings, journal } = exchange.office;
      return { identity, database, settings, journal, notices, clock: { now: () => later(days) } };
    };

    const counts = [
      await noticeExpiring(at(330)),
      (await Promise.all([noticeExpiring(at(331)), noticeExpiring(at(331))])).reduce(
        (a, b) => a + b,
      ),
      await noticeExpiring(at(340)),
    ];

    expect(counts).toEqual([2, 0, 2]);
    expect(said.sort()).toEqual(['certificate 30', 'certificate 60', 'issuer 30', 'issuer 60']);
  });

  it('gives a notice again when it could not be sent', async () => {
    const { identity, database, settings, journal } = exchange.office;
    const parts = { identity, database, settings, journal, clock: { now: () => later(355) } };
    const failing = { send: () => Promise.reject(new Failure('channel.unreachable')) };

    await expect(noticeExpiring({ ...parts, notices: failing })).rejects.toMatchObject({
      code: 'channel.unreachable',
    });
    const given = await noticeExpiring({ ...parts, notices: { send: () => Promise.resolve() } });

    expect(given).toBe(2);
  });
});
