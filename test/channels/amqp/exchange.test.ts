import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { GetMessage } from 'amqplib';
import {
  amqpSettings,
  headerOf,
  provisioned,
  publisherAt,
  sha256,
  switchOn,
  takeAll,
  type TestPublisher,
} from '../../make/amqp.ts';
import { manualClock } from '../../make/clock.ts';
import { anExchange, aSet, eventually, type Exchange } from '../../make/exchange.ts';
import { medcFile, soundForms } from '../../make/medc-file.ts';
import { hasRabbitMq, testBroker, type TestBroker } from '../../make/rabbitmq.ts';

const startMs = 400_000;
const out = 'out.123456.production';

(hasRabbitMq ? describe : describe.skip)('a set over AMQP', () => {
  let broker: TestBroker;
  let exchange: Exchange;
  let publisher: TestPublisher;
  let own: string;

  beforeAll(async () => {
    broker = await testBroker();
    exchange = await anExchange({
      clock: manualClock('2026-01-15T12:00:00Z'),
      settings: amqpSettings(broker),
    });
    await switchOn(exchange);
    own = `as.${exchange.secretariat.username}`;
    publisher = await publisherAt(broker.url);
    await provisioned(broker, exchange.secretariat.username);
  }, startMs);
  afterAll(async () => {
    await publisher.close();
    await exchange.close();
    await broker.drop();
  });
  beforeEach(async () => {
    await takeAll(broker.url, out);
  });

  const content = medcFile(soundForms(3));
  const send = (
    name: string,
    body: Buffer | string,
    o: {
      readonly headers?: Readonly<Record<string, unknown>>;
      readonly messageId?: string;
      readonly contentType?: string;
      readonly exchange?: string;
    } = {},
  ): Promise<void> => {
    const { messageId, contentType } = o;
    return publisher.publish({
      exchange: o.exchange ?? own,
      body,
      headers: headerOf(name, body, o.headers),
      options: {
        ...(messageId === undefined ? {} : { messageId }),
        ...(contentType === undefined ? {} : { contentType }),
      },
    });
  };
  const sendAll = async (files: Readonly<Record<string, Buffer | string>>): Promise<void> => {
    for (const [name, body] of Object.entries(files)) await send(name, body);
  };
  const answers = async (count: number): Promise<readonly GetMessage[]> => {
    const found: GetMessage[] = [];
    return eventually(
      async () => {
        found.push(...(await takeAll(broker.url, out)));
        return found.length >= count ? found : undefined;
      },
      `${String(count)} answers`,
    );
  };
  /** The first reception code of the receipt for a file or its set. */
  const refusal = async (name: string): Promise<unknown> => {
    const batch = await exchange.batchOf(name);
    return (batch.receipt as { readonly errors?: readonly { code: string }[] }).errors?.[0]?.code;
  };

  it('is answered by nine messages in the order FO, FS, GO, each with the published header', async () => {
    const { go, files } = aSet(exchange.secretariat, content);

    await sendAll(files);

    expect((await exchange.batchOf(go)).receipt).toMatchObject({ result: 'accepted' });
    const messages = await answers(9);
    const named = messages.map(({ properties }) => String(properties.headers?.['FileName']));
    expect(named.map((name) => name.slice(0, 7))).toEqual(
      ['ACRF', 'NOTI', 'STAT'].flatMap((kind) => ['FO', 'FS', 'GO'].map((one) => `${one}.${kind}`)),
    );
    for (const { properties, content: body } of messages) {
      expect(properties.headers).toMatchObject({
        ...{ UserId: '999999', Environment: 'R', Compressed: 0 },
        ...{ LengthNonCompressed: body.length, FileSha256: sha256(body) },
      });
      expect(properties.messageId).toMatch(/^S\d{12}-(ACRF|NOTI|STAT)\/(FO|FS|GO)\./);
      expect(properties.userId).toBe(broker.facts.username);
    }
  });

  it('comes as one message when its signature is a property', async () => {
    const { go, files } = aSet(exchange.secretariat, content);
    const [name = '', signatureName = ''] = Object.keys(files);

    await send(name, content, { headers: { Signature: String(files[signatureName]) } });

    expect((await exchange.batchOf(go)).receipt).toMatchObject({ result: 'accepted' });
  });

  it('comes as one message twice, and is answered twice with the same answers', async () => {
    const { go, files } = aSet(exchange.secretariat, content);
    const [name = '', signatureName = ''] = Object.keys(files);
    const headers = { Signature: String(files[signatureName]) };
    const ids = (list: readonly GetMessage[]): unknown[] =>
      list.map(({ properties, content: body }) => [String(properties.messageId), sha256(body)]);
    await send(name, content, { headers });
    const { ticket } = await exchange.batchOf(go);
    const before = await answers(9);

    await send(name, content, { headers });

    expect(ids(await answers(9))).toEqual(ids(before));
    const again = await exchange.batchOf(go);
    expect(again.ticket).toBe(ticket);
    expect(again.timeline.filter(({ code }) => code === 'batch.repeated')).toHaveLength(1);
  });

  it('is refused with 246 when it holds more forms than the one its reference names', async () => {
    const { go, files } = aSet(exchange.secretariat, content);
    const [name = ''] = Object.keys(files);
    const headers = { FormReferenceNbr: 'FORM000000001' };

    for (const [one, body] of Object.entries(files)) {
      await send(one, body, one === name ? { headers } : {});
    }

    expect(await refusal(go)).toBe('246');
  });

  it('is answered again, and judged once, when it is sent again', async () => {
    const { go, files } = aSet(exchange.secretariat, content);
    await sendAll(files);
    const first = await exchange.batchOf(go);
    const before = await answers(9);

    await sendAll(files);

    const again = await answers(9);
    const ids = (list: readonly GetMessage[]): unknown[] =>
      list.map(({ properties, content: body }) => [String(properties.messageId), sha256(body)]);
    expect(ids(again)).toEqual(ids(before));
    expect((await exchange.batchOf(go)).ticket).toBe(first.ticket);
  });

  it('is answered again when only its GO is sent again by a client that saw no confirm', async () => {
    const { go, files } = aSet(exchange.secretariat, content);
    for (const [name, body] of Object.entries(files)) await send(name, body, { messageId: name });
    const { ticket } = await exchange.batchOf(go);
    await answers(9);

    await send(go, '', { messageId: go });

    expect(await answers(9)).toHaveLength(9);
    expect((await exchange.batchOf(go)).ticket).toBe(ticket);
  });

  it('is refused with 133 when the same message id comes with other content', async () => {
    const { go, files } = aSet(exchange.secretariat, content);
    for (const [name, body] of Object.entries(files)) await send(name, body, { messageId: name });
    await exchange.batchOf(go);
    const { go: other, files: others } = aSet(exchange.secretariat, content);
    const [name = '', signature = ''] = Object.keys(others);
    const [used = ''] = Object.keys(files);

    await send(name, `${content} `, { messageId: used });
    await send(signature, String(others[signature]));
    await send(other, '');

    expect(await refusal(other)).toBe('133');
  });

  it('may be uploaded over SFTP and announced over AMQP', async () => {
    const { go, files } = aSet(exchange.secretariat, content);
    const uploads = Object.fromEntries(Object.entries(files).filter(([name]) => name !== go));
    await exchange.hand(uploads);
    const announced = Object.entries(uploads).map(([name, body]) => ({
      ...{ name, bytes: Buffer.byteLength(body), sha256: sha256(body) },
    }));

    const body = JSON.stringify({ files: announced });
    await send(go, body, { contentType: 'application/json' });

    expect((await exchange.batchOf(go)).receipt).toMatchObject({ result: 'accepted' });
    expect(await answers(9)).toHaveLength(9);
  });

  it('is refused with 131 when what was uploaded is not what was announced', async () => {
    const { go, files } = aSet(exchange.secretariat, content);
    const uploads = Object.fromEntries(Object.entries(files).filter(([name]) => name !== go));
    await exchange.hand(uploads);
    const [name = ''] = Object.keys(files);

    const body = JSON.stringify({ files: [{ name, bytes: 1, sha256: sha256('other') }] });
    await send(go, body, { contentType: 'application/json' });

    expect(await refusal(go)).toBe('131');
  });

  it.each([
    ['108', { UserId: '654321' }],
    ['117', { Environment: 'P' }],
    ['119', { Environment: 'T' }],
    ['215', { FileReferenceNbr: 'SHORT' }],
    ['226', { Compressed: 2 }],
    ['227', { LengthNonCompressed: 1 }],
    ['229', { Compressed: 1 }],
    ['258', { Identification: 'DMFA' }],
  ])('is refused with %s for the header %j', async (code, headers) => {
    const { go, files } = aSet(exchange.secretariat, content);
    const [name = ''] = Object.keys(files);

    for (const [one, body] of Object.entries(files)) {
      await send(one, body, one === name ? { headers } : {});
    }

    expect(await refusal(go)).toBe(code);
  });

  it('is refused with 108 when the message does not say which login sent it', async () => {
    const { go, files } = aSet(exchange.secretariat, content);

    for (const [name, body] of Object.entries(files)) {
      await send(name, body, { exchange: 'in.123456' });
    }

    expect(await refusal(go)).toBe('108');
  });

  it('is refused with 184 when a message is longer than a message may be', async () => {
    const long = Buffer.alloc(16 * 1024 ** 2 + 1, 0x20);
    const { go, files } = aSet(exchange.secretariat, content);
    const [name = ''] = Object.keys(files);

    for (const [one, body] of Object.entries(files)) await send(one, one === name ? long : body);

    expect(await refusal(go)).toBe('184');
  });

  it('is told on the topic exchange, and its sender has a queue of it', async () => {
    await takeAll(broker.url, 'events.123456');
    const { go, files } = aSet(exchange.secretariat, content);

    await sendAll(files);
    const { ticket } = await exchange.batchOf(go);

    const told: GetMessage[] = [];
    await eventually(async () => {
      told.push(...(await takeAll(broker.url, 'events.123456')));
      return told.some(({ properties }) => properties.type === 'batch.notified') || undefined;
    }, 'event of the notification');
    const first = JSON.parse(String(told[0]?.content)) as Record<string, unknown>;
    expect(told[0]?.fields.routingKey).toBe('123456.production.batch.received');
    expect(first).toMatchObject({ version: 1, event: 'batch.received', ticket, channel: 'amqp' });
  });

  it('that names no file ends in quarantine, with a line in the journal that says why', async () => {
    await takeAll(broker.url, 'sluis.quarantine');

    await publisher.publish({ exchange: own, body: 'lost', headers: { Environment: 'R' } });

    const [kept] = await eventually(async () => {
      const all = await takeAll(broker.url, 'sluis.quarantine');
      return all.length > 0 ? all : undefined;
    }, 'message in quarantine');
    expect(kept?.content.toString()).toBe('lost');
    const line = await eventually(async () => {
      const lines = await exchange.office.journal.read({ newest: 50 });
      return lines.find((one) => one.code === 'amqp.quarantined');
    }, 'line of the journal');
    expect(line).toMatchObject({
      sender: '123456',
      facts: { queue: 'in.123456.production', reason: 'it could not be used or answered' },
    });
  });
});
