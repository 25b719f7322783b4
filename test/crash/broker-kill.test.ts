import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { headerOf, provisioned, publisherAt, sha256, takeAll, waitingIn } from '../make/amqp.ts';
import { crashPoint, type CrashPoint } from '../make/crash-point.ts';
import { lineProxy, type LineProxy } from '../make/line-proxy.ts';
import { aMortalGateway, wholeOf, type MortalGateway } from '../make/mortal-gateway.ts';
import { hasRabbitMq, ownBroker } from '../make/rabbitmq.ts';

const startMs = 400_000;
const testMs = 400_000;
const declarations = 3;
const rounds = process.env['SLUIS_TEST_LONG'] === '1' ? [1, 2, 3] : [1];
const inbound = 'in.123456.production';
const outbound = 'out.123456.production';

(hasRabbitMq ? describe : describe.skip)('a broker killed under a gateway', () => {
  let broker: Awaited<ReturnType<typeof ownBroker>>;
  let house: MortalGateway;
  let line: LineProxy;
  let point: CrashPoint | undefined;
  let exchange: string;

  beforeAll(async () => {
    broker = await ownBroker();
    house = await aMortalGateway();
    const { sender, username } = house.secretariat;
    exchange = `as.${username}`;
    await house.office.identity.channels.open({ sender, channel: 'amqp', actor: { by: 'test' } });
    line = await lineProxy({ port: broker.facts.amqpPort });
    const through = new URL(broker.url);
    through.port = String(line.port);
    await house.start({
      SLUIS_AMQP_URL: through.href,
      SLUIS_AMQP_MANAGEMENT_URL: broker.managementUrl,
    });
    await provisioned(broker, username);
    // RabbitMQ writes down a moment later which queues it made: killed before, it never finds them.
    const { go, files } = house.newSet(declarations);
    await send(files);
    await house.settled(go);
    await broughtOnce();
  }, startMs);
  afterEach(async () => {
    await point?.lift();
    point = undefined;
  }, testMs);
  afterAll(async () => {
    await house.close();
    await line.close();
    await broker.drop();
  });

  async function send(files: Readonly<Record<string, Buffer | string>>): Promise<void> {
    const publisher = await publisherAt(broker.url);
    for (const [name, body] of Object.entries(files)) {
      const headers = headerOf(name, body);
      await publisher.publish({ exchange, body, headers, options: { messageId: name } });
    }
    await publisher.close();
  }

  /** Names of the files that came out, and what each brought, whatever came twice told once. */
  async function broughtOnce(): Promise<readonly string[]> {
    const there = new Map<string, string>();
    for (const { properties, content } of await takeAll(broker.url, outbound)) {
      const id = String(properties.messageId);
      const before = there.get(id) ?? sha256(content);
      expect(sha256(content)).toBe(before);
      there.set(id, before);
    }
    return [...there.keys()].map((id) => id.slice(id.indexOf('/') + 1, id.indexOf('/') + 8)).sort();
  }

  const nineFiles = ['FO', 'FS', 'GO'].flatMap((file) =>
    ['ACRF', 'NOTI', 'STAT'].map((kind) => `${file}.${kind}`),
  );

  it.each(rounds)(
    'with messages in its hand: what landed meanwhile is one batch (%i)',
    async () => {
      const { go, files } = house.newSet(declarations);
      point = await crashPoint(house.database.knex, {
        table: 'landed_file',
        when: `written.landed_at is not null and written.channel = 'amqp'`,
      });
      await send(files);
      await point.reached();

      await broker.process.kill();
      await point.release();
      point = undefined;
      const [first = ''] = Object.keys(files);
      await house.seen(
        `select 1 from landed_file where name = '${first}' and landed_at is not null`,
      );
      await broker.process.start();

      expect(await house.settled(go)).toEqual(wholeOf(declarations));
      await waitingIn(broker.url, inbound, 0);
      expect(await broughtOnce()).toEqual(nineFiles);
      await waitingIn(broker.url, 'sluis.quarantine', 0);
      const { rows: again } = await house.database.knex.raw<{ rows: unknown[] }>(
        `select 1 from journal_event where code = 'amqp.repeated' and file_name = ?
         and facts @> '{"redelivered": true}'`,
        [first],
      );
      expect(again).toHaveLength(1);
    },
    testMs,
  );

  it.each(rounds)(
    'with a confirm on its way: the answers come, each under one id (%i)',
    async () => {
      const { go, files } = house.newSet(declarations);
      point = await crashPoint(house.database.knex, {
        table: 'parcel',
        when: `written.channel = 'amqp' and written.state = 'SENDING'`,
      });
      await send(files);
      await point.reached();
      await waitingIn(broker.url, inbound, 0);

      line.unhear();
      await point.release();
      point = undefined;
      // The broker has it and has said so; nobody heard it. Other answers may have gone the same way.
      await waitingIn(broker.url, outbound, { least: 1 });
      await broker.process.kill();
      await broker.process.start();

      expect(await house.settled(go)).toEqual(wholeOf(declarations));
      expect(await broughtOnce()).toEqual(nineFiles);
    },
    testMs,
  );
});
