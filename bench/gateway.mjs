/**
 * A whole batch: from its GO landed to its notification visible, against the time native libxml2
 * needs to look at the same file. In between lie the signature, every check of the receipt, the
 * mandates, routes and amounts of every declaration, their rows, and the answers, signed.
 */
import { join } from 'node:path';
import { logIn } from './answers.mjs';
import { declarationsUsual, makeBatch, makeMandates, makeSet } from './batch-file.mjs';
import { exchange } from './exchange.mjs';
import { startGateway } from './gateway-process.mjs';
import { inTurns, runs, seconds, times } from './measure.mjs';
import { registerSenders } from './registration.mjs';
import { xmllint } from './validation.mjs';

export const benchmark = { needs: ['xmllint', 'sftp', 'ssh-keygen'], run };

async function run({ scratch, scaled, profile, say }) {
  const declarations = scaled(declarationsUsual);
  const batches = [];
  // The same declaration twice would be a duplicate: each run has employers of its own.
  for (let turn = 0; turn < runs; turn += 1) {
    batches.push(await makeBatch(scratch, { declarations, first: turn * declarations }));
  }
  const [{ bytes }] = batches;
  say(`${declarations} declarations, ${(bytes / 1e6).toFixed(1)} MB`);
  const gateway = await startGateway({ data: join(scratch, 'data'), profile });
  const [login] = await registerSenders(gateway, { scratch, count: 1 });
  const mandates = await makeMandates(scratch, [
    { first: 0, count: runs * declarations, mandatary: login.enterprise },
  ]);
  await gateway.sluis(['mandate', 'import', mandates]);
  const { client, leave } = await logIn(login);
  const stages = [];
  const medians = await inTurns({
    xmllint: (turn) => xmllint(batches[turn].path),
    gateway: async (turn) => {
      const sequence = String(turn + 1).padStart(5, '0');
      const set = await makeSet(scratch, { ...login, batch: batches[turn], sequence });
      const one = await exchange(gateway, { login, client, set, declarations, secondsMax: 300 });
      stages.push(one.stages);
      say(`run ${turn + 1}: ${seconds(one.answeredMs)}`);
      return { upload: one.uploadMs, answered: one.answeredMs };
    },
  });
  await leave();
  await gateway.stop();
  return reportOf({ medians, stages, bytes });
}

function reportOf({ medians, stages, bytes }) {
  const { xmllint: reference, gateway } = medians;
  const row = (says, ms) => [says, seconds(ms), times(ms / reference)];
  const middle = [...stages].sort((a, b) => totalOf(a) - totalOf(b))[Math.floor(runs / 2)];
  const value = gateway.answered / reference;
  return {
    title: 'Gateway',
    columns: [`${(bytes / 1e6).toFixed(0)} MB batch`, 'time', 'of xmllint'],
    rows: [
      row('`xmllint --noout --stream`', reference),
      row('upload of FI and FS', gateway.upload),
      row('GO landed to notification visible', gateway.answered),
      ...Object.entries(middle).map(([stage, ms]) => row(`· ${stage}`, ms)),
    ],
    targets: [
      { says: 'GO landed to notification visible', value, max: 5 },
      { says: 'the same, as hoped for', value, max: 3 },
    ],
  };
}

function totalOf(stages) {
  return Object.values(stages).reduce((sum, ms) => sum + ms, 0);
}
