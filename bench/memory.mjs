/**
 * Peak memory of the gateway's process (its threads with it, PostgreSQL apart), as the kernel keeps
 * it, with an ordinary batch and with one ten times as large. A peak is no time: one run each.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { logIn } from './answers.mjs';
import { declarationsUsual, makeBatch, makeMandates, makeSet } from './batch-file.mjs';
import { exchange } from './exchange.mjs';
import { startGateway } from './gateway-process.mjs';
import { seconds } from './measure.mjs';
import { registerSenders } from './registration.mjs';

export const benchmark = { needs: ['sftp', 'ssh-keygen'], run };

const megabytesMax = 400;
const times = 10;

async function run(context) {
  const declarations = context.scaled(declarationsUsual);
  const one = await peakWith(context, { name: 'one', declarations });
  const ten = await peakWith(context, {
    name: 'ten',
    declarations: declarations * times,
  });
  const row = ({ bytes, idle, peak, ms }) => [
    `${(bytes / 1e6).toFixed(0)} MB`,
    `${idle.toFixed(0)} MB`,
    `${peak.toFixed(0)} MB`,
    seconds(ms),
  ];
  return {
    title: 'Memory',
    columns: ['batch', 'before', 'peak', 'GO to notification'],
    rows: [row(one), row(ten)],
    targets: [
      {
        says: `peak with the ${(one.bytes / 1e6).toFixed(0)} MB batch`,
        value: one.peak,
        max: megabytesMax,
        unit: 'MB',
      },
      {
        says: `peak with the ${(ten.bytes / 1e6).toFixed(0)} MB batch`,
        value: ten.peak,
        max: megabytesMax,
        unit: 'MB',
      },
    ],
  };
}

/** A gateway of its own: a peak is never lowered again. */
async function peakWith({ scratch, profile, say }, { name, declarations }) {
  const own = join(scratch, name);
  await mkdir(own);
  const batch = await makeBatch(own, { declarations });
  const gateway = await startGateway({ data: join(scratch, `data-${name}`), profile });
  const [login] = await registerSenders(gateway, { scratch: own, count: 1 });
  const mandates = await makeMandates(own, [
    { first: 0, count: declarations, mandatary: login.enterprise },
  ]);
  await gateway.sluis(['mandate', 'import', mandates], { secondsMax: 600 });
  const { client, leave } = await logIn(login);
  const { now: idle } = await gateway.memory();
  const set = await makeSet(own, { ...login, batch, sequence: '00001' });
  const { answeredMs: ms } = await exchange(gateway, {
    ...{ login, client, set, declarations },
    secondsMax: 600,
  });
  const { peak } = await gateway.memory();
  say(`${(batch.bytes / 1e6).toFixed(0)} MB: peak ${peak.toFixed(0)} MB, ${seconds(ms)}`);
  await leave();
  await gateway.stop();
  return { bytes: batch.bytes, idle, peak, ms };
}
