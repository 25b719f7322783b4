/** What a benchmark opened and must leave behind closed, whatever ends it. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const endings = new Set();

/** Remembers how to end something. The function answered ends it now, once. */
export function atTheEnd(end) {
  let ended;
  const once = () => {
    endings.delete(once);
    ended ??= end();
    return ended;
  };
  endings.add(once);
  return once;
}

/** Ends everything, the youngest first; what cannot be ended does not keep the rest alive. */
export async function endAll() {
  for (const end of [...endings].reverse()) {
    try {
      await end();
    } catch (error) {
      console.error(`left behind: ${error.message}`);
    }
  }
}

export function endOnSignals() {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ]) {
    process.once(signal, () => {
      void endAll().finally(() => process.exit(code));
    });
  }
}

/** A directory of our own for everything a benchmark writes. */
export async function makeScratch() {
  const directory = await mkdtemp(join(tmpdir(), 'sluis-bench-'));
  // PostgreSQL refuses to be root; the account it runs as instead must pass through.
  await chmod(directory, 0o711);
  atTheEnd(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
  return directory;
}
