/** Validation and extraction alone: `judgeFile` with two threads, against native libxml2. */
import { readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import {
  ValidationPool,
  formsIn,
  judgeFile,
  packDigest,
  threadEntry,
} from '../dist/validation/index.js';
import { declarationsUsual, makeBatch, schema } from './batch-file.mjs';
import { atTheEnd } from './ending.mjs';
import { inTurns, seconds, times } from './measure.mjs';
import { runProgram } from './programs.mjs';

export const benchmark = { needs: ['xmllint'], run };

async function run({ scratch, scaled, say }) {
  const batch = await makeBatch(scratch, { declarations: scaled(declarationsUsual) });
  say(`${batch.declarations} declarations, ${(batch.bytes / 1e6).toFixed(1)} MB`);
  const pack = await schemaPack();
  const pools = { two: openPool(2), one: openPool(1) };
  // A gateway judges for weeks with the threads it has: only the first batch pays for their start.
  for (const pool of Object.values(pools)) await judge({ batch, pool, pack });
  const medians = await inTurns({
    xmllint: () => xmllint(batch.path),
    two: () => judge({ batch, pool: pools.two, pack }),
    one: () => judge({ batch, pool: pools.one, pack }),
    cold: async () => {
      const pool = openPool(2);
      try {
        return await judge({ batch, pool, pack });
      } finally {
        await pool.close();
      }
    },
  });
  const row = (says, ms) => [says, seconds(ms), times(ms / medians.xmllint)];
  return {
    title: 'Validation',
    columns: [`${(batch.bytes / 1e6).toFixed(0)} MB batch`, 'time', 'of xmllint'],
    rows: [
      row('`xmllint --noout --stream`', medians.xmllint),
      row('sluis, 2 threads', medians.two),
      row('sluis, 2 threads, started for this batch', medians.cold),
      row('sluis, 1 thread', medians.one),
    ],
    targets: [
      { says: 'validation with two threads', value: medians.two / medians.xmllint, max: 1.3 },
    ],
  };
}

/** How long native libxml2 takes for the same file; reads with a constant memory, as sluis does. */
export async function xmllint(path) {
  const args = ['--noout', '--stream', '--schema', fileURLToPath(schema), path];
  return (await runProgram('xmllint', args)).ms;
}

function openPool(threads) {
  const entry = threadEntry(new URL('../dist/validation/index.js', import.meta.url).href);
  const pool = new ValidationPool({ threads, entry });
  atTheEnd(() => pool.close());
  return pool;
}

async function schemaPack() {
  const main = 'MedicalDeviceContribution_20261.xsd';
  const files = [{ name: main, content: await readFile(schema) }];
  const pack = { root: 'MedicalDeviceContribution', version: '20261', main, files };
  return { ...pack, wholeDocument: false, sha256: packDigest(pack) };
}

async function judge({ batch, pool, pack }) {
  const texts = [];
  const began = performance.now();
  const verdict = await judgeFile({
    pool,
    parts: [batch],
    expected: { type: 'MEDC', roots: [pack.root], identifications: ['MEDC001'] },
    packs: { find: async () => pack },
    receivedOn: new Date().toISOString().slice(0, 10),
    // To be kept as it is; what the texts hold is counted when the time has been taken.
    onChunk: async ({ judged }) => {
      texts.push(judged);
    },
  });
  const ms = performance.now() - began;
  const read = texts
    .flatMap((text) => [...formsIn(text)])
    .filter(({ extract }) => extract !== undefined).length;
  if (verdict.problems.length > 0 || read !== batch.declarations) {
    throw new Error(`${read} declarations read, ${JSON.stringify(verdict.problems[0])}`);
  }
  return ms;
}
