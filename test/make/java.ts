import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { it } from '@jest/globals';

/** Where Debian puts libraries. */
export const jarDirectory = '/usr/share/java';

/** `it`, or `it.skip` with a plain word when there is no compiler or not this library. */
export function needsJava(jar: string): typeof it | typeof it.skip {
  const compiler = spawnSync('sh', ['-c', 'command -v javac']).status === 0;
  if (compiler && existsSync(join(jarDirectory, jar))) return it;
  const what = compiler ? `${jarDirectory}/${jar}` : 'javac';
  process.stderr.write(`${what} is not installed: its tests are skipped\n`);
  return it.skip;
}
