import { existsSync } from 'node:fs';
import { spawn, spawnSync } from 'node:child_process';
import { it } from '@jest/globals';

const python = '/usr/bin/python3';
const patienceMs = 180_000;

const isThere = {
  pika: () => existsSync(python) && spawnSync(python, ['-c', 'import pika']).status === 0,
  'amqp-publish': () => spawnSync('sh', ['-c', 'command -v amqp-publish']).status === 0,
} as const;

/** `it`, or `it.skip` with a plain word when the program is not installed. */
export function needsProgram(name: keyof typeof isThere): typeof it | typeof it.skip {
  if (isThere[name]()) return it;
  process.stderr.write(`${name} is not installed: its tests are skipped\n`);
  return it.skip;
}

/** Runs a program to its end; one that does not end is killed and told by a code of null. */
export async function run(
  command: string,
  options: readonly string[],
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(command, options, { stdio: ['ignore', 'pipe', 'pipe'], timeout: patienceMs });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, output };
}
