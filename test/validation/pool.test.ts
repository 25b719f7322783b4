import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { failureOf } from '../../src/vocabulary/index.ts';
import { ValidationPool, threadEntry } from '../../src/validation/index.ts';
import { entry, projectRoot, scratch } from '../make/judging.ts';

const hello = { kind: 'envelope', bytes: Buffer.from('<a/>') } as const;

/** A thread that does what the envelope says: ends, hangs, throws, or answers. */
const unruly = `
import { parentPort } from 'node:worker_threads';
parentPort.on('message', ({ bytes }) => {
  const order = Buffer.from(bytes).toString();
  if (order === 'exit') process.exit(7);
  if (order === 'throw') throw new Error('out of order');
  if (order === 'hang') for (;;);
  if (order === 'defect') parentPort.postMessage({ defect: 'a stack' });
  else setTimeout(() => parentPort.postMessage({ result: { order } }), 20);
});
`;

/** A thread that leaves a file behind as soon as it runs, and answers whatever it is asked. */
const early = (folder: string): string => `
import { writeFileSync } from 'node:fs';
import { parentPort, threadId } from 'node:worker_threads';
writeFileSync(${JSON.stringify(folder)} + '/' + threadId, '');
parentPort.on('message', () => parentPort.postMessage({ result: {} }));
`;

describe('the pool of validation threads', () => {
  const scratched = scratch();
  const pools: ValidationPool[] = [];
  const poolOf = (o: Partial<ConstructorParameters<typeof ValidationPool>[0]>): ValidationPool => {
    const path = scratched.path('unruly.mjs');
    writeFileSync(path, unruly);
    const pool = new ValidationPool({ threads: 1, entry: pathToFileURL(path), ...o });
    pools.push(pool);
    return pool;
  };
  const ask = (pool: ValidationPool, order: string): Promise<unknown> =>
    pool.judge({ kind: 'envelope', bytes: Buffer.from(order) });
  const codeOf = async (job: Promise<unknown>): Promise<string> =>
    job.then(
      () => 'answered',
      (error: unknown) => failureOf(error).code,
    );

  afterEach(async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.close()));
  });

  afterAll(scratched.remove);

  it.each(['exit', 'throw'])(
    'fails the job of a thread that dies (%s) and replaces it',
    async (order) => {
      const pool = poolOf({});

      const codes = [codeOf(ask(pool, order)), codeOf(ask(pool, 'a')), codeOf(ask(pool, 'b'))];

      expect(await Promise.all(codes)).toEqual(['validation.worker-died', 'answered', 'answered']);
    },
  );

  it('ends a thread that overruns its deadline, and goes on', async () => {
    const pool = poolOf({ deadlineMs: 3_000 });

    const codes = [codeOf(ask(pool, 'hang')), codeOf(ask(pool, 'a'))];

    expect(await Promise.all(codes)).toEqual(['validation.timed-out', 'answered']);
  });

  it('tells a defect from a dead thread', async () => {
    expect(await codeOf(ask(poolOf({}), 'defect'))).toBe('gateway.defect');
  });

  it('turns away what does not fit its queue', async () => {
    const pool = poolOf({ waitingMax: 2 });

    const codes = ['a', 'b', 'c', 'd'].map((order) => codeOf(ask(pool, order)));

    expect(await Promise.all(codes)).toEqual([
      'answered',
      'answered',
      'answered',
      'validation.busy',
    ]);
  });

  it('fails the work of threads that cannot start, instead of starting them for ever', async () => {
    const pool = poolOf({ entry: new URL('file:///nowhere/thread.js') });

    expect(await codeOf(ask(pool, 'a'))).toBe('validation.worker-died');
  });

  it('answers nothing more once it is closed', async () => {
    const pool = poolOf({});
    const waiting = [codeOf(ask(pool, 'hang')), codeOf(ask(pool, 'a'))];

    await pool.close();

    expect(await Promise.all(waiting)).toEqual(['validation.worker-died', 'validation.busy']);
    expect(await codeOf(ask(pool, 'a'))).toBe('validation.busy');
  });

  it('starts as many threads as it has ahead of their work, and no more', async () => {
    const started = scratched.path('started');
    mkdirSync(started);
    const path = scratched.path('early.mjs');
    writeFileSync(path, early(started));
    const pool = poolOf({ threads: 3, entry: pathToFileURL(path) });

    pool.start();
    pool.start();
    while (readdirSync(started).length < 3) await pause(20);
    await Promise.all(['a', 'b', 'c', 'd'].map((order) => ask(pool, order)));

    expect(readdirSync(started).length).toBe(3);
  });

  it('lets threads go that have nothing to do, and starts others when there is work', async () => {
    const started = scratched.path('rested');
    mkdirSync(started);
    const path = scratched.path('resting.mjs');
    writeFileSync(path, early(started));
    const pool = poolOf({ entry: pathToFileURL(path), idleMs: 1 });

    while (readdirSync(started).length < 3) {
      expect(await ask(pool, 'a')).toEqual({});
      await pause(20);
    }
  });

  it('lets no thread go that works', async () => {
    const pool = poolOf({ threads: 2, idleMs: 1 });

    const orders = Array.from({ length: 20 }, (_, order) => String(order));

    expect(await Promise.all(orders.map((order) => ask(pool, order)))).toHaveLength(20);
  });

  it('works with the compiled thread', async () => {
    const pool = poolOf({ entry });

    expect(await pool.judge(hello)).toEqual({});
    expect(await pool.judge({ ...hello, bytes: Buffer.from('<a>') })).toMatchObject({
      problem: { line: 1 },
    });
  });
});

describe('the entry of a thread', () => {
  it('is in dist for sources and tests, and beside the caller in dist', () => {
    const built = pathToFileURL(`${projectRoot}/dist/thread.js`).href;

    expect(threadEntry(pathToFileURL(`${projectRoot}/src/compose.ts`).href).href).toBe(built);
    expect(threadEntry(import.meta.url).href).toBe(built);
    expect(threadEntry(pathToFileURL(`${projectRoot}/dist/compose.js`).href).href).toBe(built);
  });

  it('is found in a package that is installed without its sources', () => {
    const scratched = scratch();
    mkdirSync(scratched.path('dist'));
    writeFileSync(scratched.path('dist/thread.js'), '');
    const caller = pathToFileURL(scratched.path('dist/main.js')).href;

    expect(threadEntry(caller).href).toBe(pathToFileURL(scratched.path('dist/thread.js')).href);
    scratched.remove();
  });
});
