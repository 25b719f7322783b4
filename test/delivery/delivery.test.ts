import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { pauseAfter, startDelivery, type Delivery, type Outbox } from '../../src/delivery.ts';
import { openBlobStore, openOutbox, reviveParcels, showBatch } from '../../src/storage/index.ts';
import { Failure, systemClock } from '../../src/vocabulary/index.ts';
import { fakeOutlet, type FakeOutlet } from '../fakes/outlet.ts';
import { testDatabase, type TestDatabase } from '../make/database.ts';
import { eventually } from '../make/exchange.ts';
import { aBatchWithParcels } from '../make/parcels.ts';

let database: TestDatabase;
let directory: string;
let outbox: Outbox;
let outlet: FakeOutlet;
let running: Delivery[] = [];
const stumbles: Failure[] = [];
/** Each test speaks of a channel of its own, so that none delivers what another left. */
let channel: string;
let channels = 0;

beforeAll(async () => {
  database = await testDatabase();
  directory = await mkdtemp(join(tmpdir(), 'sluis-delivery-'));
});
afterAll(async () => {
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(async () => {
  channels += 1;
  channel = `pushed-${String(channels)}`;
  const blobs = await openBlobStore(directory);
  outbox = openOutbox({ knex: database.knex, blobs, channel });
  outlet = fakeOutlet();
  stumbles.length = 0;
});
afterEach(async () => {
  await Promise.all(running.map((one) => one.stop()));
  running = [];
});

function start(o: Partial<Parameters<typeof startDelivery>[0]> = {}): Delivery {
  const delivery = startDelivery({
    ...{ outbox, outlet, clock: systemClock },
    events: { failed: () => undefined, stumbled: (failure) => stumbles.push(failure) },
    ...o,
    limits: { pollIntervalMs: 20, pauseMs: 1, pauseMsMax: 5, ...o.limits },
  });
  running.push(delivery);
  return delivery;
}

async function parcelsOf(id: number): ReturnType<typeof showBatch> {
  return showBatch(database.knex, id, 10);
}

async function untilState(id: number, state: string): ReturnType<typeof showBatch> {
  return eventually(async () => {
    const shown = await parcelsOf(id);
    return shown.parcels.every((parcel) => parcel.state === state) ? shown : undefined;
  }, `every parcel ${state}`);
}

describe('an outlet', () => {
  it('is handed a parcel with its files and marks it with what was confirmed', async () => {
    const { id, ticket } = await aBatchWithParcels(database, { channel });

    start();
    const shown = await untilState(id, 'DELIVERED');

    expect(outlet.taken.map(({ parcel, texts }) => [parcel.id, parcel.sender, texts])).toEqual([
      [`${ticket}-ACRF`, '123456', [`text of ACRF.${String(id)}.0`, '']],
    ]);
    expect(shown.parcels[0]).toMatchObject({ reference: 'taken-1', attempts: 1, lastError: null });
  });

  it('gets the answers on one batch in their order, one when the one before it is taken', async () => {
    const { id } = await aBatchWithParcels(database, { channel, kinds: ['ACRF', 'NOTI', 'STAT'] });
    outlet.behave('channel.unreachable');

    start();
    await eventually(() => Promise.resolve(outlet.taken.length > 3 || undefined), 'attempts');
    const kindsBefore = new Set(outlet.taken.map(({ parcel }) => parcel.kind));
    outlet.behave('take');
    await untilState(id, 'DELIVERED');

    expect([...kindsBefore]).toEqual(['ACRF']);
    expect(outlet.taken.slice(-2).map(({ parcel }) => parcel.kind)).toEqual(['NOTI', 'STAT']);
  });

  it('is not given the parcels of another channel', async () => {
    const other = await aBatchWithParcels(database, { channel: 'elsewhere' });
    const { id } = await aBatchWithParcels(database, { channel });

    start();
    await untilState(id, 'DELIVERED');

    expect((await parcelsOf(other.id)).parcels.map(({ state }) => state)).toEqual(['PENDING']);
  });

  it('that hangs with one destination leaves room for the others', async () => {
    for (let batch = 0; batch < 4; batch += 1) {
      await aBatchWithParcels(database, { channel, sender: '000111' });
    }
    outlet.behave('hang');
    const delivery = start({ limits: { inHandMax: 8, perDestinationMax: 2 } });
    await eventually(() => Promise.resolve(outlet.hanging() === 2 || undefined), 'two that hang');
    outlet.behave('take');

    const { id } = await aBatchWithParcels(database, { channel, sender: '000222' });
    delivery.wake();
    await untilState(id, 'DELIVERED');

    expect(outlet.hanging()).toBe(2);
  });
});

describe('a link that is faster than the database', () => {
  it('is not kept waiting for marks, until all that may be in hand waits for one', async () => {
    const ids: number[] = [];
    for (let batch = 0; batch < 9; batch += 1) {
      ids.push((await aBatchWithParcels(database, { channel, sender: '000111' })).id);
    }
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let claims = 0;
    const slow: Outbox = {
      ...outbox,
      async claim(wish) {
        const claimed = await outbox.claim(wish);
        claims += 1;
        return claimed;
      },
      async delivered(done, at) {
        await held;
        await outbox.delivered(done, at);
      },
    };

    const delivery = start({ outbox: slow, limits: { inHandMax: 6, perDestinationMax: 2 } });
    await eventually(() => Promise.resolve(outlet.taken.length === 6 || undefined), 'six sent');
    const before = claims;
    delivery.wake();
    release();
    for (const id of ids) await untilState(id, 'DELIVERED');

    expect(before).toBeGreaterThanOrEqual(3);
    expect(outlet.taken).toHaveLength(9);
  });

  it('tells all that failed meanwhile in one statement, each with its own error', async () => {
    const ids: number[] = [];
    for (let batch = 0; batch < 6; batch += 1) {
      ids.push((await aBatchWithParcels(database, { channel, sender: '000111' })).id);
    }
    outlet.behave('channel.unreachable');
    const told: number[] = [];
    const counting: Outbox = {
      ...outbox,
      async retry(failed) {
        told.push(failed.length);
        await outbox.retry(failed);
      },
    };

    start({ outbox: counting, limits: { pauseMs: 600_000, pauseMsMax: 600_000 } });
    const shown = await Promise.all(
      ids.map((id) =>
        eventually(async () => {
          const { parcels } = await parcelsOf(id);
          return parcels[0]?.lastError === null ? undefined : parcels[0];
        }, 'an error'),
      ),
    );

    expect(shown.map((parcel) => parcel.state)).toEqual(ids.map(() => 'PENDING'));
    expect(shown.map((parcel) => parcel.lastError)).toEqual(ids.map(() => 'channel.unreachable'));
    expect(told.reduce((sum, count) => sum + count, 0)).toBe(6);
    expect(told.length).toBeLessThan(6);
  });
});

describe('a channel that is suspended or closed', () => {
  const at = new Date('2026-01-15T08:00:00Z');
  async function line(
    sender: string,
    state: 'production' | 'suspended' | 'closed',
    over: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    await senderExists(sender);
    await database.knex('channel_registration').insert({
      ...{ sender, channel, message_type: '*', environment: 'R', state },
      ...{ resumes_to: state === 'suspended' ? 'production' : null },
      ...{ requested_at: at, changed_at: at, changed_by: 'test' },
      ...over,
    });
  }
  async function senderExists(sender: string): Promise<void> {
    const { knex } = database;
    const enterprise = `0200${sender}`;
    await knex.raw(
      `insert into enterprise (number, country, registered_at) values (?, 'BE', ?)
       on conflict do nothing`,
      [enterprise, at],
    );
    await knex.raw(
      `insert into sender (number, enterprise, quality, types, environments, created_at)
       values (?, ?, 'social-secretariat', '{}', '{R,T,S}', ?) on conflict do nothing`,
      [sender, enterprise, at],
    );
  }

  it.each(['suspended', 'closed'] as const)(
    'keeps its answers while it is %s, and brings them when it is open again',
    async (state) => {
      await line('000333', state);
      const kept = await aBatchWithParcels(database, { channel, sender: '000333' });
      const other = await aBatchWithParcels(database, { channel, sender: '000444' });

      const delivery = start();
      await untilState(other.id, 'DELIVERED');
      const before = (await parcelsOf(kept.id)).parcels[0];
      await database
        .knex('channel_registration')
        .where({ sender: '000333', channel })
        .update({ state: 'production', resumes_to: null });
      delivery.wake();
      await untilState(kept.id, 'DELIVERED');

      expect(before).toMatchObject({ state: 'PENDING', attempts: 0 });
    },
  );

  it('goes by the line of the type and environment: another line open does not open this one', async () => {
    await line('000333', 'suspended', { environment: 'R' });
    await line('000333', 'production', { environment: 'T' });
    const kept = await aBatchWithParcels(database, { channel, sender: '000333' });
    await line('000444', 'suspended', { environment: 'R', message_type: 'ZIMA' });
    await line('000444', 'production', { environment: 'R', message_type: 'MEDC' });
    const open = await aBatchWithParcels(database, { channel, sender: '000444' });

    start();
    await untilState(open.id, 'DELIVERED');

    expect((await parcelsOf(kept.id)).parcels[0]).toMatchObject({ state: 'PENDING', attempts: 0 });
  });
});

describe('a parcel that is not taken', () => {
  it('is tried again under the same id, then given up in sight of operators', async () => {
    const { id, ticket } = await aBatchWithParcels(database, { channel });
    outlet.behave('channel.unreachable');

    start({ limits: { attemptsMax: 3 } });
    const shown = await untilState(id, 'DEAD');

    expect(outlet.taken.map(({ parcel }) => [parcel.id, parcel.attempt])).toEqual(
      [1, 2, 3].map((attempt) => [`${ticket}-ACRF`, attempt]),
    );
    expect(shown.parcels[0]).toMatchObject({ attempts: 3, lastError: 'channel.unreachable' });
    expect(shown.timeline.map(({ code }) => code)).toContain('parcel.dead');
  });

  it('is tried again from the beginning when it is revived', async () => {
    const { id } = await aBatchWithParcels(database, { channel });
    outlet.behave('channel.unreachable');
    start({ limits: { attemptsMax: 2 } });
    await untilState(id, 'DEAD');

    outlet.behave('take');
    const at = new Date('2026-01-15T09:00:00Z');
    const revived = await reviveParcels(database.knex, id, { reason: 'mended', at });

    expect(revived.parcels).toBe(1);
    await untilState(id, 'DELIVERED');
  });

  it('loses no attempt while the place all of them go through is away, and goes once it is back', async () => {
    const { id } = await aBatchWithParcels(database, { channel });
    let asked = 0;
    let away = true;
    const isAway = (): boolean => {
      asked += 1;
      return away;
    };

    start({ outlet: { ...outlet, isAway } });
    await eventually(() => Promise.resolve(asked > 3 || undefined), 'looks');
    const before = (await parcelsOf(id)).parcels[0];
    away = false;
    const shown = await untilState(id, 'DELIVERED');

    expect(before).toMatchObject({ state: 'PENDING', attempts: 0 });
    expect(shown.parcels[0]).toMatchObject({ attempts: 1 });
  });

  it('is let go when the other side never answers', async () => {
    const { id } = await aBatchWithParcels(database, { channel });
    outlet.behave('hang');

    start({ limits: { deliverMs: 30, attemptsMax: 1 } });
    const shown = await untilState(id, 'DEAD');

    expect(shown.parcels[0]?.lastError).toBe('channel.timed-out');
    expect(outlet.hanging()).toBe(0);
  });

  it('waits longer after each attempt, and longest for what a person must mend', () => {
    const o = { pauseMs: 1_000, pauseMsMax: 60_000, random: () => 1 };
    const unreachable = new Failure('channel.unreachable');

    expect([1, 2, 3, 30].map((attempt) => pauseAfter(attempt, unreachable, o))).toEqual([
      ...[1_000, 2_000, 4_000, 60_000],
    ]);
    expect(pauseAfter(1, new Failure('channel.host-key'), o)).toBe(60_000);
    expect(pauseAfter(1, unreachable, { ...o, random: () => 0 })).toBe(500);
  });
});

describe('a process that ends', () => {
  it('between the confirmation and the mark has the same parcel delivered again', async () => {
    const { id, ticket } = await aBatchWithParcels(database, { channel });
    const dying: Outbox = { ...outbox, delivered: () => new Promise(() => undefined) };
    const first = await dying.claim({
      ...{ max: 1, perDestinationMax: 1, inHand: new Map(), leaseMs: 50 },
    });
    for (const { parcel } of first) await outlet.deliver(parcel, new AbortController().signal);

    start();
    await untilState(id, 'DELIVERED');

    expect(outlet.taken.map(({ parcel }) => parcel.id)).toEqual([
      ...[`${ticket}-ACRF`, `${ticket}-ACRF`],
    ]);
    expect(outlet.taken[0]?.parcel.files.map(({ sha256 }) => sha256)).toEqual(
      outlet.taken[1]?.parcel.files.map(({ sha256 }) => sha256),
    );
  });

  it('cannot mark a parcel that another one took over', async () => {
    const { id } = await aBatchWithParcels(database, { channel });
    const wish = { max: 1, perDestinationMax: 1, inHand: new Map() };
    const [late] = await outbox.claim({ ...wish, leaseMs: 1 });
    const [current] = await eventually(async () => {
      const claimed = await outbox.claim({ ...wish, leaseMs: 60_000 });
      return claimed.length > 0 ? claimed : undefined;
    }, 'the lease to run out');
    if (late === undefined || current === undefined) throw new Error('nothing was claimed');

    await outbox.delivered([{ lease: late.lease, reference: 'late' }], new Date(0));
    await outbox.bury(late.lease, { at: new Date(0), error: 'late' });
    await outbox.delivered([{ lease: current.lease, reference: 'current' }], new Date(0));

    const shown = await parcelsOf(id);
    expect(shown.parcels[0]).toMatchObject({ state: 'DELIVERED', reference: 'current' });
  });

  it('in good order gives back what it did not bring out, as if it had never been taken', async () => {
    const { id } = await aBatchWithParcels(database, { channel });
    outlet.behave('hang');
    const delivery = start();
    await eventually(() => Promise.resolve(outlet.hanging() === 1 || undefined), 'one that hangs');

    await delivery.stop({ drainMs: 10 });

    const shown = await parcelsOf(id);
    expect(shown.parcels[0]).toMatchObject({ state: 'PENDING', attempts: 0, lastError: null });
  });

  it('never takes a parcel that another process has in hand', async () => {
    const ids: number[] = [];
    for (let batch = 0; batch < 40; batch += 1) {
      ids.push((await aBatchWithParcels(database, { channel, sender: '000333' })).id);
    }

    start({ limits: { inHandMax: 4, perDestinationMax: 4 } });
    start({ limits: { inHandMax: 4, perDestinationMax: 4 } });
    for (const id of ids) await untilState(id, 'DELIVERED');

    expect(new Set(outlet.taken.map(({ parcel }) => parcel.id)).size).toBe(40);
    expect(outlet.taken).toHaveLength(40);
    expect(stumbles).toEqual([]);
  });
});
