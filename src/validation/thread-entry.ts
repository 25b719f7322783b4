import { existsSync } from 'node:fs';

const levelsMax = 8;

/**
 * Where the validation thread's entry stands, seen from a module: beside the compiled modules of
 * `dist`, or, while the sources run, in the `dist` of the project, which must have been built.
 */
export function threadEntry(importMetaUrl: string): URL {
  let folder = new URL('.', importMetaUrl);
  for (let level = 0; level < levelsMax; level += 1) {
    const beside = new URL('thread.js', folder);
    if (importMetaUrl.endsWith('.js') && existsSync(beside)) return beside;
    if (existsSync(new URL('package.json', folder))) break;
    folder = new URL('..', folder);
  }
  return new URL('dist/thread.js', folder);
}
