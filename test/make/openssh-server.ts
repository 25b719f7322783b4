import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** A private OpenSSH server on a loopback port: real SFTP, without a gateway behind it. */
export interface OpenSshServer {
  readonly port: number;
  readonly username: string;
  /** `SHA256:…` of its Ed25519 and its RSA key. */
  readonly fingerprints: { readonly ed25519: string; readonly rsa: string };
  /** Private keys of a login it accepts and of one it does not. */
  readonly loginKey: string;
  readonly wrongKey: string;
  /** Holds IN, OUT and the others. */
  readonly directory: string;
  /** Scratch space beside it. */
  readonly scratch: string;
  /** What the server says it did, e.g. `Accepted publickey for …`. */
  log(): string;
  /** Ends the server and every session in the middle of whatever they do. */
  kill(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

const directories = ['IN', 'INTEST', 'INTEST-S', 'OUT', 'OUTTEST', 'OUTTEST-S'];

export async function openSshServer(): Promise<OpenSshServer> {
  const home = mkdtempSync(join(tmpdir(), 'sluis-sshd-'));
  const directory = join(home, 'box');
  const scratch = join(home, 'scratch');
  for (const name of directories) mkdirSync(join(directory, name), { recursive: true });
  mkdirSync(scratch);
  const ed25519 = makeKey(join(home, 'host_ed25519'), 'ed25519');
  const rsa = makeKey(join(home, 'host_rsa'), 'rsa');
  makeKey(join(home, 'login'), 'ed25519');
  makeKey(join(home, 'stranger'), 'ed25519');
  writeFileSync(join(home, 'authorized_keys'), readFileSync(join(home, 'login.pub')));
  // Only root's daemon wants this directory; packages make it at boot.
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const port = await freePort();
  writeFileSync(join(home, 'sshd_config'), configOf({ home, directory, port }));
  const log: string[] = [];
  let daemon: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    daemon = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', join(home, 'sshd_config')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    daemon.stderr?.on('data', (piece: Buffer) => log.push(piece.toString()));
    await listening(port);
  };
  const kill = async (): Promise<void> => {
    const running = daemon;
    daemon = undefined;
    if (running?.pid === undefined) return;
    const ended = new Promise((resolve) => running.once('exit', resolve));
    // Sessions are children in groups of their own, and outlive the daemon otherwise.
    for (const pid of [...descendantsOf(running.pid), running.pid]) killHard(pid);
    await ended;
  };
  await start();
  return {
    port,
    username: userInfo().username,
    fingerprints: { ed25519, rsa },
    loginKey: readFileSync(join(home, 'login'), 'utf8'),
    wrongKey: readFileSync(join(home, 'stranger'), 'utf8'),
    directory,
    scratch,
    log: () => log.join(''),
    kill,
    start,
    close: async () => {
      await kill();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function descendantsOf(pid: number): number[] {
  const path = `/proc/${String(pid)}/task/${String(pid)}/children`;
  const children = readFileSync(path, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  return children.flatMap((child) => [...descendantsOf(child), child]);
}

function killHard(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself in the meantime.
  }
}

function configOf(o: {
  readonly home: string;
  readonly directory: string;
  readonly port: number;
}): string {
  return [
    `Port ${String(o.port)}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${o.home}/host_ed25519`,
    `HostKey ${o.home}/host_rsa`,
    `AuthorizedKeysFile ${o.home}/authorized_keys`,
    `PidFile ${o.home}/sshd.pid`,
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'Subsystem sftp internal-sftp',
    `ForceCommand internal-sftp -d ${o.directory}`,
    '',
  ].join('\n');
}

/** Makes a key pair and answers with its fingerprint. */
function makeKey(path: string, type: 'ed25519' | 'rsa'): string {
  const size = type === 'rsa' ? ['-b', '2048'] : [];
  execFileSync('ssh-keygen', ['-q', '-t', type, ...size, '-N', '', '-C', 'test', '-f', path]);
  const [, fingerprint = ''] = execFileSync('ssh-keygen', ['-lf', `${path}.pub`])
    .toString()
    .split(' ');
  return fingerprint;
}

export async function freePort(): Promise<number> {
  return await new Promise<number>((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => {
        resolve(port);
      });
    });
  });
}

const startMsMax = 10_000;

async function listening(port: number): Promise<void> {
  for (let waitedMs = 0; waitedMs < startMsMax; waitedMs += 20) {
    if (await accepts(port)) return;
    await pause(20);
  }
  throw new Error(`nothing listens on ${String(port)}`);
}

async function accepts(port: number): Promise<boolean> {
  return await new Promise<boolean>((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
