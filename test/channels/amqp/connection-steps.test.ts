import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openManagement } from '../../../src/channels/amqp/management.ts';
import {
  amqpBrokerSteps,
  testConnection,
  type ConnectionStepReport,
} from '../../../src/channels/index.ts';
import { lineProxy } from '../../make/line-proxy.ts';
import { hasRabbitMq, testBroker, type TestBroker } from '../../make/rabbitmq.ts';

const steps = ['name', 'TCP', 'TLS', 'login', 'rights', 'round trip'];

(hasRabbitMq ? describe : describe.skip)('a test of the broker', () => {
  let broker: TestBroker;
  beforeAll(async () => {
    broker = await testBroker();
  }, 300_000);
  afterAll(() => broker.drop());

  async function tested(
    o: { readonly url?: string; readonly ca?: string; readonly signal?: AbortSignal } = {},
  ): Promise<readonly ConnectionStepReport[]> {
    const { url = broker.url, ca, signal = new AbortController().signal } = o;
    const { hostname: host, port } = new URL(url);
    const management = openManagement({ url: broker.managementUrl, vhost: broker.vhost });
    const all: ConnectionStepReport[] = [];
    const place = { url, host, port: Number(port), ca, management };
    for await (const report of testConnection(
      amqpBrokerSteps(() => place),
      signal,
    )) {
      if (report.state !== 'running') all.push(report);
    }
    return all;
  }
  const withUrl = (change: (url: URL) => void): string => {
    const url = new URL(broker.url);
    change(url);
    return url.href;
  };

  it('passes every step of a sound one, and says what it found', async () => {
    const reports = await tested();

    expect(reports.map(({ step, state }) => [step, state])).toEqual(
      steps.map((step) => [step, 'passed']),
    );
    expect(reports.at(-2)?.reason).toMatch(/^RabbitMQ \d/);
    expect(reports.at(-1)?.reason).toMatch(/there and back in \d+ ms/);
  });

  it('passes with TLS and the authority of its certificate', async () => {
    const url = withUrl((one) => {
      one.protocol = 'amqps:';
      one.hostname = 'localhost';
      one.port = String(broker.facts.amqpsPort);
    });

    const reports = await tested({ url, ca: broker.certificate });

    expect(reports.find(({ step }) => step === 'TLS')).toMatchObject({
      state: 'passed',
      reason: expect.stringMatching(/^TLSv1\.[23], certificate until /),
    });
    expect(reports.at(-1)?.state).toBe('passed');
  });

  it.each([
    ['TCP', 'nothing listens', () => withUrl((url) => void (url.port = '1'))],
    ['login', 'does not accept', () => withUrl((url) => void (url.password = 'wrong'))],
    ['login', 'virtual host', () => withUrl((url) => void (url.pathname = '/nowhere'))],
    ['TLS', 'signed by nobody trusted', tlsUrl],
  ] as const)('fails at %s: %s', async (step, reason, url) => {
    const reports = await tested({ url: url() });

    const failed = reports.filter(({ state }) => state === 'failed');
    expect(failed).toMatchObject([{ step, reason: expect.stringContaining(reason) }]);
    expect(reports.at(-1)?.state).toBe('skipped');
  });

  it('can be cancelled in the middle', async () => {
    // A line that takes calls and never answers.
    const line = await lineProxy({ port: broker.facts.amqpPort });
    line.holdBack();
    const cut = new AbortController();
    const url = withUrl((one) => {
      one.port = String(line.port);
    });

    const testing = tested({ url, signal: cut.signal });
    await line.asked();
    cut.abort();

    expect((await testing).at(-1)?.state).toBe('cancelled');
    await line.close();
  });

  function tlsUrl(): string {
    return withUrl((url) => {
      url.protocol = 'amqps:';
      url.port = String(broker.facts.amqpsPort);
    });
  }
});
