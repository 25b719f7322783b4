import { createHash } from 'node:crypto';
import amqp, { type ChannelModel, type ConfirmChannel, type GetMessage } from 'amqplib';
import type { SettingName } from '../../src/settings.ts';
import { eventually, type Exchange } from './exchange.ts';
import type { TestBroker } from './rabbitmq.ts';

/** Settings of a gateway that takes and gives over this broker, and answers it where that is its turn. */
export function amqpSettings(broker: TestBroker): Partial<Record<SettingName, string>> {
  const { authPort, authSecret } = broker.facts;
  return {
    roles: 'worker,amqp',
    amqpUrl: broker.url,
    amqpManagementUrl: broker.managementUrl,
    ...(broker.questions ? { amqpAuthPort: String(authPort), amqpAuthSecret: authSecret } : {}),
    amqpCertificates: 'yes',
  };
}

/** A header as the published rules want it, for a file of this name and length. */
export function headerOf(
  fileName: string,
  body: Buffer | string,
  changes: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const [, , sender, , sequence, environment] = fileName.split('.');
  const length = Buffer.byteLength(body);
  return {
    FileName: fileName,
    Identification: 'MEDC001',
    Environment: environment,
    FileReferenceNbr: `REF00000${String(sequence)}`,
    WebChannel: 0,
    DirectoryEnvironment: 0,
    UserId: sender,
    FormReferenceNbr: '0000000000000',
    ContentsStatus: 0,
    SectorPointId: '1',
    DataFormat: 0,
    MessageCreationDate: '2026-01-15',
    MessageCreationHour: '10:11:12.131',
    ErrorId: '',
    Compressed: 0,
    LengthNonCompressed: length,
    LengthCompressed: 0,
    ...changes,
  };
}

export interface TestPublisher {
  readonly model: ChannelModel;
  readonly channel: ConfirmChannel;
  /** Publishes and waits for the broker's confirm. */
  publish(o: {
    readonly exchange: string;
    readonly routingKey?: string;
    readonly body: Buffer | string;
    readonly headers: Record<string, unknown>;
    readonly options?: amqp.Options.Publish;
  }): Promise<void>;
  close(): Promise<void>;
}

/** A client of the library sluis itself uses, as some other program would use it. */
export async function publisherAt(url: string): Promise<TestPublisher> {
  const model = await amqp.connect(url);
  model.on('error', () => undefined);
  const channel = await model.createConfirmChannel();
  channel.on('error', () => undefined);
  return {
    model,
    channel,
    publish: ({ exchange, routingKey = 'production', body, headers, options }) =>
      new Promise((resolve, reject) => {
        const content = Buffer.from(body);
        const all = { persistent: true, mandatory: true, headers, ...options };
        channel.publish(exchange, routingKey, content, all, (error: unknown) => {
          if (error === null || error === undefined) resolve();
          else reject(new Error('not confirmed', { cause: error }));
        });
      }),
    async close() {
      await model.close().catch(() => undefined);
    },
  };
}

/** Takes what waits in a queue, and acknowledges it. */
export async function takeAll(url: string, queue: string): Promise<readonly GetMessage[]> {
  const model = await amqp.connect(url);
  try {
    const channel = await model.createChannel();
    const messages: GetMessage[] = [];
    for (;;) {
      const message = await channel.get(queue, { noAck: true });
      if (message === false) return messages;
      messages.push(message);
    }
  } finally {
    await model.close();
  }
}

/** Beyond the longest rest of a gateway between two connections. */
const waitingMs = 180_000;

/** Waits until so many messages are ready in a queue, or at least so many. */
export async function waitingIn(
  url: string,
  queue: string,
  wanted: number | { readonly least: number },
): Promise<void> {
  const isEnough = (count: number): boolean =>
    typeof wanted === 'number' ? count === wanted : count >= wanted.least;
  const model = await amqp.connect(url);
  try {
    const channel = await model.createChannel();
    await eventually(
      async () => isEnough((await channel.checkQueue(queue)).messageCount) || undefined,
      `${JSON.stringify(wanted)} messages in ${queue}`,
      waitingMs,
    );
  } finally {
    await model.close();
  }
}

export function sha256(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Registers AMQP for everything the sender may exchange, in production at once. */
export async function switchOn(exchange: Exchange): Promise<void> {
  const { sender } = exchange.secretariat;
  await exchange.office.identity.channels.open({ sender, channel: 'amqp', actor: { by: 'test' } });
}

/** Waits until the gateway has made what a login needs, its own exchange last. */
export async function provisioned(broker: TestBroker, username: string): Promise<void> {
  const path = `/exchanges/${broker.vhost}/as.${username}/bindings/source`;
  await eventually(async () => {
    const bindings = (await broker.ask(path)) as readonly unknown[];
    return bindings.length > 2 ? bindings : undefined;
  }, `exchange of ${username}`);
}
