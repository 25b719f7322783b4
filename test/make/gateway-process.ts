import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { placeHostKeys } from './host-keys.ts';

/** A gateway as operators run it: a process of its own, started from dist. */
export interface GatewayProcess {
  readonly pid: number;
  readonly sftp: { readonly port: number; readonly hostKeys: readonly string[] };
  readonly http: string;
  /** What it wrote to stderr so far. */
  readonly log: () => string;
  /** Sends a signal and, unless it only pauses or resumes, waits for the end. */
  signal(name: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): Promise<number | null>;
}

interface ReadyLine {
  readonly sftp: { readonly port: number; readonly hostKeys: readonly string[] };
  readonly http: { readonly url: string };
}

export interface GatewayOptions {
  readonly data: string;
  readonly databaseUrl: string;
  readonly sftpPort?: number;
  /** It makes its own host keys when it has none, instead of being given those of all tests. */
  readonly ownHostKeys?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
}

const root = join(import.meta.dirname, '..', '..');
const readyMs = 180_000;

export async function startGatewayProcess(o: GatewayOptions): Promise<GatewayProcess> {
  if (o.ownHostKeys !== true) await placeHostKeys(o.data);
  const child = spawn(
    process.execPath,
    [join(root, 'dist/main.js'), 'serve', '--json', '--sftp-port', String(o.sftpPort ?? 0)],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        SLUIS_DATA: o.data,
        SLUIS_DATABASE_URL: o.databaseUrl,
        SLUIS_HTTP_PORT: '0',
        SLUIS_THREADS: '1',
        SLUIS_SETTLE: '10s',
        SLUIS_POLL: '200ms',
        SLUIS_LEASE_SECONDS: '5',
        SLUIS_DRAIN: '1s',
        ...o.environment,
      },
    },
  );
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const ready = await readyLine(child, () => log);
  return {
    pid: child.pid ?? 0,
    sftp: ready.sftp,
    http: ready.http.url,
    log: () => log,
    async signal(name) {
      const pauses = name === 'SIGSTOP' || name === 'SIGCONT';
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const ended = pauses ? undefined : once(child, 'exit');
      child.kill(name);
      await ended;
      return child.exitCode;
    },
  };
}

async function readyLine(child: ChildProcess, log: () => string): Promise<ReadyLine> {
  const { stdout } = child;
  if (stdout === null) throw new Error('no stdout');
  const lines = createInterface({ input: stdout });
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort();
  }, readyMs);
  try {
    const ended = once(child, 'exit', { signal: late.signal }).then(() => undefined);
    const line = once(lines, 'line', { signal: late.signal }) as Promise<[string]>;
    const first = await Promise.race([line, ended]);
    ended.catch(() => undefined);
    line.catch(() => undefined);
    if (first === undefined) throw new Error(`the gateway ended before it was ready: ${log()}`);
    return JSON.parse(first[0]) as ReadyLine;
  } catch (error) {
    if (!late.signal.aborted) throw error;
    child.kill('SIGKILL');
    throw new Error(`the gateway was not ready in time: ${log()}`, { cause: error });
  } finally {
    clearTimeout(timer);
    late.abort();
  }
}

/** A port that was free a moment ago: for a server that must come back at the same address. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
