/** Batches to measure with: real sets, made and signed as a sender makes and signs them. */
import { createWriteStream } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { composeSet, medcBatch } from '../dist/sender/index.js';
import { enterpriseNumberOf } from '../dist/vocabulary/index.js';

export const schema = new URL('../schemas/MedicalDeviceContribution_20261.xsd', import.meta.url);
/** About 35 MB. */
export const declarationsUsual = 31_000;

const employerFirst = 2_100_000;

/**
 * Employers, each of its own number: two declarations of one employer and year would be duplicates,
 * and the gateway would rightly refuse the second.
 */
export function employers({ first, count }) {
  return Array.from({ length: count }, (_, at) => enterpriseNumberOf(employerFirst + first + at));
}

/** The authority takes forms of this year and the last: yesterday is always lawful. */
export function formsMadeAt() {
  return new Date(Date.now() - 86_400_000);
}

/** Writes a batch of medical-device contributions, for employers from the `first` one on. */
export async function makeBatch(scratch, { declarations, first = 0 }) {
  const path = join(scratch, `batch-${first}.xml`);
  const contributors = employers({ first, count: declarations });
  const pieces = medcBatch({ declarations, seed: first, at: formsMadeAt(), contributors });
  await pipeline(Readable.from(pieces), createWriteStream(path));
  const { size } = await stat(path);
  return { path, bytes: size, declarations };
}

/**
 * Writes mandates as `sluis mandate import` reads them: each of `grants` is a run of employers, from
 * the `first` one on, and the enterprise that declares for them.
 */
export async function makeMandates(scratch, grants) {
  const path = join(scratch, 'mandates.csv');
  const lines = grants.flatMap(({ mandatary, ...range }) =>
    employers(range).map((mandator) => `${mandator},${mandatary},MEDC,2023Q1,`),
  );
  await writeFile(path, ['mandator,mandatary,object,from,to', ...lines, ''].join('\n'));
  return path;
}

/** Names and signs a batch; answers with the local file and the name of each of FI, FS and GO. */
export async function makeSet(scratch, { batch, sequence, sender, signing }) {
  const set = await composeSet({
    type: 'MEDC',
    sender,
    environment: 'R',
    sequence,
    parts: [{ path: batch.path }],
    signing,
    at: new Date(),
  });
  const files = [];
  for (const { name, source } of set.files) {
    const path = source.path ?? join(scratch, name);
    if (source.path === undefined) await writeFile(path, source.content);
    files.push({ name, path });
  }
  return { files, goName: set.goName };
}
