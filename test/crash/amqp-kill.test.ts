import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import amqp, { type ChannelModel, type GetMessage } from 'amqplib';
import {
  headerOf,
  provisioned,
  publisherAt,
  sha256,
  takeAll,
  type TestPublisher,
} from '../make/amqp.ts';
import { crashPoint, type CrashPoint } from '../make/crash-point.ts';
import { eventually } from '../make/exchange.ts';
import { lineProxy, type LineProxy } from '../make/line-proxy.ts';
import { aMortalGateway, wholeOf, type MortalGateway } from '../make/mortal-gateway.ts';
import { hasRabbitMq, testBroker, type TestBroker } from '../make/rabbitmq.ts';

const startMs = 400_000;
const testMs = 400_000;
const declarations = 3;
const rounds = process.env['SLUIS_TEST_LONG'] === '1' ? [1, 2, 3, 4, 5] : [1];
const inbound = 'in.123456.production';
const outbound = 'out.123456.production';

(hasRabbitMq ? describe : describe.skip)('a gateway killed while it speaks to RabbitMQ', () => {
  let broker: TestBroker;
  let house: MortalGateway;
  let publisher: TestPublisher;
  let line: LineProxy | undefined;
  let point: CrashPoint | undefined;
  let watch: ChannelModel;

  beforeAll(async () => {
    broker = await testBroker();
    house = await aMortalGateway();
    const { sender } = house.secretariat;
    await house.office.identity.channels.open({ sender, channel: 'amqp', actor: { by: 'test' } });
    publisher = await publisherAt(broker.url);
    watch = await amqp.connect(broker.url);
  }, startMs);
  afterEach(async () => {
    await house.kill();
    await point?.lift();
    await line?.close();
    [point, line] = [undefined, undefined];
  }, testMs);
  afterAll(async () => {
    await watch.close();
    await publisher.close();
    await house.close();
    await broker.drop();
  });

  /** A gateway that takes from the queues already. */
  async function start(url = broker.url): Promise<void> {
    await house.start({
      SLUIS_AMQP_URL: url,
      SLUIS_AMQP_MANAGEMENT_URL: broker.managementUrl,
    });
    await provisioned(broker, house.secretariat.username);
    await eventually(async () => (await stateOf(inbound)).consumerCount > 0 || undefined, 'taker');
  }

  async function stateOf(queue: string): Promise<amqp.Replies.AssertQueue> {
    const channel = await watch.createChannel();
    try {
      return await channel.checkQueue(queue);
    } finally {
      await channel.close();
    }
  }

  const waiting = (queue: string, count: number): Promise<true> =>
    eventually(
      async () => (await stateOf(queue)).messageCount === count || undefined,
      `${String(count)} messages in ${queue}`,
    );

  async function send(files: Readonly<Record<string, Buffer | string>>): Promise<void> {
    for (const [name, body] of Object.entries(files)) {
      const headers = headerOf(name, body);
      const exchange = `as.${house.secretariat.username}`;
      await publisher.publish({ exchange, body, headers, options: { messageId: name } });
    }
  }

  /** Ids of messages with the hash of what they brought, in the order they came. */
  const brought = (messages: readonly GetMessage[]): readonly string[] =>
    messages.map(({ properties, content }) => `${String(properties.messageId)} ${sha256(content)}`);

  const fileNames = (rows: readonly string[]): readonly string[] =>
    rows.map((one) => one.slice(one.indexOf('/') + 1, one.indexOf('/') + 8));

  const nineFiles = ['ACRF', 'NOTI', 'STAT'].flatMap((kind) =>
    ['FO', 'FS', 'GO'].map((file) => `${file}.${kind}`),
  );

  it.each(rounds)(
    'C8: what landed and was not acknowledged is one batch (%i)',
    async () => {
      const { go, files } = house.newSet(declarations);
      line = await lineProxy({ port: broker.facts.amqpPort });
      const through = new URL(broker.url);
      through.port = String(line.port);
      await start(through.href);
      // The broker hands out what it may; from here on it hears nothing, acknowledgements least of all.
      line.holdBack();
      await send(files);
      for (const name of Object.keys(files)) {
        await house.seen(
          `select 1 from landed_file where name = '${name}' and landed_at is not null`,
        );
      }
      await line.asked();

      await house.kill();
      await line.goAway();
      await waiting(inbound, 3);
      await house.outlastLeases();
      await start();

      expect(await house.settled(go)).toEqual(wholeOf(declarations));
      await waiting(inbound, 0);
      const rows = brought(await takeAll(broker.url, outbound));
      expect(fileNames([...new Set(rows)])).toEqual(nineFiles);
      const { rows: told } = await house.database.knex.raw<{ rows: { name: string }[] }>(
        `select file_name as name from journal_event
       where code = 'amqp.repeated' and file_name = any (?) and facts @> '{"redelivered": true}'`,
        [Object.keys(files)],
      );
      expect(told.map(({ name }) => name).sort()).toEqual(Object.keys(files).sort());
    },
    400_000,
  );

  it.each(rounds)(
    'C9: what did not land was not acknowledged, and is one batch (%i)',
    async () => {
      const { go, files } = house.newSet(declarations);
      await start();
      point = await crashPoint(house.database.knex, {
        table: 'landed_file',
        when: `written.landed_at is not null and written.channel = 'amqp'`,
      });
      await send(files);
      await point.reached();

      await house.kill();
      await point.lift();
      point = undefined;
      await waiting(inbound, 3);
      const { rows: landed } = await house.database.knex.raw<{ rows: unknown[] }>(
        'select 1 from landed_file where landed_at is not null and name = any (?)',
        [Object.keys(files)],
      );
      await start();

      expect(landed).toEqual([]);
      expect(await house.settled(go)).toEqual(wholeOf(declarations));
      const rows = brought(await takeAll(broker.url, outbound));
      expect(fileNames(rows)).toEqual(nineFiles);
      expect((await stateOf('sluis.quarantine')).messageCount).toBe(0);
    },
    400_000,
  );

  it.each(rounds)(
    'C13: answers whose confirm was not recorded come again, as they were (%i)',
    async () => {
      const { go, files } = house.newSet(declarations);
      await start();
      point = await crashPoint(house.database.knex, {
        table: 'parcel',
        when: `written.channel = 'amqp' and written.state = 'DELIVERED'`,
      });
      await send(files);
      await point.reached();

      await house.kill();
      await point.lift();
      point = undefined;
      const before = brought(await takeAll(broker.url, outbound));
      await house.outlastLeases();
      await start();

      expect(await house.settled(go)).toEqual(wholeOf(declarations));
      const after = brought(await takeAll(broker.url, outbound));
      expect(fileNames(before)).toEqual(['FO.ACRF', 'FS.ACRF', 'GO.ACRF']);
      expect(after.slice(0, 3)).toEqual(before);
      expect(fileNames(after)).toEqual(nineFiles);
    },
    400_000,
  );

  it.each(rounds)(
    'C16: a database that drops the line counts no delivery, and the set is one batch (%i)',
    async () => {
      const { go, files } = house.newSet(declarations);
      await start();
      point = await crashPoint(house.database.knex, {
        table: 'landed_file',
        when: `written.landed_at is not null and written.channel = 'amqp'`,
      });
      await send(files);
      await point.reached();

      await point.lift();
      point = undefined;

      expect(await house.settled(go)).toEqual(wholeOf(declarations));
      expect(fileNames(brought(await takeAll(broker.url, outbound)))).toEqual(nineFiles);
      expect((await stateOf('sluis.quarantine')).messageCount).toBe(0);
      const { rows: told } = await house.database.knex.raw<{ rows: { code: string }[] }>(
        `select distinct code from journal_event
         where code in ('amqp.paused', 'amqp.not-landed') and at > clock_timestamp() - interval '5 minutes'`,
      );
      expect(told).toEqual([{ code: 'amqp.paused' }]);
    },
    400_000,
  );
});
