/** OpenSSH, both sides: a private server to compare with, and the client that measures. */
import { spawn } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { atTheEnd } from './ending.mjs';
import { until } from './measure.mjs';
import { runProgram, whereIs } from './programs.mjs';

export const cipher = 'aes128-gcm@openssh.com';

/** Makes a login key; the public half lies beside it with `.pub`. */
export async function makeLoginKey(path) {
  const args = ['-q', '-t', 'ed25519', '-N', '', '-C', 'bench', '-f', path];
  await runProgram('ssh-keygen', args);
  return path;
}

/** Starts OpenSSH's server with its own files on a free loopback port. */
export async function openSshd(scratch, loginKey) {
  const home = join(scratch, 'sshd');
  const directory = join(home, 'box');
  await mkdir(join(directory, 'IN'), { recursive: true });
  await chmod(home, 0o755);
  await makeLoginKey(join(home, 'host'));
  await writeFile(join(home, 'authorized_keys'), await readFile(`${loginKey}.pub`));
  // Only root's daemon wants this directory; packages make it at boot.
  if (userInfo().uid === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const port = await freePort();
  await writeFile(join(home, 'sshd_config'), configOf({ home, directory, port }));
  const command = await whereIs('sshd');
  const child = spawn(command, ['-D', '-e', '-f', join(home, 'sshd_config')], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  atTheEnd(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  await until(() => accepts(port), { what: 'sshd', secondsMax: 10, intervalMs: 20 });
  return { port, username: userInfo().username, key: loginKey, directory };
}

function configOf({ home, directory, port }) {
  return [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${home}/host`,
    `AuthorizedKeysFile ${home}/authorized_keys`,
    `PidFile ${home}/sshd.pid`,
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'Subsystem sftp internal-sftp',
    `ForceCommand internal-sftp -d ${directory}`,
    '',
  ].join('\n');
}

async function freePort() {
  return await new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => {
        resolve(port);
      });
    });
  });
}

async function accepts(port) {
  return await new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(undefined);
    });
  });
}

/** Nothing of the user's own configuration or known hosts takes part. */
export function sshOptions({ port, key }) {
  const settings = [
    `Port=${port}`,
    `IdentityFile=${key}`,
    'IdentitiesOnly=yes',
    'BatchMode=yes',
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'LogLevel=ERROR',
    'Compression=no',
    `Ciphers=${cipher}`,
  ];
  return ['-F', '/dev/null', ...settings.flatMap((setting) => ['-o', setting])];
}

/**
 * Gives commands to one `sftp` client and answers with the milliseconds each took, logging in left
 * out: the client itself tells the time before the first command and after each.
 */
export async function sftpCommands(server, commands, { secondsMax = 300 } = {}) {
  const stamp = '!date +%s%N';
  const input = [stamp, ...commands.flatMap((command) => [command, stamp]), ''].join('\n');
  const args = [...sshOptions(server), '-b', '-', `${server.username}@127.0.0.1`];
  const { stdout, ms } = await runProgram('sftp', args, { input, secondsMax });
  const stamps = [...stdout.matchAll(/^\d{19}$/gm)].map(([text]) => Number(text) / 1e6);
  if (stamps.length !== commands.length + 1) throw new Error(`sftp said: ${stdout.slice(-500)}`);
  return {
    each: commands.map((_, index) => stamps[index + 1] - stamps[index]),
    /** Epoch milliseconds before the first command, after it, after the second… */
    stamps,
    /** The whole command, with starting, logging in and leaving. */
    ms,
  };
}

/** Uploads every file of a directory with `lftp mirror -R`; answers with the milliseconds. */
export async function lftpMirror(server, { from, to }) {
  const ssh = ['ssh', '-a', '-x', ...sshOptions(server)].join(' ');
  const script = [
    'set net:max-retries 1',
    'set net:timeout 60',
    `set sftp:connect-program "${ssh}"`,
    `open -u ${server.username},none sftp://127.0.0.1:${server.port}`,
    `mirror -R --no-perms --no-umask "${from}" "${to}"`,
  ].join('\n');
  // Without a home of its own lftp reads the user's settings and writes a history.
  const env = { ...process.env, LFTP_HOME: from.replace(/\/[^/]*$/, '') };
  return (await runProgram('lftp', ['--norc', '-c', script], { env, secondsMax: 300 })).ms;
}
