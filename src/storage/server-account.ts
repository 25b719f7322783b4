import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Failure } from '../vocabulary/index.ts';

/** The operating system's user the embedded server runs as; undefined: as we do. */
export interface ServerAccount {
  readonly uid: number;
  readonly gid: number;
}

const accountName = 'postgres';

/**
 * PostgreSQL refuses to run as root, so root hands it to whoever owns the cluster already, else to
 * the user `postgres`, which is created when the machine does not have it.
 */
export function serverAccountFor(cluster: string): ServerAccount | undefined {
  if (process.getuid?.() !== 0) return undefined;
  if (existsSync(cluster)) {
    const { uid, gid } = statSync(cluster);
    if (uid !== 0) return { uid, gid };
  }
  return accountNamed(accountName) ?? createAccount();
}

function accountNamed(name: string): ServerAccount | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid === undefined || gid === undefined
    ? undefined
    : { uid: Number(uid), gid: Number(gid) };
}

const creators: readonly (readonly [string, readonly string[]])[] = [
  ['useradd', ['--system', '--user-group', '--no-create-home', accountName]],
  ['adduser', ['-S', '-D', '-H', accountName]],
];

function createAccount(): ServerAccount {
  const said: string[] = [];
  for (const [command, options] of creators) {
    for (const path of [`/usr/sbin/${command}`, command]) {
      const { stderr } = spawnSync(path, options, { encoding: 'utf8' });
      // Two processes may create it at once; what counts is that it is there now.
      const account = accountNamed(accountName);
      if (account !== undefined) return account;
      if (stderr) said.push(stderr.trim());
    }
  }
  throw new Failure('storage.embedded', {
    reason: `root needs an unprivileged user ${accountName} and could not create it`,
    said: said.join('; '),
  });
}

/**
 * Makes a directory that the server's account can pass through. Only directories made here, and the
 * last one, which is ours, get the permission to be passed through; what lies above is not ours.
 */
export function makePassable(directory: string, account: ServerAccount | undefined): void {
  const path = resolve(directory);
  const first = mkdirSync(path, { recursive: true });
  if (account === undefined) return;
  for (let one = path; ; one = dirname(one)) {
    const { mode, uid } = statSync(one);
    if (uid === process.getuid?.()) chmodSync(one, (mode & 0o7777) | 0o011);
    if (first === undefined || one === first || one === dirname(one)) return;
  }
}

/** Whether the account can enter and write a directory. */
export function canUse(directory: string, account: ServerAccount | undefined): boolean {
  const test = 'cd "$1" && [ -w . ]';
  return spawnSync('/bin/sh', ['-c', test, 'sh', directory], { cwd: '/', ...account }).status === 0;
}
