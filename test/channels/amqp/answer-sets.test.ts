import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { GetMessage } from 'amqplib';
import {
  amqpSettings,
  headerOf,
  provisioned,
  publisherAt,
  sha256,
  switchOn,
  takeAll,
} from '../../make/amqp.ts';
import { manualClock } from '../../make/clock.ts';
import { anExchange, aSet, eventually, type Exchange } from '../../make/exchange.ts';
import { medcFile, soundForms } from '../../make/medc-file.ts';
import { hasRabbitMq, testBroker, type TestBroker } from '../../make/rabbitmq.ts';

const out = 'out.123456.production';

(hasRabbitMq ? describe : describe.skip)('answers over AMQP, a set a message', () => {
  let broker: TestBroker;
  let exchange: Exchange;

  beforeAll(async () => {
    broker = await testBroker({ questions: true });
    exchange = await anExchange({
      clock: manualClock('2026-01-15T12:00:00Z'),
      settings: { ...amqpSettings(broker), amqpAnswers: 'set' },
    });
    await switchOn(exchange);
    await provisioned(broker, exchange.secretariat.username);
  }, 300_000);
  afterAll(async () => {
    await exchange.close();
    await broker.drop();
  });

  it('brings three messages, each the answer with the seal that its file would have', async () => {
    const { go, files } = aSet(exchange.secretariat, medcFile(soundForms(3)));
    const publisher = await publisherAt(broker.url);
    for (const [name, body] of Object.entries(files)) {
      const headers = headerOf(name, body);
      await publisher.publish({ exchange: `as.${exchange.secretariat.username}`, body, headers });
    }
    await publisher.close();

    const batch = await exchange.batchOf(go, ({ state, parcels }) => {
      const delivered = parcels.filter((one) => one.state === 'DELIVERED');
      return state === 'NOTIFIED' && delivered.length === 3;
    });
    const messages = await eventually<readonly GetMessage[]>(async () => {
      const all = await takeAll(broker.url, out);
      return all.length > 0 ? all : undefined;
    }, 'answers');

    const { rows } = await exchange.office.database.knex.raw<{
      rows: { answer: string; sha256: string; seal: string; ticket: string }[];
    }>(
      `select fo.name as answer, encode(fo.sha256, 'hex') as sha256,
         convert_from(fs.content, 'UTF8') as seal, b.ticket
       from parcel p join batch b on b.id = p.batch_id
       join parcel_file fo on fo.parcel_id = p.id and fo.ordinal = 0
       join parcel_file fs on fs.parcel_id = p.id and fs.ordinal = 1
       where b.ticket = ? order by p.id`,
      [batch.ticket],
    );
    expect(rows.map(({ answer }) => answer.slice(0, 7))).toEqual(['FO.ACRF', 'FO.NOTI', 'FO.STAT']);
    expect(
      messages.map(({ properties, content }) => ({
        answer: String(properties.headers?.['FileName']),
        sha256: sha256(content),
        seal: String(properties.headers?.['Signature']),
        ticket: String(properties.correlationId),
      })),
    ).toEqual(rows);
    expect(messages.map(({ properties }) => String(properties.messageId))).toEqual(
      rows.map(({ answer, ticket }) => `${ticket}-${answer.slice(3, 7)}/${answer}`),
    );
  }, 300_000);
});
