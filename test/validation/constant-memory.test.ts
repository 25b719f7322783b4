import { spawnSync } from 'node:child_process';
import { createWriteStream, statSync } from 'node:fs';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import { medcForm, medcRoot, projectRoot, scratch } from '../make/judging.ts';

/** Judges a file in a process of its own and prints the peak of its memory, in MiB. */
const script = (path: string): string => `
  const { judgeFile, ValidationPool, builtInPacks, packsOf } = await import('${pathToFileURL(projectRoot).href}/dist/validation/index.js');
  const folder = new URL('${pathToFileURL(projectRoot).href}/schemas/');
  const entry = new URL('${pathToFileURL(projectRoot).href}/dist/thread.js');
  const pool = new ValidationPool({ threads: 2, entry });
  const packs = packsOf(await builtInPacks({ folder, roots: ['MedicalDeviceContribution'] }));
  let peak = 0;
  const verdict = await judgeFile({ pool, packs, receivedOn: '2026-01-20', parts: [{ path: ${JSON.stringify(path)}, bytes: ${String(statSync(path).size)} }],
    expected: { type: 'MEDC', roots: ['MedicalDeviceContribution'], identifications: ['MEDC001'] },
    onChunk: () => { peak = Math.max(peak, process.memoryUsage().rss); return Promise.resolve(); } });
  await pool.close();
  console.log(JSON.stringify({ forms: verdict.forms, problems: verdict.problems, peak: peak / 2 ** 20 }));
`;

interface Measured {
  readonly forms: number;
  readonly problems: readonly unknown[];
  readonly peak: number;
}

function measure(path: string): Measured {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', script(path)],
    {
      encoding: 'utf8',
    },
  );
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Measured;
}

async function write(path: string, forms: number): Promise<void> {
  const file = createWriteStream(path);
  const hundred = medcForm().repeat(100);
  file.write(`${medcRoot}\n`);
  for (let written = 0; written < forms; written += 100) {
    if (!file.write(hundred)) await once(file, 'drain');
  }
  file.end('</MedicalDeviceContribution>\n');
  await once(file, 'finish');
}

const long = process.env['SLUIS_TEST_LONG'] === '1';
const forms = long ? 110_000 : 22_000;

describe('constant memory', () => {
  const scratched = scratch();

  afterAll(scratched.remove);

  it('peak memory does not depend on the size of a file', async () => {
    const [small, large] = [scratched.path('small.xml'), scratched.path('large.xml')];
    await write(small, forms / 4);
    await write(large, forms);

    const [less, more] = [measure(small), measure(large)];

    expect(less).toMatchObject({ forms: forms / 4, problems: [] });
    expect(more).toMatchObject({ forms, problems: [] });
    expect(more.peak).toBeLessThan(400);
    expect(more.peak - less.peak).toBeLessThan(80);
  }, 300_000);
});
