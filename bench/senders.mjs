/**
 * Twenty senders at once, each with fifty small sets over a connection of its own, after one of
 * them alone: more senders must not mean less work done, nothing may fail, nothing may come twice.
 * One turn: what is counted is the same in each, and a thousand sets take minutes.
 */
import { Buffer } from 'node:buffer';
import { join } from 'node:path';
import { composeSet, medcBatch } from '../dist/sender/index.js';
import { answersOf, logIn } from './answers.mjs';
import { employers, formsMadeAt, makeMandates } from './batch-file.mjs';
import { startGateway } from './gateway-process.mjs';
import { until } from './measure.mjs';
import { registerSenders } from './registration.mjs';

export const benchmark = { needs: ['ssh-keygen'], run };

const sendersAtOnce = 20;
const setsEach = 50;
const declarationsEach = 10;
/** One alone, then all. */
const turns = 2;
const secondsMax = 300;
const pollIntervalMs = 500;

async function run({ scratch, scaled, profile, say }) {
  const perSender = scaled(setsEach);
  const gateway = await startGateway({ data: join(scratch, 'data'), profile });
  const senders = await registerSenders(gateway, { scratch, count: sendersAtOnce });
  await registerMandates(gateway, { scratch, senders, perSender });
  const logins = [];
  for (const [index, sender] of senders.entries()) {
    logins.push({ ...sender, index, ...(await logIn(sender)) });
  }
  say(`${sendersAtOnce} senders, ${perSender} sets of ${declarationsEach} declarations each`);
  const alone = await rateOf(logins.slice(0, 1), { perSender, turn: 0 });
  say(`one alone: ${alone.toFixed(1)} sets a second`);
  const together = await rateOf(logins, { perSender, turn: 1 });
  say(`all at once: ${together.toFixed(1)} sets a second`);
  const counted = await countAll(gateway, logins);
  const wanted = perSender * (1 + sendersAtOnce);
  if (counted.batches !== wanted || counted.notifications !== wanted) {
    throw new Error(`${wanted} sets were sent: ${JSON.stringify(counted)}`);
  }
  for (const { leave } of logins) await leave();
  await gateway.stop();
  return reportOf({ alone, together, counted });
}

function reportOf({ alone, together, counted }) {
  const value = together / alone;
  return {
    title: 'Senders',
    columns: [`sets of ${declarationsEach} declarations`, 'sets a second', 'of one alone'],
    rows: [
      ['one sender alone', alone.toFixed(1), '1.00 ×'],
      [`${sendersAtOnce} senders at once`, together.toFixed(1), `${value.toFixed(2)} ×`],
      [`batches of ${counted.batches} sets sent`, counted.batches, ''],
      [`notifications, each of another set`, counted.notifications, ''],
    ],
    targets: [{ says: 'twenty senders at once', value, min: 1 }],
  };
}

/** Which set of the whole measurement this is: no two share an employer. */
function placeOf({ index, turn, number, perSender }) {
  return (turn * sendersAtOnce + index) * perSender + number;
}

async function registerMandates(gateway, { scratch, senders, perSender }) {
  const grants = senders.flatMap(({ enterprise: mandatary }, index) =>
    Array.from({ length: turns }, (_, turn) => ({
      first: placeOf({ index, turn, number: 0, perSender }) * declarationsEach,
      count: perSender * declarationsEach,
      mandatary,
    })),
  );
  await gateway.sluisHere(['mandate', 'import', await makeMandates(scratch, grants)]);
}

/** Sets a second, from the first upload to the last notification. */
async function rateOf(logins, { perSender, turn }) {
  const sets = await Promise.all(logins.map((login) => makeSets(login, { perSender, turn })));
  const before = await Promise.all(logins.map(({ client }) => answersOf(client, 'NOTI')));
  const began = Date.now();
  await Promise.all(
    logins.map(async (login, at) => {
      for (const set of sets[at]) await upload(login.client, set);
      const wanted = before[at].length + perSender;
      await until(
        async () => {
          const { length } = await answersOf(login.client, 'NOTI');
          return length >= wanted ? length : undefined;
        },
        { what: `answers of ${login.username}`, secondsMax, intervalMs: pollIntervalMs },
      );
    }),
  );
  return (logins.length * perSender * 1000) / (Date.now() - began);
}

async function makeSets(login, { perSender, turn }) {
  const sets = [];
  for (let number = 0; number < perSender; number += 1) {
    const place = placeOf({ ...login, turn, number, perSender });
    const content = Buffer.from(await textOf(place));
    sets.push(
      await composeSet({
        type: 'MEDC',
        sender: login.sender,
        environment: 'R',
        sequence: String(1 + turn * perSender + number).padStart(5, '0'),
        parts: [{ content }],
        signing: login.signing,
        at: new Date(),
      }),
    );
  }
  return sets;
}

async function textOf(place) {
  const contributors = employers({ first: place * declarationsEach, count: declarationsEach });
  let text = '';
  for await (const piece of medcBatch({
    ...{ declarations: declarationsEach, seed: place, contributors },
    at: formsMadeAt(),
  })) {
    text += piece;
  }
  return text;
}

async function upload(client, set) {
  for (const { name, source } of set.files) await client.put(source.content, `/IN/${name}`);
}

/** The batches of a sender, once every one of them has all its answers. */
async function finishedBatches({ sluisHere: sluis }, sender) {
  return await until(
    async () => {
      const batches = await sluis(['batch', 'list', '--sender', sender, '--max', '10000']);
      return batches.every(({ state }) => state === 'NOTIFIED') ? batches : undefined;
    },
    { what: `every batch of ${sender}`, secondsMax, intervalMs: 1000 },
  );
}

/** What there is in the end, as operators see it and as senders see it. */
async function countAll(gateway, logins) {
  const batches = new Set();
  for (const { sender } of logins) {
    for (const { ticket, refused } of await finishedBatches(gateway, sender)) {
      if (refused > 0) throw new Error(`${ticket} has ${refused} declarations refused`);
      batches.add(ticket);
    }
  }
  let notifications = 0;
  for (const { client } of logins) {
    notifications += new Set(await answersOf(client, 'NOTI')).size;
  }
  return { batches: batches.size, notifications };
}
