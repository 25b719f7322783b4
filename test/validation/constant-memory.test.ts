import { spawnSync } from 'node:child_process';
import { createWriteStream, statSync } from 'node:fs';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import { medcForm, medcRoot, projectRoot, scratch } from '../make/judging.ts';

/**
 * Judges a file in a process of its own and prints two peaks, in bytes: `resident`, all the process
 * takes, and `held`, what the main thread's own values and buffers take.
 */
const script = (path: string): string => `
  const { judgeFile, ValidationPool, builtInPacks, packsOf } = await import('${pathToFileURL(projectRoot).href}/dist/validation/index.js');
  const folder = new URL('${pathToFileURL(projectRoot).href}/schemas/');
  const entry = new URL('${pathToFileURL(projectRoot).href}/dist/thread.js');
  const pool = new ValidationPool({ threads: 2, entry });
  const packs = packsOf(await builtInPacks({ folder, roots: ['MedicalDeviceContribution'] }));
  const peak = { resident: 0, held: 0 };
  const verdict = await judgeFile({ pool, packs, receivedOn: '2026-01-20', parts: [{ path: ${JSON.stringify(path)}, bytes: ${String(statSync(path).size)} }],
    expected: { type: 'MEDC', roots: ['MedicalDeviceContribution'], identifications: ['MEDC001'] },
    onChunk: () => {
      const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
      peak.resident = Math.max(peak.resident, rss);
      peak.held = Math.max(peak.held, heapUsed + arrayBuffers);
      return Promise.resolve();
    } });
  await pool.close();
  console.log(JSON.stringify({ forms: verdict.forms, problems: verdict.problems, ...peak }));
`;

interface Measured {
  readonly forms: number;
  readonly problems: readonly unknown[];
  readonly resident: number;
  readonly held: number;
}

const MiB = 2 ** 20;

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
const forms = long ? 440_000 : 66_000;

describe('constant memory', () => {
  const scratched = scratch();

  afterAll(scratched.remove);

  it('peak memory does not depend on the size of a file', async () => {
    const [small, large] = [scratched.path('small.xml'), scratched.path('large.xml')];
    await write(small, forms / 4);
    await write(large, forms);
    const extraBytes = statSync(large).size - statSync(small).size;

    const [less, more] = [measure(small), measure(large)];

    expect(less).toMatchObject({ forms: forms / 4, problems: [] });
    expect(more).toMatchObject({ forms, problems: [] });
    expect(more.resident).toBeLessThan(400 * MiB);
    expect(more.held - less.held).toBeLessThan(extraBytes / 2);
    // The allocator takes its arenas within the first hundred MiB of a file and keeps them: only
    // files beyond that tell a process that grows from one that has come to its size.
    if (long) expect(more.resident - less.resident).toBeLessThan(extraBytes / 2);
  }, 300_000);
});
