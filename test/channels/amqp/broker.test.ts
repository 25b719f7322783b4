import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import amqp from 'amqplib';
import { eventually } from '../../make/exchange.ts';
import { hasRabbitMq, testBroker, type TestBroker } from '../../make/rabbitmq.ts';

const plugins = [
  'rabbitmq_management',
  'rabbitmq_auth_backend_http',
  'rabbitmq_auth_mechanism_ssl',
];

(hasRabbitMq ? describe : describe.skip)('the broker of the tests', () => {
  let broker: TestBroker;
  beforeAll(async () => {
    broker = await testBroker();
  }, 300_000);
  afterAll(() => broker.drop());

  it('is a RabbitMQ with the plugins that sluis needs', async () => {
    // The node tells its plugins some seconds after it accepts connections.
    await eventually(
      async () => {
        const [node] = (await broker.ask('/nodes')) as Node[];
        const names = new Set(node?.applications?.map(({ name }) => name));
        return plugins.every((plugin) => names.has(plugin)) ? names : undefined;
      },
      `all of ${plugins.join(', ')}`,
    );
  });

  it('lets the gateway in to a virtual host of its own, on loopback alone', async () => {
    const connection = await amqp.connect(broker.url);
    await connection.close();
    const { listeners = [] } = (await broker.ask('/overview')) as Overview;

    // The port between nodes is shown as open to all, whatever it is bound to.
    const clients = listeners.filter(({ protocol }) => protocol.startsWith('amqp'));
    expect(clients.map(({ protocol }) => protocol).sort()).toEqual(['amqp', 'amqp/ssl']);
    expect(clients.map(({ ip_address }) => ip_address)).toEqual(clients.map(() => '127.0.0.1'));
  });
});

interface Node {
  readonly applications?: readonly { readonly name: string }[];
}

interface Overview {
  readonly listeners?: readonly { readonly ip_address: string; readonly protocol: string }[];
}
