import { describe, it } from '@jest/globals';
import amqp from 'amqplib';
import { brusselsDate, systemClock } from '../../../src/vocabulary/index.ts';
import {
  amqpSettings,
  headerOf,
  provisioned,
  publisherAt,
  switchOn,
  type TestPublisher,
} from '../../make/amqp.ts';
import { anExchange, eventually } from '../../make/exchange.ts';
import { hasRabbitMq, testBroker } from '../../make/rabbitmq.ts';
import { inletContract, type InletHarness } from '../contract/inlet.ts';

type Files = Parameters<InletHarness['send']>[0];

if (hasRabbitMq) inletContract('amqp', openHarness);
else {
  describe.skip('the inlet amqp', () => {
    it('needs a RabbitMQ', () => undefined);
  });
}

const username = 'payroll02';
const password = 'correct horse battery';
/** Long enough for any message that can land. */
const settledMs = 10_000;

async function openHarness(): Promise<InletHarness> {
  const broker = await testBroker({ questions: true });
  const exchange = await anExchange({
    clock: systemClock,
    settings: { ...amqpSettings(broker), drainMs: '20s' },
  });
  await switchOn(exchange);
  const { technicalUsers } = exchange.office.identity;
  const { sender } = exchange.secretariat;
  for (const name of [username, 'payroll03']) {
    await technicalUsers.register({ username: name, sender, by: 'test', password });
  }
  await technicalUsers.block({ username: 'payroll03', by: 'test' });
  await provisioned(broker, username);
  const { knex } = exchange.office.database;

  /** How often a file was taken over: landed, or known for one that had landed. */
  async function takenOver(name: string): Promise<number> {
    const { rows } = await knex.raw<{ rows: { taken: number }[] }>(
      `select (select count(*) from landed_file f where f.name = :name
           and f.landed_at is not null and f.state not in ('UPLOADING', 'PARTIAL'))::int
         + (select count(*) from journal_event j where j.file_name = :name
           and j.code = 'amqp.repeated')::int as taken`,
      { name },
    );
    return rows[0]?.taken ?? 0;
  }
  const publish = (publisher: TestPublisher, name: string, content: Buffer | string) =>
    publisher.publish({
      ...{ exchange: `in.${sender}`, body: content, headers: headerOf(name, content) },
      options: { userId: username },
    });
  async function whilePublishing<T>(work: (publisher: TestPublisher) => Promise<T>): Promise<T> {
    const publisher = await publisherAt(broker.urlFor(username, password));
    try {
      return await work(publisher);
    } finally {
      await publisher.close();
    }
  }
  const send = (files: Files): Promise<void> =>
    whilePublishing(async (publisher) => {
      for (const [name, content] of Object.entries(files)) {
        const before = await takenOver(name);
        await publish(publisher, name, content);
        await eventually(
          async () => (await takenOver(name)) > before || undefined,
          `${name} taken over`,
          settledMs,
        );
      }
    });
  return {
    ...{ exchange, channel: 'amqp', send },
    date: brusselsDate(systemClock.now()).replaceAll('-', ''),
    sendUnheard: (files) =>
      whilePublishing(async (publisher) => {
        const entries = Object.entries(files);
        for (const [name, content] of entries.slice(0, -1)) await publish(publisher, name, content);
        const [name, content] = entries.at(-1) ?? ['', ''];
        const unheard = publish(publisher, name, content).catch(() => 'unheard');
        await publisher.close();
        await unheard;
      }),
    async sendBlocked(files) {
      const model = await amqp.connect(broker.urlFor('payroll03', password));
      await model.close();
      await send(files);
    },
    /** The gateway has the message in hand, and its row cannot be written yet. */
    async begin(name, content) {
      const trx = await knex.transaction();
      await trx.raw('lock table landed_file in exclusive mode');
      await whilePublishing((publisher) => publish(publisher, name, content));
      await eventually(async () => {
        const { rows } = await knex.raw<{ rows: unknown[] }>(
          `select 1 from pg_locks l where not l.granted and l.relation = 'landed_file'::regclass`,
        );
        return rows.length > 0 || undefined;
      }, 'a landing that waits');
      return {
        async finish() {
          await trx.commit();
          await eventually(async () => (await takenOver(name)) > 0 || undefined, `${name} landed`);
        },
      };
    },
    stop: () => exchange.stop(),
    async close() {
      await exchange.close();
      await broker.drop();
    },
  };
}
