/**
 * Keeps the tests' database server up between test files, for the time of one run: a shared lock on
 * the file its users lock. Starts nothing; a run without database tests costs nothing. Jest's global
 * set-up cannot be TypeScript in an ESM project, hence the plain file.
 */
import { spawn } from 'node:child_process';
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { testDataDirectory } from './test-data-directory.mjs';

export default function hold() {
  const root = join(testDataDirectory(), 'postgres');
  mkdirSync(root, { recursive: true });
  chmodSync(testDataDirectory(), 0o755);
  const users = join(root, 'users.lock');
  closeSync(openSync(users, 'a', 0o600));
  // cat ends with our end of the pipe, also when the run is killed.
  const holder = spawn('flock', ['--shared', users, 'cat'], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  holder.on('error', () => undefined);
  holder.stdin.on('error', () => undefined);
  holder.unref();
  holder.stdin.unref();
}
