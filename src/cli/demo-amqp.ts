import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import amqp, { type ChannelModel } from 'amqplib';
import type { Office } from '../compose.ts';
import { composeSet, mandateCsv, medcBatch, type OutgoingFile } from '../sender/index.ts';
import { brusselsDate, brusselsHour, Failure } from '../vocabulary/index.ts';
import type { Secretariat } from './demo-secretariat.ts';
import {
  brokerProgram,
  installBroker,
  isBrokerInstallable,
  startPrivateBroker,
  type PrivateBroker,
} from './private-broker.ts';

const username = 'demoamqp01';
const declarations = 10;
/** Other employers than those of the large batch. */
const seed = 7;
const answersExpected = 9;
const waitMs = 60_000;
const lookAgainMs = 200;

/** A RabbitMQ for the demonstration; undefined, and said why, where there can be none. */
export async function demoBroker(
  directory: string,
  say: (text: string) => void,
): Promise<PrivateBroker | undefined> {
  if (brokerProgram() === undefined && isBrokerInstallable()) {
    say('installing RabbitMQ (rabbitmq-server), which takes half a minute');
    installBroker();
  }
  if (brokerProgram() === undefined) {
    say('no RabbitMQ is installed, nor can be without root and apt: AMQP is not shown');
    return undefined;
  }
  say('starting RabbitMQ');
  return startPrivateBroker({ directory: join(directory, 'broker') });
}

/** What a gateway needs to know of the broker, as flags. */
export function brokerFlags({ facts }: PrivateBroker): Readonly<Record<string, string>> {
  const login = `${facts.username}:${facts.password}@127.0.0.1`;
  return {
    amqpUrl: `amqp://${login}:${String(facts.amqpPort)}/sluis`,
    amqpManagementUrl: `http://${login}:${String(facts.managementPort)}`,
    amqpAuthPort: String(facts.authPort),
    amqpAuthSecret: facts.authSecret,
  };
}

/** Sends one small batch over AMQP as a technical user, and says which answers came. */
export async function exchangeOverAmqp(
  o: {
    readonly office: Office;
    readonly secretariat: Secretariat;
    readonly broker: PrivateBroker;
  },
  say: (text: string) => void,
): Promise<readonly string[]> {
  const { office, secretariat, broker } = o;
  const password = await registerLogin(office, secretariat);
  const place = `127.0.0.1:${String(broker.facts.amqpPort)}`;
  const model = await connected(
    `amqp://${username}:${password}@${place}/sluis`,
    `out.${secretariat.sender}.production`,
  );
  try {
    const set = await composeSet({
      type: 'MEDC',
      environment: 'R',
      sender: secretariat.sender,
      parts: [{ content: await smallBatch(office, secretariat) }],
      signing: secretariat.signing,
      at: office.clock.now(),
      sequence: '0AMQP',
    });
    await publish(model, secretariat, set.files, office.clock.now());
    say(`sent ${set.goName} over AMQP, to exchange in.${secretariat.sender}`);
    const names = await answers(model, `out.${secretariat.sender}.production`);
    for (const name of names.filter((one) => one.startsWith('FO.'))) say(`AMQP brought ${name}`);
    return names;
  } finally {
    await model.close();
  }
}

async function registerLogin(office: Office, { sender }: Secretariat): Promise<string> {
  const { technicalUsers, channels } = office.identity;
  const secretBytes = 12;
  const password = `demo ${randomBytes(secretBytes).toString('hex')}`;
  await technicalUsers.register({ username, sender, password, by: 'demo' });
  await channels.open({ sender, channel: 'amqp', actor: { by: 'demo' } });
  return encodeURIComponent(password);
}

async function smallBatch(office: Office, { enterprise }: Secretariat): Promise<Buffer> {
  const mandates = mandateCsv({ declarations, seed, mandatary: enterprise });
  await office.mandates.importCsv(mandates, { by: 'demo' });
  const pieces: string[] = [];
  for await (const piece of medcBatch({ declarations, seed })) {
    pieces.push(piece);
  }
  return Buffer.from(pieces.join(''));
}

/** Queues are made in the moment after the channel was opened. */
async function connected(url: string, queue: string): Promise<ChannelModel> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const model = await amqp.connect(url);
    model.on('error', () => undefined);
    const channel = await model.createChannel();
    channel.on('error', () => undefined);
    try {
      await channel.checkQueue(queue);
      return model;
    } catch (error) {
      await model.close();
      if (performance.now() > deadline) {
        throw new Failure('channel.timed-out', { what: 'queues of the sender' }, error);
      }
      await pause(lookAgainMs);
    }
  }
}

async function publish(
  model: ChannelModel,
  { sender }: Secretariat,
  files: readonly OutgoingFile[],
  at: Date,
): Promise<void> {
  const channel = await model.createConfirmChannel();
  for (const { name, source } of files) {
    if (!('content' in source)) continue;
    const body = Buffer.from(source.content);
    const headers = headersOf({ name, sender, bytes: body.length, at });
    const options = { headers, userId: username, messageId: name, persistent: true };
    channel.publish(`in.${sender}`, 'production', body, { ...options, mandatory: true });
  }
  await channel.waitForConfirms();
  await channel.close();
}

function headersOf(o: {
  readonly name: string;
  readonly sender: string;
  readonly bytes: number;
  readonly at: Date;
}): Readonly<Record<string, string | number>> {
  return {
    FileName: o.name,
    Identification: 'MEDC001',
    Environment: 'R',
    FileReferenceNbr: '0000000000001',
    WebChannel: 0,
    DirectoryEnvironment: 0,
    UserId: o.sender,
    FormReferenceNbr: '0000000000000',
    ContentsStatus: 0,
    SectorPointId: '1',
    DataFormat: 0,
    MessageCreationDate: brusselsDate(o.at),
    MessageCreationHour: brusselsHour(o.at),
    ErrorId: '',
    Compressed: 0,
    LengthNonCompressed: o.bytes,
    LengthCompressed: 0,
  };
}

async function answers(model: ChannelModel, queue: string): Promise<readonly string[]> {
  const channel = await model.createChannel();
  const names: string[] = [];
  const all = new AbortController();
  const late = setTimeout(() => {
    all.abort();
  }, waitMs);
  await channel.consume(queue, (message) => {
    if (message === null) return;
    names.push(String(message.properties.headers?.['FileName']));
    channel.ack(message);
    if (names.length >= answersExpected) all.abort();
  });
  if (!all.signal.aborted) await once(all.signal, 'abort');
  clearTimeout(late);
  await channel.close();
  if (names.length >= answersExpected) return names;
  throw new Failure('channel.timed-out', { what: 'answers over AMQP', came: names.length });
}
