import { spawn, spawnSync } from 'node:child_process';
import { Failure } from '../vocabulary/index.ts';

/** A lock of the operating system, held until released or until this process is gone. */
export interface HeldLock {
  release(): Promise<void>;
}

export interface LockOptions {
  /** An existing file. */
  readonly path: string;
  readonly mode: 'shared' | 'exclusive';
  readonly waitSeconds: number;
}

/**
 * Takes an flock(2) on a file. Node has no call for it, so a `flock … cat` holds it for us: `cat`
 * ends when the pipe to us closes, which the kernel sees to even after SIGKILL. That is why no
 * process id is written down anywhere and no lock can go stale.
 *
 * @throws Failure `storage.embedded` when the lock is not had in time or `flock` is not installed.
 */
export async function takeLock({ path, mode, waitSeconds }: LockOptions): Promise<HeldLock> {
  const options = [`--${mode}`, '--wait', String(waitSeconds), path, 'cat'];
  // In a session of its own: Ctrl-C must reach us, not the lock we still need while draining.
  const holder = spawn('flock', options, {
    detached: true,
    cwd: '/',
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = new Promise<void>((resolve) => holder.once('close', resolve));
  const held = new Promise<void>((resolve, reject) => {
    holder.once('error', reject);
    holder.stdin.on('error', reject);
    holder.stdout.once('data', () => {
      resolve();
    });
    void ended.then(() => {
      reject(new Error(`no ${mode} lock on ${path} within ${String(waitSeconds)} s`));
    });
  });
  holder.stdin.write('held\n');
  try {
    await held;
  } catch (error) {
    holder.stdin.destroy();
    throw new Failure('storage.embedded', { reason: reasonOf(error) }, error);
  }
  letGo(holder);
  return {
    release: async () => {
      holder.ref();
      holder.stdin.end();
      await ended;
    },
  };
}

/** A process that forgets to release may still end: the lock ends with it. */
function letGo(holder: ReturnType<typeof spawn>): void {
  holder.unref();
  for (const pipe of [holder.stdin, holder.stdout]) {
    // A child's pipes are sockets, which its types do not say.
    (pipe as unknown as { unref(): void }).unref();
  }
  holder.stdout?.resume();
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
    return 'the command flock (package util-linux) is not installed';
  }
  return error instanceof Error ? error.message : 'no lock';
}

/** Runs `work` alone among all processes that lock the same file. */
export async function withLock<T>(options: LockOptions, work: () => Promise<T>): Promise<T> {
  const lock = await takeLock(options);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

/** Whether the lock could be had this moment; it is not kept. */
export function isFree({ path, mode }: Pick<LockOptions, 'path' | 'mode'>): boolean {
  return spawnSync('flock', [`--${mode}`, '--nonblock', path, 'true'], { cwd: '/' }).status === 0;
}
