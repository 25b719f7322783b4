import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../vocabulary/index.ts';
import type { ServerAccount } from './server-account.ts';
import type { ServerPlace } from './server-place.ts';

/** The role that owns everything in the embedded server. */
export const roleName = 'sluis';

const freshPrefix = 'cluster-new-';

/** initdb beside the place and a rename: a cluster is there whole or not at all. */
export function initialiseCluster(place: ServerPlace): void {
  for (const name of readdirSync(place.root)) {
    if (name.startsWith(freshPrefix)) rmSync(join(place.root, name), { recursive: true });
  }
  if (!existsSync(place.passwordFile)) {
    writeFileSync(place.passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
  }
  own(place.passwordFile, place.account);
  const fresh = mkdtempSync(join(place.root, freshPrefix));
  own(fresh, place.account);
  const { status, stderr, error } = spawnSync(
    join(place.binaries.directory, 'bin/initdb'),
    [
      ...['--pgdata', fresh, '--username', roleName, '--pwfile', place.passwordFile],
      ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--no-instructions'],
      // The built-in provider sorts the same on every machine and after every upgrade of libc.
      ...['--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'],
    ],
    { cwd: '/', encoding: 'utf8', ...place.account },
  );
  if (status !== 0) {
    rmSync(fresh, { recursive: true, force: true });
    const said = error?.message ?? stderr.trim().slice(-400);
    throw new Failure('storage.embedded', { reason: 'initdb failed', said });
  }
  renameSync(fresh, place.cluster);
}

function own(path: string, account: ServerAccount | undefined): void {
  if (account !== undefined) chownSync(path, account.uid, account.gid);
}
