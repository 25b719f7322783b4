import { constants } from 'node:fs';
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureHostKeys } from '../../src/channels/index.ts';
import { testDataDirectory } from './test-data-directory.mjs';

/**
 * Gives a gateway that has none yet the host keys that all tests of this user share: to make an RSA
 * key takes a gateway longer than anything else at its first start.
 */
export async function placeHostKeys(data: string): Promise<void> {
  const shared = join(testDataDirectory(), 'host-keys');
  const own = join(data, 'keys');
  await ensureHostKeys(shared);
  await mkdir(own, { recursive: true, mode: 0o700 });
  for (const name of await readdir(shared)) {
    if (!name.startsWith('ssh_host_')) continue;
    await copyFile(join(shared, name), join(own, name), constants.COPYFILE_EXCL).catch(ifThere);
  }
}

function ifThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
