/** Compiles src to dist, and makes the entry runnable. Run by predemo, pretest and prebench. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const tsc = require.resolve('typescript/lib/tsc.js');
rmSync(new URL('dist', import.meta.url), { recursive: true, force: true });
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
  cwd: import.meta.dirname,
  stdio: 'inherit',
});
const entry = new URL('dist/main.js', import.meta.url);
if (existsSync(entry)) chmodSync(entry, 0o755);
process.exit(status ?? 1);
