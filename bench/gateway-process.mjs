/** The real gateway as a process of its own, administered through its command line. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { clearTimeout } from 'node:timers';
import { fileURLToPath } from 'node:url';
import { run } from '../dist/cli/index.js';
import { atTheEnd } from './ending.mjs';
import { runProgram } from './programs.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const entry = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const secondsToStart = 120;
const secondsToStop = 60;
const logCharactersKept = 20_000;

/** The settings of whoever measures take no part. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('SLUIS_')),
);

/**
 * Starts `sluis serve` on free ports, with more settings by their names when given; resolves when it
 * says that it is ready.
 */
export async function startGateway({ data, profile, settings = {} }) {
  const profiling = profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profile];
  const args = ['--json', '--data', data, '--sftp-port', '0', '--http-port', '0'];
  const child = spawn(process.execPath, [...profiling, entry, 'serve', ...args], {
    cwd: root,
    env: { ...environment, ...settings },
    // A group of its own: Ctrl-C reaches it through us, when what is under way has been cut.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    log = `${log}${text}`.slice(-logCharactersKept);
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = atTheEnd(async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), secondsToStop * 1000);
    await ended;
    clearTimeout(timer);
  });
  const { sftp, http } = await readyLine(child, ended, () => log);
  return {
    sftp: { host: sftp.host, port: sftp.port, hostKeys: sftp.hostKeys },
    http: http?.url,
    stop,
    sluis: (command, o) => runSluis(data, command, o),
    sluisHere: (command) => runHere(data, command),
    memory: () => memoryOf(child.pid),
    log: () => log,
  };
}

async function readyLine(child, ended, log) {
  let printed = '';
  child.stdout.setEncoding('utf8');
  return await new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`the gateway was not ready in ${secondsToStart} s: ${log()}`));
    }, secondsToStart * 1000);
    void ended.then((code) => {
      reject(new Error(`the gateway ended with ${code}: ${log()}`));
    });
    child.stdout.on('data', (text) => {
      printed += text;
      const line = printed.split('\n').find((one) => one.includes('"event":"ready"'));
      if (line === undefined) return;
      clearTimeout(timer);
      resolve(JSON.parse(line));
    });
  });
}

/** One `sluis` command on the same data; answers with its JSON. */
async function runSluis(data, command, { secondsMax = 120 } = {}) {
  const args = [entry, ...command, '--data', data, '--json'];
  const { stdout } = await runProgram(process.execPath, args, {
    cwd: root,
    env: environment,
    secondsMax,
  });
  return stdout.trim() === '' ? undefined : JSON.parse(stdout);
}

/**
 * The same command within this process, which saves the second that a process takes to start: for
 * what has to be registered before anything is measured.
 */
async function runHere(data, command) {
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('SLUIS_')) delete process.env[name];
  }
  const printed = { out: '', err: '' };
  const code = await run([...command, '--data', data, '--json'], {
    out: (text) => (printed.out += text),
    err: (text) => (printed.err += text),
  });
  if (code !== 0) throw new Error(`sluis ${command.join(' ')}: ${printed.err.trim()}`);
  return printed.out.trim() === '' ? undefined : JSON.parse(printed.out);
}

/** Resident memory in MB, now and at its peak, as the kernel counts it. */
async function memoryOf(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const megabytes = (name) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
  return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') };
}
