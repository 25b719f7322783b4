import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { GetMessage } from 'amqplib';
import { openAmqpInlet } from '../../../src/channels/amqp/inlet.ts';
import { openManagement, type Management } from '../../../src/channels/amqp/management.ts';
import { openAmqpOutlet } from '../../../src/channels/amqp/outlet.ts';
import {
  ensureCommon,
  reconcile,
  topologyLimits,
  wantedTopology,
} from '../../../src/channels/amqp/topology.ts';
import type { ChannelEvent, Parcel } from '../../../src/channels/index.ts';
import { Failure, parseSenderNumber, type SenderNumber } from '../../../src/vocabulary/index.ts';
import { memoryStore, type MemoryStore } from '../../fakes/amqp-store.ts';
import { headerOf, publisherAt, takeAll } from '../../make/amqp.ts';
import { eventually } from '../../make/exchange.ts';
import { lineProxy } from '../../make/line-proxy.ts';
import { hasRabbitMq, ownBroker } from '../../make/rabbitmq.ts';

const startMs = 400_000;
const sender = numberOf('123456');
const queue = 'in.123456.production';
const account = { id: '8b0d1f3e-0000-4000-8000-000000000001', username: 'payroll01' };

(hasRabbitMq ? describe : describe.skip)('a broker or gateway that dies', () => {
  let broker: Awaited<ReturnType<typeof ownBroker>>;
  let management: Management;
  let folder: string;

  beforeAll(async () => {
    broker = await ownBroker();
    folder = await mkdtemp(join(tmpdir(), 'sluis-amqp-'));
    management = openManagement({ url: broker.managementUrl, vhost: broker.vhost });
    await ensureCommon(management, { ...topologyLimits, deliveriesMax: 20 });
    const wanted = wantedTopology([{ sender, environments: ['R'], logins: ['payroll01'] }]);
    await reconcile(management, wanted, { unwanted: new Map(), nowMs: 0 });
  }, startMs);
  afterAll(async () => {
    await broker.drop();
    await rm(folder, { recursive: true, force: true });
  });

  const inletOver = (store: MemoryStore, told: ChannelEvent[] = []) => {
    const inlet = openAmqpInlet({
      url: broker.url,
      store,
      logins: { accountOf: () => Promise.resolve({ ...account, senderNumber: sender }) },
      identifies: () => true,
      journal: {
        record: (event) => {
          told.push(event);
          return Promise.resolve();
        },
      },
      facts: {},
      limits: { retryPauseMs: 1, readyPollMs: 50, watchMs: 60_000 },
    });
    inlet.consume([queue]);
    return inlet;
  };
  const nameOf = (n: number): string =>
    `FI.MEDC.123456.20260115.${String(n).padStart(5, '0')}.R.1.1`;
  const publish = async (numbers: readonly number[]): Promise<void> => {
    const publisher = await publisherAt(broker.url);
    for (const n of numbers) {
      const body = `content ${String(n)}`;
      const options = { messageId: `m${String(n)}` };
      await publisher.publish({
        ...{ exchange: 'as.payroll01', body, headers: headerOf(nameOf(n), body), options },
      });
    }
    await publisher.close();
  };

  it('C8: a message that landed and was not acknowledged is not landed twice', async () => {
    const store = memoryStore();
    const hung = new Promise<never>(() => undefined);
    // It lands, and then the process is gone before it can acknowledge.
    const first = inletOver(store.with({ afterLanding: () => hung }));
    await first.start();
    await publish([1]);
    await eventually(() => Promise.resolve(store.landed().length === 1 || undefined), 'landing');
    await first.stop({ drainMs: 1 });

    const second = inletOver(store);
    await second.start();
    await eventually(() => drained(), 'empty queue');

    expect(store.landed()).toEqual([nameOf(1)]);
    expect(store.answeredAgain()).toBe(0);
    await second.stop({ drainMs: 1_000 });
  });

  it('C9: nothing is acknowledged before it landed', async () => {
    const store = memoryStore();
    const hung = new Promise<never>(() => undefined);
    const inlet = inletOver(store.with({ beforeLanding: () => hung }));
    await inlet.start();
    await publish([2]);
    await eventually(() => Promise.resolve(store.begun() > 0 || undefined), 'attempt');

    await broker.process.kill();
    await broker.process.start();
    await inlet.stop({ drainMs: 1 });

    const again = inletOver(store);
    await again.start();
    await eventually(() => Promise.resolve(store.landed().length === 1 || undefined), 'landing');
    expect(store.landed()).toEqual([nameOf(2)]);
    // The broker has taken the acknowledgement in: the next test kills it too.
    await eventually(() => drained(), 'empty queue');
    await again.stop({ drainMs: 1_000 });
  }, 300_000);

  it('C13: an answer whose confirm was lost comes again under the same id', async () => {
    const outlet = openAmqpOutlet({ url: broker.url, answers: 'files', failed: () => undefined });
    const parcel = aParcel();
    await outlet.deliver(parcel, new AbortController().signal);

    await broker.process.kill();
    const lost = outlet.deliver(parcel, AbortSignal.timeout(2_000)).then(
      () => 'delivered',
      (error: unknown) => (error instanceof Failure ? error.code : error),
    );
    expect(await lost).toMatch(/^channel\./);
    expect(outlet.isAway?.()).toBe(true);
    await broker.process.start();
    await eventually(
      () => outlet.deliver(parcel, new AbortController().signal).catch(() => undefined),
      'delivery after the restart',
      180_000,
    );
    expect(outlet.isAway?.()).toBe(false);

    const ids = (await takeAll(broker.url, 'out.123456.production')).map(idOf);
    expect(new Set(ids)).toEqual(new Set(parcel.files.map(({ name }) => `${parcel.id}/${name}`)));
    expect(ids.length).toBeGreaterThanOrEqual(2 * parcel.files.length);
    await outlet.close();
  }, 300_000);

  it('C16: a store that cannot take files pauses the consumer, and counts no delivery', async () => {
    const store = memoryStore();
    const told: ChannelEvent[] = [];
    store.breakDown();
    const inlet = inletOver(store, told);
    await inlet.start();
    await publish([3, 4, 5]);
    await eventually(
      () => Promise.resolve(told.find(({ code }) => code === 'amqp.paused')),
      'pause',
    );
    const attempts = store.begun();
    await eventually(() => Promise.resolve(store.asked() > 20 || undefined), 'polls');

    expect(store.begun()).toBe(attempts);
    store.mend();
    await eventually(() => Promise.resolve(store.landed().length === 3 || undefined), 'landing');
    expect(told.filter(({ code }) => code === 'amqp.not-landed')).toEqual([]);
    expect(told.filter(({ code }) => code === 'amqp.paused')).toHaveLength(1);
    await inlet.stop({ drainMs: 1_000 });
  });

  it('a message that never lands goes to quarantine after twenty deliveries, others land', async () => {
    const told: ChannelEvent[] = [];
    const store = memoryStore().with({ poison: nameOf(6) });
    const inlet = inletOver(store, told);
    await inlet.start();

    await publish([6, 7]);

    const [kept] = await eventually(async () => {
      const all = await takeAll(broker.url, 'sluis.quarantine');
      return all.length > 0 ? all : undefined;
    }, 'quarantine');
    expect(String(kept?.content)).toBe('content 6');
    expect(store.landed()).toEqual([nameOf(7)]);
    const attempts = told.filter(({ code }) => code === 'amqp.not-landed');
    expect(attempts.length).toBeGreaterThanOrEqual(20);
    expect(attempts.length).toBeLessThanOrEqual(21);
    await eventually(
      () => Promise.resolve(told.find(({ code }) => code === 'amqp.quarantined')),
      'line of the journal',
    );
    expect(told.find(({ code }) => code === 'amqp.quarantined')).toMatchObject({
      fileName: nameOf(6),
      facts: { reason: 'every attempt to land it failed' },
    });
    await inlet.stop({ drainMs: 1_000 });
  });

  it('an answer goes over a new line when the old one confirms nothing any more', async () => {
    const line = await lineProxy({ port: broker.facts.amqpPort });
    const url = new URL(broker.url);
    url.port = String(line.port);
    const outlet = openAmqpOutlet({
      ...{ url: url.href, answers: 'files', failed: () => undefined },
      limits: { confirmMs: 2_000, connectMs: 60_000 },
    });
    const parcel = aParcel();
    const { signal } = new AbortController();
    await outlet.deliver(parcel, signal);

    line.unhear();
    const unheard = outlet.deliver(parcel, signal);

    await expect(unheard).rejects.toMatchObject({ code: 'channel.timed-out' });
    expect(await outlet.deliver(parcel, signal)).toEqual({ reference: parcel.id });
    await outlet.close();
    await line.close();
    await takeAll(broker.url, 'out.123456.production');
  }, 300_000);

  it('an answer for a queue that is gone fails as unroutable', async () => {
    const outlet = openAmqpOutlet({ url: broker.url, answers: 'files', failed: () => undefined });
    const parcel = { ...aParcel(), sender: '999998' };

    const refused = outlet.deliver(parcel, new AbortController().signal);

    await expect(refused).rejects.toMatchObject({ code: 'channel.unroutable' });
    await outlet.close();
  });

  it('a queue that holds answers outlives its channel until it is empty', async () => {
    const other = numberOf('200002');
    const both = (senders: readonly SenderNumber[], nowMs: number, unwanted: Map<string, number>) =>
      reconcile(
        management,
        wantedTopology(senders.map((one) => ({ sender: one, environments: ['R'], logins: [] }))),
        { unwanted, nowMs, emptyMs: 10 },
      );
    const unwanted = new Map<string, number>();
    await both([sender, other], 0, unwanted);
    const publisher = await publisherAt(broker.url);
    const exchange = '';
    const routingKey = 'out.200002.production';
    await publisher.publish({ exchange, routingKey, body: 'answer', headers: {} });
    await publisher.close();
    await eventually(async () => {
      const found = (await management.queues()).find(({ name }) => name === routingKey);
      return found?.messages === 1 || undefined;
    }, 'total of the queue');

    await both([sender], 100, unwanted);
    await both([sender], 200, unwanted);

    expect((await management.exchanges()).includes('in.200002')).toBe(false);
    const left = (await management.queues()).map(({ name }) => name);
    expect(left.filter((name) => name.includes('200002'))).toEqual([routingKey]);
    await takeAll(broker.url, routingKey);
    await eventually(async () => {
      await both([sender], 300, unwanted);
      const names = (await management.queues()).map(({ name }) => name);
      return !names.includes(routingKey) || undefined;
    }, 'removal of the empty queue');
  });

  async function drained(): Promise<true | undefined> {
    const { messages = 1 } = (await broker.ask(`/queues/${broker.vhost}/${queue}`)) as {
      readonly messages?: number;
    };
    return messages === 0 || undefined;
  }
});

function numberOf(text: string): SenderNumber {
  const number = parseSenderNumber(text);
  if (number === undefined) throw new Error(`${text} is no sender number`);
  return number;
}

function idOf({ properties }: GetMessage): string {
  return String(properties.messageId);
}

function aParcel(): Parcel {
  const part = (name: string, text: string) => ({
    ...{ name, bytes: text.length, sha256: '00' },
    // eslint-disable-next-line @typescript-eslint/require-await -- the shape of a stream
    open: async function* () {
      yield Buffer.from(text);
    },
  });
  return {
    ...{ id: 'S000000100003-ACRF', kind: 'ACRF', ticket: 'S000000100003', environment: 'R' },
    ...{ sender: '123456', recipient: undefined, type: 'MEDC', attempt: 1 },
    createdAt: new Date('2026-01-15T12:00:00Z'),
    files: [
      part('FO.ACRF.999999.20260115.00001.R', '<ACRF/>'),
      part('FS.ACRF.999999.20260115.00001.R', 'seal'),
      part('GO.ACRF.999999.20260115.00001.R', ''),
    ],
  };
}
