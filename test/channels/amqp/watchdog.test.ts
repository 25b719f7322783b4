import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openAmqpInlet, type AmqpInlet } from '../../../src/channels/amqp/inlet.ts';
import { openManagement } from '../../../src/channels/amqp/management.ts';
import {
  ensureCommon,
  reconcile,
  topologyLimits,
  wantedTopology,
} from '../../../src/channels/amqp/topology.ts';
import type { ChannelEvent } from '../../../src/channels/index.ts';
import { parseSenderNumber } from '../../../src/vocabulary/index.ts';
import { memoryStore, type MemoryStore } from '../../fakes/amqp-store.ts';
import { headerOf, publisherAt } from '../../make/amqp.ts';
import { deliveryThief } from '../../make/delivery-thief.ts';
import { eventually } from '../../make/exchange.ts';
import { lineProxy } from '../../make/line-proxy.ts';
import { hasRabbitMq, testBroker, type TestBroker } from '../../make/rabbitmq.ts';

const queue = 'in.123456.production';
const login = 'payroll01';
/** Between two looks, and for the broker to answer one: more than a busy machine lets it wait. */
const watchMs = 2_000;

(hasRabbitMq ? describe : describe.skip)('the watch over what is taken from a broker', () => {
  let broker: TestBroker;

  beforeAll(async () => {
    broker = await testBroker();
    const { managementUrl: url, vhost } = broker;
    const management = openManagement({ url, vhost });
    await ensureCommon(management, topologyLimits);
    const sender = parseSenderNumber('123456');
    if (sender === undefined) throw new Error('no sender number');
    const wanted = wantedTopology([{ sender, environments: ['R'], logins: [login] }]);
    await reconcile(management, wanted, { unwanted: new Map(), nowMs: 0 });
  }, 300_000);
  afterAll(() => broker.drop());

  /** An inlet that takes over a line of the test's, and holds one message at a time. */
  function inletOver(port: number, store: MemoryStore, told: ChannelEvent[]): AmqpInlet {
    const url = new URL(broker.url);
    url.port = String(port);
    const senderNumber = parseSenderNumber('123456');
    if (senderNumber === undefined) throw new Error('no sender number');
    const account = { id: '8b0d1f3e-0000-4000-8000-000000000001', username: login, senderNumber };
    const inlet = openAmqpInlet({
      ...{ url: url.href, store, facts: {}, identifies: () => true },
      logins: { accountOf: () => Promise.resolve(account) },
      journal: {
        record: (event) => {
          told.push(event);
          return Promise.resolve();
        },
      },
      limits: { prefetch: 1, watchMs },
    });
    inlet.consume([queue]);
    return inlet;
  }

  const nameOf = (n: number): string => `FI.MEDC.123456.20260115.0000${String(n)}.R.1.1`;

  async function publish(numbers: readonly number[]): Promise<void> {
    const publisher = await publisherAt(broker.url);
    for (const n of numbers) {
      const body = `content ${String(n)}`;
      const headers = headerOf(nameOf(n), body);
      const options = { messageId: `watched-${String(n)}` };
      await publisher.publish({ exchange: `as.${login}`, body, headers, options });
    }
    await publisher.close();
  }

  const landed = (store: MemoryStore, numbers: readonly number[]): Promise<true> =>
    eventually(
      () => Promise.resolve(numbers.every((n) => store.landed().includes(nameOf(n))) || undefined),
      `landing of ${String(numbers)}`,
    );

  it('opens a queue anew that holds messages while none of them comes', async () => {
    const thief = await deliveryThief({ port: broker.facts.amqpPort, count: 1 });
    const [store, told] = [memoryStore(), [] as ChannelEvent[]];
    const inlet = inletOver(thief.port, store, told);
    await inlet.start();

    await publish([1, 2]);
    await landed(store, [1, 2]);

    expect(thief.stolen()).toBe(1);
    expect([...store.landed()].sort()).toEqual([nameOf(1), nameOf(2)]);
    expect(told.filter(({ code }) => code.startsWith('amqp.'))).toMatchObject([
      { code: 'amqp.consumer-lost', facts: { queue, reason: 'no deliveries' } },
    ]);
    await inlet.stop({ drainMs: 1_000 });
    await thief.close();
  });

  it('leaves a queue in peace that is empty, and one whose message takes its time', async () => {
    const line = await lineProxy({ port: broker.facts.amqpPort });
    let land = (): void => undefined;
    const slow = new Promise<void>((resolve) => {
      land = resolve;
    });
    const store = memoryStore();
    const told: ChannelEvent[] = [];
    const inlet = inletOver(line.port, store.with({ beforeLanding: () => slow }), told);
    await inlet.start();
    await publish([3, 4]);
    await eventually(() => Promise.resolve(store.begun() > 0 || undefined), 'attempt');

    // While a message is held the watch asks nothing that could be seen: two looks come in this time.
    await new Promise((resolve) => setTimeout(resolve, 2.5 * watchMs));
    land();
    await landed(store, [3, 4]);
    // Two acknowledgements among them.
    const before = line.passed();
    await eventually(
      () => Promise.resolve(line.passed() >= before + 4 || undefined),
      'looks of the watch',
    );

    expect(told).toEqual([]);
    expect(store.begun()).toBe(2);
    await inlet.stop({ drainMs: 1_000 });
    await line.close();
  });

  it('gives up a line on which the broker does not answer, and takes over a new one', async () => {
    const line = await lineProxy({ port: broker.facts.amqpPort });
    const [store, told] = [memoryStore(), [] as ChannelEvent[]];
    const inlet = inletOver(line.port, store, told);
    await inlet.start();

    line.silence();
    await publish([5]);
    await landed(store, [5]);

    expect(told.map(({ code }) => code)).toContain('amqp.broker-deaf');
    expect(store.landed()).toEqual([nameOf(5)]);
    await inlet.stop({ drainMs: 1_000 });
    await line.close();
  }, 300_000);

  it('does not keep a gateway from stopping when the broker does not answer', async () => {
    const line = await lineProxy({ port: broker.facts.amqpPort });
    const inlet = inletOver(line.port, memoryStore(), []);
    await inlet.start();
    line.silence();

    await expect(inlet.stop({ drainMs: 1_000 })).resolves.toBeUndefined();

    await line.close();
  }, 25_000);
});
