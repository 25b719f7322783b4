import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { EventMessage } from '../../src/channels/index.ts';
import { publishEvents } from '../../src/storage/index.ts';
import { Failure } from '../../src/vocabulary/index.ts';
import { manualClock } from '../make/clock.ts';
import { anExchange, aSet, type Exchange } from '../make/exchange.ts';
import { medcFile, soundForms } from '../make/medc-file.ts';

const clock = manualClock('2026-01-15T08:00:00Z');
let exchange: Exchange;

beforeAll(async () => {
  exchange = await anExchange({ clock });
}, 300_000);
afterAll(async () => {
  await exchange.close();
});

/** All events not yet told, told to this test. */
async function told(): Promise<readonly EventMessage[]> {
  const messages: EventMessage[] = [];
  await publishEvents(exchange.office.database.knex, {
    ...{ at: clock.now(), max: 1_000 },
    publish(batch) {
      messages.push(...batch);
      return Promise.resolve();
    },
  });
  return messages;
}

describe('integrators', () => {
  it('are told the life of a batch in its order, each turning once', async () => {
    const { go, files } = aSet(exchange.secretariat, medcFile(soundForms(3)));
    await exchange.hand(files);
    const batch = await exchange.batchOf(go);

    const messages = await told();
    const again = await told();

    const order = messages.map(({ event, facts }) =>
      event.startsWith('parcel.') ? `${event} ${String(facts['kind'])}` : event,
    );
    expect(order.filter((event) => !event.startsWith('parcel.'))).toEqual([
      ...['batch.received', 'receipt.given', 'batch.settled', 'batch.notified', 'batch.stated'],
    ]);
    expect(order.filter((event) => event.startsWith('parcel.')).sort()).toEqual([
      ...['parcel.delivered ACRF', 'parcel.delivered NOTI', 'parcel.delivered STAT'],
    ]);
    expect(new Set(messages.map(({ ticket }) => ticket))).toEqual(new Set([batch.ticket]));
    expect(messages[0]).toEqual({
      ...{ version: 1, event: 'batch.received', at: '2026-01-15T08:00:00.000Z' },
      ...{ ticket: batch.ticket, sender: '123456', environment: 'R', type: 'MEDC' },
      ...{ fileName: go, channel: 'sftp', facts: { files: 3 } },
      id: expect.stringMatching(/^event-\d+$/),
    });
    expect(again).toEqual([]);
  });

  it('are told the codes of a refusal', async () => {
    const { go, files } = aSet(exchange.secretariat, 'this is no XML');
    await exchange.hand(files);
    await exchange.batchOf(go);

    const given = (await told()).find(({ event }) => event === 'receipt.given');

    expect(given?.facts).toEqual({ result: 'refused', errors: ['102'] });
  });

  it('are told again, under the same ids, what could not be told', async () => {
    const { go, files } = aSet(exchange.secretariat, medcFile(soundForms(1)));
    await exchange.hand(files);
    await exchange.batchOf(go);
    const tried: EventMessage[] = [];
    const { knex } = exchange.office.database;

    const failing = publishEvents(knex, {
      ...{ at: clock.now(), max: 1_000 },
      publish(batch) {
        tried.push(...batch);
        return Promise.reject(new Failure('channel.unreachable'));
      },
    });

    await expect(failing).rejects.toMatchObject({ code: 'channel.unreachable' });
    expect(await told()).toEqual(tried);
  });

  it('are told by one process at a time', async () => {
    const { go, files } = aSet(exchange.secretariat, medcFile(soundForms(1)));
    await exchange.hand(files);
    await exchange.batchOf(go);
    const { knex } = exchange.office.database;
    let meanwhile: readonly EventMessage[] | undefined;

    const count = await publishEvents(knex, {
      ...{ at: clock.now(), max: 1_000 },
      async publish() {
        meanwhile = await told();
      },
    });

    expect(count).toBeGreaterThan(0);
    expect(meanwhile).toEqual([]);
  });
});
