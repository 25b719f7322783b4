/**
 * `sluis validate` as somebody types it: a process of its own, from its start to its end, against
 * native libxml2 on the same file.
 */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { declarationsUsual, makeBatch, schema } from './batch-file.mjs';
import { inTurns, seconds, times } from './measure.mjs';
import { runProgram } from './programs.mjs';

export const benchmark = { needs: ['xmllint'], run };

const entry = fileURLToPath(new URL('../dist/main.js', import.meta.url));
/** Published by the authority and no part of the project: measured where they lie beside it. */
const official = fileURLToPath(new URL('../../shared/official/', import.meta.url));
const dmfa = { schema: 'DmfAOriginal_20223.xsd', sample: 'DmfAOriginal_20223_1.xml' };
/** The sample names an amount that its own figures contradict, and would be refused for it. */
const declared = '<NetOwedAmount>00000000009999<';
const calculated = '<NetOwedAmount>10200000648129<';
const dmfaReceivedOn = '2022-10-20';

async function run({ scratch, scaled, say }) {
  const batch = await makeBatch(scratch, { declarations: scaled(declarationsUsual) });
  const files = [
    { type: 'MEDC', path: batch.path, schema: fileURLToPath(schema), flags: [] },
    ...(await dmfaFile(scratch, scaled(batch.bytes))),
  ];
  const rows = [];
  const targets = [];
  for (const file of files) {
    const { size } = await stat(file.path);
    const megabytes = `${(size / 1e6).toFixed(0)} MB ${file.type}`;
    say(megabytes);
    const { xmllint, sluis } = await inTurns({
      xmllint: async () => {
        const args = ['--noout', '--stream', '--schema', file.schema, file.path];
        return (await runProgram('xmllint', args)).ms;
      },
      sluis: () => validate(file),
    });
    const row = (says, ms) => [megabytes, says, seconds(ms), times(ms / xmllint)];
    rows.push(row('`xmllint --noout --stream`', xmllint), row('`sluis validate`', sluis));
    if (file.type === 'DMFA') {
      targets.push({ says: megabytes, value: sluis / 1000, max: 3, unit: 's' });
    }
  }
  return { title: 'Validate', columns: ['file', 'program', 'time', 'of xmllint'], rows, targets };
}

/** The form of the published sample, as often as it takes. */
async function dmfaFile(scratch, bytes) {
  const sample = join(official, 'samples', dmfa.sample);
  if (!existsSync(sample)) return [];
  const text = await readFile(sample, 'utf8');
  const from = text.indexOf('<Form>');
  const to = text.lastIndexOf('</Form>') + '</Form>'.length;
  const form = `${text.slice(from, to)}\n`.replace(declared, calculated);
  const count = Math.max(1, Math.round(bytes / form.length));
  const path = join(scratch, 'dmfa.xml');
  await writeFile(path, text.slice(0, from) + form.repeat(count) + text.slice(to));
  const folder = join(scratch, 'dmfa-schema');
  await copySchema(folder);
  const flags = ['--schema', folder, '--received', dmfaReceivedOn];
  return [{ type: 'DMFA', path, schema: join(folder, dmfa.schema), flags }];
}

async function copySchema(folder) {
  await mkdir(folder);
  await copyFile(join(official, 'schemas', dmfa.schema), join(folder, dmfa.schema));
}

async function validate({ path, flags }) {
  const args = [entry, 'validate', path, ...flags, '--json'];
  const { ms, stdout } = await runProgram(process.execPath, args);
  const summary = JSON.parse(stdout.trim().split('\n').at(-1));
  if (summary.ok !== true) throw new Error(`not fit to send: ${stdout.slice(0, 500)}`);
  return ms;
}
