import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from '@jest/globals';
import ssh2 from 'ssh2';

/** Where and as whom a client logs in. */
export interface Login {
  readonly port: number;
  readonly username: string;
  /** A private key in OpenSSH's form, with `.pub` beside it. */
  readonly keyPath: string;
  /** Scratch space. */
  readonly folder: string;
  /** `SHA256:…` */
  readonly hostKey: string;
}

export interface Outcome {
  /** Null when the program had to be killed. */
  readonly code: number | null;
  readonly output: string;
}

export type ClientName = 'sftp' | 'scp' | 'lftp' | 'psftp' | 'curl' | 'paramiko';

/** A program of somebody else that speaks SFTP. */
export interface Client {
  readonly name: ClientName;
  put(login: Login, local: string, remote: string): Promise<Outcome>;
  get(login: Login, remote: string, local: string): Promise<Outcome>;
}

const patienceMs = 240_000;
const python = '/usr/bin/python3';

const isThere: Readonly<Record<ClientName, () => boolean>> = {
  sftp: () => onPath('sftp'),
  scp: () => onPath('scp'),
  lftp: () => onPath('lftp'),
  psftp: () => onPath('psftp') && onPath('puttygen'),
  curl: () => onPath('curl') && spawnSync('curl', ['--version']).stdout.toString().includes('sftp'),
  paramiko: () => existsSync(python) && spawnSync(python, ['-c', 'import paramiko']).status === 0,
};

function onPath(command: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
}

/** `describe`, or `describe.skip` with a plain word when the program is not installed. */
export function needs(name: ClientName): typeof describe | typeof describe.skip {
  if (isThere[name]()) return describe;
  process.stderr.write(`${name} is not installed: its tests are skipped\n`);
  return describe.skip;
}

/** Runs a program to its end; one that does not end is killed and told by a code of null. */
export async function run(
  command: string,
  args: readonly string[],
  o: {
    readonly env?: Readonly<Record<string, string>>;
    readonly ms?: number;
    readonly started?: (child: ChildProcess) => void;
    readonly input?: string;
  } = {},
): Promise<Outcome> {
  const child = spawn(command, args, { env: { ...process.env, ...o.env } });
  const pieces: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  child.stderr.on('data', (piece: Buffer) => pieces.push(piece));
  child.stdin.on('error', () => undefined);
  child.stdin.end(o.input ?? '');
  o.started?.(child);
  const timer = setTimeout(() => child.kill('SIGKILL'), o.ms ?? patienceMs);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  clearTimeout(timer);
  return { code, output: Buffer.concat(pieces).toString() };
}

/** Options of every OpenSSH program: this key alone, no agent, no questions, no known hosts. */
export function sshOptions(
  { keyPath }: Pick<Login, 'keyPath'>,
  ...more: readonly string[]
): string[] {
  const options = [
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'IdentitiesOnly=yes',
    'IdentityAgent=none',
    'BatchMode=yes',
    'LogLevel=ERROR',
    ...more,
  ];
  return ['-F', 'none', '-i', keyPath, ...options.flatMap((option) => ['-o', option])];
}

/** Commands for the `sftp` program; a line that fails ends it with code 1. */
export async function sftp(
  login: Login,
  commands: readonly string[],
  ...more: readonly string[]
): Promise<Outcome> {
  return run(
    'sftp',
    [
      ...['-b', '-', '-P', String(login.port), ...sshOptions(login, ...more)],
      `${login.username}@127.0.0.1`,
    ],
    { input: `${commands.join('\n')}\n` },
  );
}

export async function scp(
  login: Login,
  from: string,
  to: string,
  ...more: readonly string[]
): Promise<Outcome> {
  const port = ['-P', String(login.port)];
  return run('scp', [...port, ...sshOptions(login, ...more), from, to]);
}

export async function lftp(login: Login, commands: readonly string[]): Promise<Outcome> {
  const ssh = ['ssh', '-a', '-x', ...sshOptions(login)].join(' ');
  const lines = [
    `set sftp:connect-program "${ssh}"`,
    'set sftp:auto-confirm yes',
    'set net:max-retries 1',
    'set net:timeout 20',
    'set cmd:fail-exit yes',
    `open -p ${String(login.port)} -u ${login.username}, sftp://127.0.0.1`,
    ...commands,
    'bye',
  ];
  return run('lftp', ['--norc', '-c', lines.join('; ')], { env: { HOME: login.folder } });
}

export async function psftp(login: Login, commands: readonly string[]): Promise<Outcome> {
  const key = `${login.keyPath}.ppk`;
  if (!existsSync(key)) {
    execFileSync('puttygen', [login.keyPath, '-O', 'private', '-o', key], {
      env: { ...process.env, HOME: login.folder },
    });
  }
  const batch = join(login.folder, 'psftp.commands');
  writeFileSync(batch, `${commands.join('\n')}\n`);
  return run(
    'psftp',
    [
      ...['-batch', '-P', String(login.port), '-i', key, '-hostkey', login.hostKey, '-b', batch],
      `${login.username}@127.0.0.1`,
    ],
    { env: { HOME: login.folder } },
  );
}

export async function curl(
  login: Login,
  remote: string,
  args: readonly string[],
): Promise<Outcome> {
  const url = `sftp://127.0.0.1:${String(login.port)}/${remote}`;
  const key = ['--key', login.keyPath, '--pubkey', `${login.keyPath}.pub`];
  return run('curl', ['-sS', '-k', '-u', `${login.username}:`, ...key, ...args, url]);
}

const paramikoOpening = `
import sys, paramiko
port, user, key = int(sys.argv[1]), sys.argv[2], sys.argv[3]
transport = paramiko.Transport(('127.0.0.1', port))
transport.connect(username=user, pkey=paramiko.Ed25519Key.from_private_key_file(key))
sftp = paramiko.SFTPClient.from_transport(transport)
`;

/** Runs Python with `sftp` connected; `sys.argv[4:]` holds the arguments. */
export async function paramiko(
  login: Login,
  script: string,
  args: readonly string[] = [],
): Promise<Outcome> {
  const whole = `${paramikoOpening}${script}\nsftp.close()\ntransport.close()\n`;
  const opening = [String(login.port), login.username, login.keyPath];
  return run(python, ['-W', 'ignore', '-c', whole, ...opening, ...args]);
}

/** The real clients, each with its own way of writing and reading. */
export const clients: readonly Client[] = [
  {
    name: 'sftp',
    put: (login, local, remote) => sftp(login, [`put ${local} ${remote}`]),
    get: (login, remote, local) => sftp(login, [`get ${remote} ${local}`]),
  },
  {
    name: 'scp',
    put: (login, local, remote) => scp(login, local, `${login.username}@127.0.0.1:${remote}`),
    get: (login, remote, local) => scp(login, `${login.username}@127.0.0.1:${remote}`, local),
  },
  {
    name: 'lftp',
    // It hangs up without waiting for its CLOSE to go out when nothing follows.
    put: (login, local, remote) => lftp(login, [`put ${local} -o ${remote}`]),
    get: (login, remote, local) => lftp(login, [`get ${remote} -o ${local}`, 'cls']),
  },
  {
    name: 'psftp',
    put: (login, local, remote) => psftp(login, [`put ${local} ${remote}`]),
    get: (login, remote, local) => psftp(login, [`get ${remote} ${local}`]),
  },
  {
    name: 'curl',
    put: (login, local, remote) => curl(login, remote, ['-T', local]),
    get: (login, remote, local) => curl(login, remote, ['-o', local]),
  },
  {
    name: 'paramiko',
    put: (login, local, remote) =>
      paramiko(login, 'sftp.put(sys.argv[4], sys.argv[5])', [local, remote]),
    get: (login, remote, local) =>
      paramiko(login, 'sftp.get(sys.argv[4], sys.argv[5])', [remote, local]),
  },
];

export function loginKey(
  folder: string,
  name = 'login',
): { readonly path: string; readonly publicLine: string } {
  const path = join(folder, name);
  const pair = ed25519Pair();
  writeFileSync(path, pair.private, { mode: 0o600 });
  writeFileSync(`${path}.pub`, `${pair.public}\n`);
  return { path, publicLine: pair.public };
}

/** One in two hundred of the pairs ssh2 makes cannot be read back by it. */
export function ed25519Pair(): { readonly private: string; readonly public: string } {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519');
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}

/** A key made by ssh-keygen, of any type it knows. */
export function madeKey(
  folder: string,
  name: string,
  type: readonly string[] = ['ed25519'],
): { readonly path: string; readonly publicLine: string } {
  const path = join(folder, name);
  const [kind = 'ed25519', ...bits] = type;
  const size = bits.length > 0 ? ['-b', ...bits] : [];
  execFileSync('ssh-keygen', ['-q', '-t', kind, ...size, '-N', '', '-C', 'test', '-f', path]);
  return { path, publicLine: readFileSync(`${path}.pub`, 'utf8') };
}

/** A file of random bytes; its path. */
export function randomFile(
  folder: string,
  bytes: number,
  name = `random-${String(bytes)}`,
): string {
  const path = join(folder, name);
  if (!existsSync(path)) writeFileSync(path, randomBytes(bytes));
  return path;
}

export function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
