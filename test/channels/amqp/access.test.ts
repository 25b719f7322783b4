import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import amqp, { type ChannelModel } from 'amqplib';
import { selfSignedCertificate, type SelfSigned } from '../../../src/seal/index.ts';
import {
  amqpSettings,
  headerOf,
  provisioned,
  publisherAt,
  switchOn,
  takeAll,
} from '../../make/amqp.ts';
import { needsProgram, run } from '../../make/amqp-clients.ts';
import type { ConnectionStepReport } from '../../../src/channels/index.ts';
import { testChannel } from '../../../src/connection-tests.ts';
import { anExchange, aSet, eventually, type Exchange } from '../../make/exchange.ts';
import { medcFile, soundForms } from '../../make/medc-file.ts';
import { clientName, hasRabbitMq, testBroker, type TestBroker } from '../../make/rabbitmq.ts';
import { systemClock } from '../../../src/vocabulary/index.ts';

const startMs = 400_000;
const subject = `CN=${clientName},O=sluis tests,C=BE`;
const password = 'correct horse battery';
const by = 'test';
const dayMs = 86_400_000;

(hasRabbitMq ? describe : describe.skip)('logging in over AMQP', () => {
  let broker: TestBroker;
  let exchange: Exchange;
  let folder: string;

  beforeAll(async () => {
    broker = await testBroker({ questions: true });
    folder = await mkdtemp(join(tmpdir(), 'sluis-amqp-'));
    // TLS looks at the real clock.
    exchange = await anExchange({ clock: systemClock, settings: amqpSettings(broker) });
    await exchange.register({ sender: '200002' });
    await switchOn(exchange);
    const { technicalUsers } = exchange.office.identity;
    const sender = '123456';
    await technicalUsers.register({ username: 'payroll01', sender, by, password });
    await technicalUsers.register({ username: 'payroll03', sender, by, password });
    const file = Buffer.from(broker.client.certificate);
    await technicalUsers.register({ username: 'payroll02', sender, by, certificates: [file] });
    await provisioned(broker, 'payroll01');
    await provisioned(broker, 'payroll02');
  }, startMs);
  afterAll(async () => {
    await exchange.close();
    await broker.drop();
    await rm(folder, { recursive: true, force: true });
  });

  const refusedWith = async (url: string, options: amqp.SocketOptions = {}): Promise<unknown> => {
    try {
      const model = await amqp.connect(url, options);
      await model.close();
      return 'let in';
    } catch (error) {
      return (error as Error).message;
    }
  };
  /** What the broker says when something is done on a channel of its own. */
  const denied = async (
    model: ChannelModel,
    act: (channel: amqp.ConfirmChannel) => Promise<unknown>,
  ): Promise<string> => {
    const channel = await model.createConfirmChannel();
    const said = new Promise<string>((resolve) => {
      channel.once('error', (error: Error) => {
        resolve(error.message);
      });
    });
    try {
      await act(channel);
      return 'done';
    } catch {
      // The broker's reason comes with the end of the channel.
      return said;
    }
  };

  /** The login a batch is known to come from. */
  const broughtBy = async (go: string): Promise<unknown> => {
    const { ticket } = await exchange.batchOf(go);
    const row = await exchange.office.database
      .knex<{ readonly ticket: string; readonly username: string }>('batch')
      .where('ticket', ticket)
      .first();
    return row?.username;
  };

  it('takes the password of a technical user, and no other', async () => {
    expect(await refusedWith(broker.urlFor('payroll01', password))).toBe('let in');
    expect(await refusedWith(broker.urlFor('payroll01', 'wrong'))).toMatch(/403/);
    expect(await refusedWith(broker.urlFor('payroll01', ''))).toMatch(/403/);
    expect(await refusedWith(broker.urlFor('nobody99', password))).toMatch(/403/);
  });

  it('takes no password alone where the account needs its key as well', async () => {
    const { username } = exchange.secretariat;

    expect(await refusedWith(broker.urlFor(username, password))).toMatch(/403/);
  });

  it('opens no other virtual host', async () => {
    const elsewhere = broker.urlFor('payroll01', password).replace(/\/[^/]+$/, '/%2F');

    expect(await refusedWith(elsewhere)).toMatch(/ConnectionClose|530|403/);
  });

  needsProgram('pika')('tells a client that wants another virtual host so, with 530', async () => {
    const elsewhere = broker.urlFor('payroll01', password).replace(/\/[^/]+$/, '/%2F');
    const lines = `import pika, sys\npika.BlockingConnection(pika.URLParameters(sys.argv[1]))`;

    const { code, output } = await run('/usr/bin/python3', ['-c', lines, elsewhere]);

    expect(code).not.toBe(0);
    expect(output).toMatch(/530.*NOT_ALLOWED/);
  });

  it('opens the own exchanges and answers, and nothing of others', async () => {
    const model = await amqp.connect(broker.urlFor('payroll01', password));
    model.on('error', () => undefined);
    const write = (exchangeName: string, key = 'production') =>
      denied(
        model,
        (channel) =>
          new Promise<string>((resolve, reject) => {
            channel.publish(exchangeName, key, Buffer.alloc(0), {}, (error: unknown) => {
              if (error) reject(new Error('refused', { cause: error }));
              else resolve('done');
            });
          }),
      );
    const read = (queue: string) => denied(model, (channel) => channel.get(queue));

    expect(await read('out.123456.production')).toBe('done');
    expect(await read('events.123456')).toBe('done');
    expect(await read('out.200002.production')).toMatch(/403|404/);
    expect(await read('in.123456.production')).toMatch(/403/);
    expect(await read('sluis.quarantine')).toMatch(/403/);
    expect(await write('in.200002')).toMatch(/403|404/);
    expect(await write('as.payroll03')).toMatch(/403/);
    expect(await write('', 'out.123456.production')).toMatch(/403/);
    expect(await write('sluis.events', 'x')).toMatch(/403/);
    expect(await denied(model, (channel) => channel.assertQueue('mine'))).toMatch(/403/);
    await model.close();
  });

  it('has the broker refuse a user-id that is not the own', async () => {
    const publisher = await publisherAt(broker.urlFor('payroll01', password));
    const said = new Promise<string>((resolve) => {
      publisher.channel.once('error', (error: Error) => {
        resolve(error.message);
      });
    });

    publisher
      .publish({
        ...{ exchange: 'in.123456', body: '', headers: {} },
        options: { userId: 'payroll03' },
      })
      .catch(() => undefined);

    expect(await said).toMatch(/406/);
    await publisher.close();
  });

  it('returns what no queue is bound for', async () => {
    const publisher = await publisherAt(broker.urlFor('payroll01', password));
    const returned = new Promise<string>((resolve) => {
      publisher.channel.once('return', ({ fields }: amqp.Message) => {
        resolve(fields.routingKey);
      });
    });

    await publisher.publish({
      exchange: 'as.payroll01',
      routingKey: 'prod',
      body: '',
      headers: {},
    });

    expect(await returned).toBe('prod');
    await publisher.close();
  });

  it('takes the registered certificate, which then names the sender', async () => {
    const url = `amqps://127.0.0.1:${String(broker.facts.amqpsPort)}/${broker.vhost}`;
    const tls = {
      ...{ ca: broker.certificate, cert: broker.client.certificate, key: broker.client.key },
      ...{ credentials: amqp.credentials.external(), servername: 'localhost' },
      checkServerIdentity: () => undefined,
    };
    const model = await eventually(() => amqp.connect(url, tls), 'login by certificate');
    model.on('error', () => undefined);
    const channel = await model.createConfirmChannel();
    const { go, files } = aSet(exchange.secretariat, medcFile(soundForms(1)), todays());
    for (const [name, body] of Object.entries(files)) {
      channel.publish('in.123456', 'production', Buffer.from(body), {
        ...{ headers: headerOf(name, body), userId: subject, persistent: true },
      });
    }
    await channel.waitForConfirms();

    expect(await broughtBy(go)).toBe('payroll02');
    await model.close();
  });

  it('takes no other certificate, not even one of the same name, issuer and serial', async () => {
    const url = `amqps://127.0.0.1:${String(broker.facts.amqpsPort)}/${broker.vhost}`;
    const tlsOf = ({
      certificatePem,
      keyPem,
    }: Pick<SelfSigned, 'certificatePem' | 'keyPem'>): amqp.SocketOptions => ({
      ...{ ca: broker.certificate, cert: certificatePem, key: keyPem, servername: 'localhost' },
      ...{ credentials: amqp.credentials.external(), checkServerIdentity: () => undefined },
    });
    const stranger = await certificateFor('Stranger');
    const sameName = await certificateFor(clientName);

    expect(await refusedWith(url, tlsOf(stranger))).not.toBe('let in');
    expect(await refusedWith(url, tlsOf(sameName))).not.toBe('let in');
    const { serialNumber } = new X509Certificate(broker.client.certificate);
    const forged = ['-days', '9', '-subj', `/C=BE/O=sluis tests/CN=${clientName}`, '-set_serial'];
    await run('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...[...forged, `0x${serialNumber}`, '-keyout', `${folder}/key`, '-out', `${folder}/crt`],
    ]);
    const [keyPem, certificatePem] = [
      readFileSync(`${folder}/key`, 'utf8'),
      readFileSync(`${folder}/crt`, 'utf8'),
    ];
    expect(new X509Certificate(certificatePem).serialNumber).toBe(serialNumber);
    expect(await refusedWith(url, tlsOf({ keyPem, certificatePem }))).not.toBe('let in');
  });

  it('is waited for live by the test of the connection', async () => {
    const values = { username: 'payroll01', url: broker.url, managementUrl: broker.managementUrl };
    const signal = AbortSignal.timeout(startMs);
    const reports: ConnectionStepReport[] = [];
    let knocking: Promise<void> | undefined;
    let over = false;
    const knock = async (): Promise<void> => {
      while (!over) await refusedWith(broker.urlFor('payroll01', password));
    };

    for await (const report of testChannel(exchange.office, { channel: 'amqp', values }, signal)) {
      reports.push(report);
      if (report.reason?.startsWith('waiting for the first login') === true) knocking = knock();
    }
    over = true;
    await knocking;

    const ended = reports.filter(({ state }) => state !== 'running');
    expect(ended.map(({ step, state }) => `${step} ${state}`)).toEqual([
      ...['name passed', 'TCP passed', 'TLS passed', 'login passed', 'rights passed'],
      ...['round trip passed', 'account passed', 'first login passed'],
    ]);
    expect(ended.at(-1)?.reason).toBe('logged in from amqp');
  });

  it('cuts a blocked user off within a second, and lets it in no more', async () => {
    const url = broker.urlFor('payroll03', password);
    const model = await amqp.connect(url);
    model.on('error', () => undefined);
    const closed = new Promise<{ readonly at: number; readonly said: string }>((resolve) => {
      model.once('close', (error?: Error) => {
        resolve({ at: performance.now(), said: error?.message ?? '' });
      });
    });

    const blocked = performance.now();
    await exchange.office.identity.technicalUsers.block({ username: 'payroll03', by });

    const { at, said } = await closed;
    expect(at - blocked).toBeLessThan(1_000);
    expect(said).toContain('320');
    expect(await refusedWith(url)).toMatch(/403/);
  });

  needsProgram('pika')('with pika, sends a set and receives its answers', async () => {
    const { go, files } = aSet(exchange.secretariat, medcFile(soundForms(2)), todays());
    const messages = Object.entries(files).map(([name, body]) => ({
      headers: headerOf(name, body),
      body: String(body),
    }));
    await takeAll(broker.url, 'out.123456.production');
    const plan = join(folder, 'plan.json');
    await writeFile(plan, JSON.stringify({ url: broker.urlFor('payroll01', password), messages }));

    const outcome = await run('/usr/bin/python3', [
      join(import.meta.dirname, '../../make/pika-exchange.py'),
      plan,
    ]);

    expect(outcome).toMatchObject({ code: 0 });
    const names = outcome.output.trim().split('\n');
    expect(names).toHaveLength(9);
    expect(names[0]).toMatch(/^FO\.ACRF/);
    expect(await broughtBy(go)).toBe('payroll01');
  });

  needsProgram('amqp-publish')('with amqp-tools, sends a set and receives an answer', async () => {
    const { go, files } = aSet(exchange.secretariat, medcFile(soundForms(2)), todays());
    await takeAll(broker.url, 'out.123456.production');
    const url = broker.urlFor('payroll01', password);

    for (const [name, body] of Object.entries(files)) {
      const headers = Object.entries(headerOf(name, body)).flatMap(([key, value]) => [
        ...['-H', `${key}: ${String(value)}`],
      ]);
      const path = join(folder, name);
      await writeFile(path, body);
      const options = [`--url=${url}`, '-e', 'as.payroll01', '-r', 'production', '-p', ...headers];
      const sent = await run('/bin/sh', ['-c', 'amqp-publish "$@" < "$0"', path, ...options]);
      expect(sent).toMatchObject({ code: 0 });
    }
    expect((await exchange.batchOf(go)).receipt).toMatchObject({ result: 'accepted' });
    const got = await run('amqp-consume', [
      ...[`--url=${url}`, '-q', 'out.123456.production', '-c', '1', 'cat'],
    ]);

    expect(got.output).toContain('<ACRF');
  });

  it('cuts off whoever came in with a certificate that is retired, though the account stays', async () => {
    const url = `amqps://127.0.0.1:${String(broker.facts.amqpsPort)}/${broker.vhost}`;
    const tls = {
      ...{ ca: broker.certificate, cert: broker.client.certificate, key: broker.client.key },
      ...{ credentials: amqp.credentials.external(), servername: 'localhost' },
      checkServerIdentity: () => undefined,
    };
    const model = await eventually(() => amqp.connect(url, tls), 'login by certificate');
    model.on('error', () => undefined);
    const closed = new Promise((resolve) => model.once('close', resolve));

    const fingerprint = new X509Certificate(broker.client.certificate).fingerprint256;
    const { certificates } = exchange.office.identity;
    await certificates.retire({ username: 'payroll02', fingerprint, by });
    await closed;

    expect(await refusedWith(url, tls)).not.toBe('let in');
  });
});

function todays(): { readonly date: string } {
  return { date: new Date().toISOString().slice(0, 10).replaceAll('-', '') };
}

function certificateFor(commonName: string): Promise<SelfSigned> {
  const now = Date.now();
  return selfSignedCertificate({
    ...{ commonName, keyPair: { type: 'ec', curve: 'P-256' } },
    from: new Date(now - dayMs),
    to: new Date(now + 365 * dayMs),
  });
}
