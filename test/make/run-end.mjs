/** Ends the broker of this run, when a test file had started one. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { brokerDirectory } from './rabbitmq-directory.mjs';

export default function end() {
  const directory = brokerDirectory(process.pid);
  for (const group of groupsIn(directory)) {
    try {
      process.kill(-group, 'SIGKILL');
    } catch {
      // It had ended already.
    }
  }
  rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

function groupsIn(directory) {
  try {
    return JSON.parse(readFileSync(join(directory, 'shared.json'), 'utf8')).groups;
  } catch {
    return [];
  }
}
