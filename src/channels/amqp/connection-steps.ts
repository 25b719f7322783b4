import { randomUUID } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import amqp, { type ChannelModel } from 'amqplib';
import { Failure } from '../../vocabulary/index.ts';
import type { ConnectionStep } from '../connection-test.ts';
import type { Management } from './management.ts';

/** The broker a channel is tested with; nothing of it need be in the settings. */
export interface BrokerToTest {
  /** `amqp://USER:PASSWORD@HOST:PORT/VHOST`, or amqps. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** PEM; the system's authorities otherwise. */
  readonly ca: string | undefined;
  readonly management: Management;
}

const connectMs = 10_000;
const pluginsNeeded = ['rabbitmq_auth_backend_http'];

/**
 * Tests a broker step by step: its name, the port, TLS, our login, what we may do there, and a
 * message there and back over a queue that is gone with the test. The values are asked for in the
 * first step.
 */
export function amqpBrokerSteps(values: () => BrokerToTest): readonly ConnectionStep[] {
  let place: BrokerToTest | undefined;
  let model: ChannelModel | undefined;
  const given = (): BrokerToTest => {
    if (place !== undefined) return place;
    throw new Failure('registration.invalid', { why: 'there are no values' });
  };
  /** A step that fails or is cancelled leaves no connection behind. */
  const held = async (
    signal: AbortSignal,
    work: (open: ChannelModel) => Promise<string>,
  ): Promise<string> => {
    if (model === undefined) throw new Failure('channel.unreachable', { why: 'not connected' });
    const open = model;
    const cut = (): void => {
      void closeAtOnce(open);
    };
    signal.addEventListener('abort', cut, { once: true });
    try {
      return await work(open);
    } catch (error) {
      await closeAtOnce(open);
      throw plain(error);
    } finally {
      signal.removeEventListener('abort', cut);
    }
  };
  return [
    {
      step: 'name',
      run() {
        place = values();
        return nameStep(place.host);
      },
    },
    { step: 'TCP', run: (signal) => tcpStep(given(), signal) },
    { step: 'TLS', run: (signal) => tlsStep(given(), signal) },
    {
      step: 'login',
      async run(signal) {
        model = await logIn(given(), signal);
        return `logged in as ${decodeURIComponent(new URL(given().url).username)}`;
      },
    },
    { step: 'rights', run: (signal) => held(signal, () => rightsStep(given().management)) },
    {
      step: 'round trip',
      run: (signal) =>
        held(signal, async (open) => {
          const found = await roundTripStep(open);
          await open.close();
          return found;
        }),
    },
  ];
}

async function nameStep(host: string): Promise<string> {
  if (isIP(host) !== 0) return 'an address, no name';
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address).join(', ');
}

async function tcpStep({ host, port }: BrokerToTest, signal: AbortSignal): Promise<string> {
  const socket = connect({ host, port, signal });
  try {
    await once(socket, 'connect', { signal });
    return `connected to ${socket.remoteAddress ?? host}`;
  } finally {
    discard(socket);
  }
}

async function tlsStep(o: BrokerToTest, signal: AbortSignal): Promise<string> {
  if (new URL(o.url).protocol !== 'amqps:') return 'not asked for (amqp://)';
  const { host, port, ca } = o;
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const socket = connectTls({ host, port, ...servername, ...(ca === undefined ? {} : { ca }) });
  const cut = (): void => {
    socket.destroy();
  };
  signal.addEventListener('abort', cut, { once: true });
  try {
    await once(socket, 'secureConnect', { signal });
    return `${socket.getProtocol() ?? 'TLS'}, certificate until ${socket.getPeerCertificate().valid_to}`;
  } finally {
    signal.removeEventListener('abort', cut);
    discard(socket);
  }
}

function discard(socket: Socket): void {
  // What befalls it from here on is of no interest.
  socket.on('error', () => undefined);
  socket.destroy();
}

async function logIn({ url, ca, host }: BrokerToTest, signal: AbortSignal): Promise<ChannelModel> {
  const options = {
    timeout: connectMs,
    servername: host,
    clientProperties: { connection_name: 'sluis connection test' },
    ...(ca === undefined ? {} : { ca }),
  };
  const opening = amqp.connect(url, options);
  try {
    const model = await opening;
    // Without a listener the library would end the process; the steps tell what befell it.
    model.on('error', () => undefined);
    if (signal.aborted) await closeAtOnce(model);
    return model;
  } catch (error) {
    throw plain(error);
  }
}

async function rightsStep(management: Management): Promise<string> {
  const [version, plugins] = [await management.version(), await management.plugins()];
  const exchanges = await management.exchanges();
  const absent = pluginsNeeded.filter((one) => plugins.length > 0 && !plugins.includes(one));
  if (absent.length > 0) {
    const why = `${absent.join(', ')} is not enabled: no technical user can log in`;
    throw new Failure('channel.refused', { why });
  }
  return `RabbitMQ ${version}, ${String(exchanges.length)} exchanges are ours to see`;
}

async function roundTripStep(model: ChannelModel): Promise<string> {
  const channel = await model.createConfirmChannel();
  // The broker's reason comes with the call that failed.
  channel.on('error', () => undefined);
  const { queue } = await channel.assertQueue('', { exclusive: true, autoDelete: true });
  const began = performance.now();
  const messageId = randomUUID();
  channel.sendToQueue(queue, Buffer.from('sluis'), { messageId, mandatory: true });
  await channel.waitForConfirms();
  const message = await channel.get(queue, { noAck: true });
  if (message === false || message.properties.messageId !== messageId) {
    throw new Failure('channel.differs', { why: 'the message did not come back' });
  }
  return `there and back in ${String(Math.round(performance.now() - began))} ms`;
}

async function closeAtOnce(model: ChannelModel): Promise<void> {
  try {
    await model.close();
  } catch {
    // It was closed already, which is what was wanted.
  }
}

/** Words of the protocol, in words for people. */
function plain(error: unknown): unknown {
  const { message } = (error ?? {}) as { readonly message?: unknown };
  if (typeof message !== 'string' || error instanceof Failure) return error;
  const why = [
    { says: /ACCESS_REFUSED|403/, why: 'the broker does not accept the user or its password' },
    { says: /NOT_ALLOWED|530/, why: 'there is no such virtual host, or it is not ours to open' },
    {
      says: /Expected ConnectionOpenOk/,
      why: 'the virtual host is not there, or not ours to open',
    },
  ].find(({ says }) => says.test(message))?.why;
  return why === undefined ? error : new Failure('channel.refused', { why }, error);
}
