/** Other programs, started with a time limit and never left running. */
import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { clearTimeout } from 'node:timers';
import { atTheEnd } from './ending.mjs';

/** The Debian package each program comes in. */
const packages = {
  xmllint: 'libxml2-utils',
  sftp: 'openssh-client',
  'ssh-keygen': 'openssh-client',
  sshd: 'openssh-server',
  lftp: 'lftp',
};

// The daemon is usually in no user's path.
const path = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];

export async function whereIs(program) {
  for (const directory of path) {
    const candidate = join(directory, program);
    try {
      await access(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not in this directory.
    }
  }
  return undefined;
}

/** Programs that are not installed, each with what to install. */
export async function missingPrograms(needs) {
  const found = await Promise.all(needs.map((program) => whereIs(program)));
  return needs
    .filter((_, index) => found[index] === undefined)
    .map((program) => `${program} (install the package ${packages[program]})`);
}

const outputCharactersMax = 10_000_000;

/**
 * Runs a program to its end and answers with what it printed and how long it took, in
 * milliseconds. Throws when it fails or overruns its time.
 */
export async function runProgram(command, args, o = {}) {
  const { input = '', secondsMax = 300, cwd, env = process.env } = o;
  const began = performance.now();
  const child = spawn(command, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
  const forget = atTheEnd(async () => {
    child.kill('SIGKILL');
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), secondsMax * 1000);
  const printed = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr']) {
    child[stream].setEncoding('utf8').on('data', (text) => {
      if (printed[stream].length < outputCharactersMax) printed[stream] += text;
    });
  }
  // A program that ends early does not read its input; its exit code tells.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  try {
    const code = await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status, signal) => resolve(status ?? signal));
    });
    const ms = performance.now() - began;
    if (code !== 0) {
      const said = (printed.stderr || printed.stdout).slice(-2000).trim();
      throw new Error(`${command} ${args.slice(0, 4).join(' ')}… ended with ${code}: ${said}`);
    }
    return { ...printed, ms };
  } finally {
    clearTimeout(timer);
    await forget();
  }
}
