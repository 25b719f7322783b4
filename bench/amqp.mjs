/**
 * Intake over AMQP: messages of 1 MB that wait in a sender's queue, landed (on disk, hashed, a row
 * each) and acknowledged, against a consumer that only acknowledges on the same broker. Then 10,000
 * messages of 10 KB, and what they leave in the gateway's memory.
 */
import { Buffer } from 'node:buffer';
import { randomFillSync } from 'node:crypto';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import amqp from 'amqplib';
import { brokerProgram, startPrivateBroker } from '../dist/cli/private-broker.js';
import { openDatabase } from '../dist/storage/index.js';
import { atTheEnd } from './ending.mjs';
import { startGateway } from './gateway-process.mjs';
import { inTurns, times, until } from './measure.mjs';
import { registerSenders } from './registration.mjs';

export const benchmark = { needs: ['ssh-keygen'], run };

const [largeBytes, smallBytes] = [1_000_000, 10_000];
const [largeMessages, smallMessages] = [300, 10_000];
const prefetch = 16;
const window = 200;
const secondsMax = 300;
const pollIntervalMs = 100;
const growthMax = 1.2;

async function run({ scratch, scaled, profile, say }) {
  if (brokerProgram() === undefined) {
    throw new Error('cannot be measured without RabbitMQ (install the package rabbitmq-server)');
  }
  const broker = await startPrivateBroker({ directory: join(scratch, 'broker') });
  atTheEnd(() => broker.close());
  const data = join(scratch, 'data');
  const settings = settingsFor(broker.facts);
  const start = () => startGateway({ data, profile, settings });
  const first = await start();
  const [{ sender, username }] = await registerSenders(first, { scratch, count: 1 });
  await openChannel(first, sender);
  const { SLUIS_AMQP_URL: url } = settings;
  await until(() => isThere(broker.facts, `as.${username}`), {
    ...{ what: 'queues of the sender', secondsMax, intervalMs: pollIntervalMs },
  });
  await first.stop();
  const database = await openDatabase({ url: undefined, data, poolMax: 2 });
  const count = scaled(largeMessages);
  say(`${count} messages of 1 MB`);
  try {
    const medians = await inTurns({
      bare: () => bareRate(url, { count }),
      sluis: async (turn) => {
        await publish(url, { sender, username, turn, count, bytes: largeBytes });
        const gateway = await start();
        const rate = await landingRate(database.knex, { turn, count });
        await gateway.stop();
        return rate;
      },
    });
    const memory = await memoryWith(await start(), database.knex, {
      ...{ url, sender, username, count: scaled(smallMessages), say },
    });
    return reportOf(medians, memory);
  } finally {
    await database.close();
  }
}

function reportOf({ bare, sluis }, { rate, early, late, count }) {
  const perSecond = (value) => `${value.toFixed(0)} /s`;
  return {
    title: 'AMQP',
    columns: ['messages', 'messages a second', 'of the bare consumer'],
    rows: [
      ['1 MB, consumed and acknowledged by a bare consumer', perSecond(bare), times(1)],
      ['1 MB, landed and acknowledged by sluis', perSecond(sluis), times(sluis / bare)],
      [`10 KB, landed and acknowledged by sluis`, perSecond(rate), ''],
      [`memory of sluis after a fifth of ${count}`, `${early.toFixed(0)} MB`, ''],
      [`memory of sluis after ${count}`, `${late.toFixed(0)} MB`, times(late / early)],
    ],
    targets: [
      { says: 'intake of 1 MB messages', value: sluis / bare, min: 0.5 },
      { says: `memory after ${count} messages`, value: late / early, max: growthMax },
    ],
  };
}

function settingsFor({ username, password, amqpPort, managementPort, authSecret }) {
  const login = `${username}:${password}@127.0.0.1`;
  return {
    SLUIS_AMQP_URL: `amqp://${login}:${amqpPort}/sluis`,
    SLUIS_AMQP_MANAGEMENT_URL: `http://${login}:${managementPort}`,
    SLUIS_AMQP_AUTH_PORT: '0',
    SLUIS_AMQP_AUTH_SECRET: authSecret,
  };
}

/** By way of the register's own steps: a circuit test is needed before production, so R stays shut. */
async function openChannel({ sluis }, sender) {
  await sluis(['channel', 'request', '--sender', sender, '--channel', 'amqp']);
  await sluis(['channel', 'advance', '--sender', sender, '--channel', 'amqp']);
}

async function isThere({ username, password, managementPort }, exchange) {
  const key = Buffer.from(`${username}:${password}`).toString('base64');
  const path = `/api/exchanges/sluis/${exchange}/bindings/source`;
  const answer = await globalThis.fetch(`http://127.0.0.1:${managementPort}${path}`, {
    headers: { authorization: `Basic ${key}` },
  });
  const bindings = answer.ok ? await answer.json() : [];
  return bindings.length > 1 ? true : undefined;
}

/** Publishes with confirms, a window at a time. */
async function publish(url, { sender, username, turn, count, bytes }) {
  const model = await amqp.connect(url);
  const channel = await model.createConfirmChannel();
  const body = randomFillSync(Buffer.allocUnsafe(bytes));
  for (let index = 0; index < count; index += 1) {
    const name = nameOf(sender, turn, index);
    const headers = headersOf(name, sender, bytes);
    const options = { headers, messageId: name, persistent: true, mandatory: true };
    channel.publish(`as.${username}`, 'test', body, options);
    if (index % window === window - 1) await channel.waitForConfirms();
  }
  await channel.waitForConfirms();
  await model.close();
}

function nameOf(sender, turn, index) {
  return `FI.MEDC.${sender}.20260101.${turn}${index.toString(36).toUpperCase().padStart(4, '0')}.T.1.1`;
}

function headersOf(name, sender, bytes) {
  return {
    ...{ FileName: name, Identification: 'MEDC001', Environment: 'T', UserId: sender },
    ...{ FileReferenceNbr: '0000000000001', FormReferenceNbr: '0000000000000' },
    ...{ WebChannel: 0, DirectoryEnvironment: 0, ContentsStatus: 0, DataFormat: 0 },
    ...{ SectorPointId: '1', ErrorId: '', Compressed: 0, LengthNonCompressed: bytes },
    ...{ LengthCompressed: 0, MessageCreationDate: '2026-01-01' },
    MessageCreationHour: '10:11:12.131',
  };
}

/** From the first delivery to the last acknowledgement, of messages that were there before. */
async function bareRate(url, { count }) {
  const model = await amqp.connect(url);
  const channel = await model.createConfirmChannel();
  const queue = 'bench';
  await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  const body = randomFillSync(Buffer.allocUnsafe(largeBytes));
  for (let index = 0; index < count; index += 1) {
    channel.sendToQueue(queue, body, { persistent: true });
    if (index % window === window - 1) await channel.waitForConfirms();
  }
  await channel.waitForConfirms();
  await channel.prefetch(prefetch);
  const ms = await new Promise((resolve) => {
    let began;
    let left = count;
    void channel.consume(queue, (message) => {
      began ??= performance.now();
      channel.ack(message);
      left -= 1;
      if (left === 0) resolve(performance.now() - began);
    });
  });
  await model.close();
  return ((count - 1) * 1000) / ms;
}

async function landedOf(knex, turn) {
  const { rows } = await knex.raw(
    `select count(*) as landed, extract(epoch from max(landed_at) - min(landed_at)) as seconds
     from landed_file where state = 'LANDED' and name like ?`,
    [`FI.MEDC.______.20260101.${turn}____.T.1.1`],
  );
  return { landed: Number(rows[0].landed), seconds: Number(rows[0].seconds) };
}

/** From the first landing to the last, by the rows: the start of the process takes no part. */
async function landingRate(knex, { turn, count }) {
  const { seconds } = await until(
    async () => {
      const found = await landedOf(knex, turn);
      return found.landed === count ? found : undefined;
    },
    { what: 'landing', secondsMax, intervalMs: pollIntervalMs },
  );
  return (count - 1) / seconds;
}

async function memoryWith(gateway, knex, { url, sender, username, count, say }) {
  say(`${count} messages of 10 KB`);
  const turns = ['W', 'X'];
  const shares = [Math.round(count / 5), count - Math.round(count / 5)];
  const readings = [];
  let rate = 0;
  for (const [index, turn] of turns.entries()) {
    await publish(url, { sender, username, turn, count: shares[index], bytes: smallBytes });
    rate = await landingRate(knex, { turn, count: shares[index] });
    readings.push((await gateway.memory()).now);
  }
  await gateway.stop();
  const [early, late] = readings;
  return { rate, early, late, count };
}
