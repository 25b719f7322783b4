import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Router } from '../../src/routing/index.ts';
import { commandLine } from '../make/command-line.ts';
import { manualClock } from '../make/clock.ts';
import { anExchange, aSet, eventually, type Exchange } from '../make/exchange.ts';
import { medcFile, soundForms } from '../make/medc-file.ts';

const clock = manualClock('2026-01-15T08:00:00Z');
let broken = false;
let exchange: Exchange;

/** A router that meets a defect while it is broken. */
function fragile(router: Router): Router {
  return {
    lookUp(declarations, context) {
      if (broken) throw new TypeError('a defect');
      return router.lookUp(declarations, context);
    },
  };
}

beforeAll(async () => {
  exchange = await anExchange({
    clock,
    // Chunks of about two declarations: several are in hand when the first fails.
    settings: { chunkBytes: '4KiB', workersMax: '4' },
    tamper: (office) => ({ ...office, router: fragile(office.router) }),
  });
});
afterAll(async () => {
  await exchange.close();
});

describe('a batch that meets a defect', () => {
  it('is set aside once, with its place, and goes on from there when it is replayed', async () => {
    const set = aSet(exchange.secretariat, medcFile(soundForms(40)));
    await exchange.hand(set.files);
    await exchange.batchOf(set.go, ({ receipt }) => receipt.result !== null);
    broken = true;
    const stopped = await exchange.batchOf(set.go, ({ state }) => state === 'QUARANTINED');
    const { knex } = exchange.office.database;
    await eventually(async () => {
      const busy = await knex('work_item').where({ state: 'LEASED' });
      return busy.length === 0 ? true : undefined;
    }, 'the end of the work in hand');
    broken = false;

    const operator = commandLine({ databaseUrl: exchange.office.database.url });
    const held = await operator.json('batch', 'list', '--state', 'QUARANTINED');
    const replayed = await operator.json('replay', set.go, '--reason', 'mended');
    const ended = await exchange.batchOf(set.go);
    const explained = await operator.json('batch', 'explain', set.go, '--declaration', '17');
    const shown = await operator.sluis('batch', 'show', set.go);
    operator.close();

    expect(stopped.state).toBe('QUARANTINED');
    expect(stopped.quarantine).toMatchObject({ code: 'gateway.defect', step: 'chunk' });
    expect(['ACCEPTED', 'PROCESSING']).toContain(stopped.quarantine?.['from']);
    expect(held).toMatchObject([{ ticket: stopped.ticket, state: 'QUARANTINED' }]);
    expect(replayed).toEqual({ ticket: stopped.ticket, from: 'chunk' });
    expect(explained).toMatchObject({ declaration: 17, verdict: 'accepted', findings: [] });
    expect(shown.exit).toBe(0);
    expect(shown.out).toContain('declarations  40: 40 accepted, 0 refused');
    expect(ended).toMatchObject({
      state: 'NOTIFIED',
      quarantine: null,
      declarations: { total: 40, accepted: 40, refused: 0 },
    });
    const told = ended.timeline.map(({ code }) => code);
    expect(told.filter((code) => code === 'batch.quarantined')).toHaveLength(1);
    expect(told).toContain('batch.replayed');
  });

  it('is refused declaration by declaration when its year has no parameters', async () => {
    const set = aSet(exchange.secretariat, medcFile([{}, { year: '2031' }], { first: 41 }));

    await exchange.hand(set.files);
    const batch = await exchange.batchOf(set.go);

    expect(batch).toMatchObject({ state: 'NOTIFIED', declarations: { accepted: 1, refused: 1 } });
    expect(batch.findings.map(({ errorId, tag }) => [errorId, tag])).toEqual([
      ['70001-008', 'ContributionYear'],
    ]);
  });
});
