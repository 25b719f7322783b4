import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isUniqueViolation, migrate, migrations, openDatabase } from '../../src/storage/index.ts';
import { storageFailure } from '../../src/storage/storage-failure.ts';
import { testDatabase, type TestDatabase } from '../make/database.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await testDatabase();
});
afterAll(async () => {
  await test.drop();
});

async function eventually(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('it did not come about in time');
    await pause(10);
  }
}

describe('an open database', () => {
  it('reads int8 as bigint and a date as the text it is', async () => {
    const { rows } = await test.knex.raw<{ rows: unknown[] }>(
      `select 9007199254740993::int8 as cents, '2026-03-29'::date as day, 1::int4 as small`,
    );

    expect(rows).toEqual([{ cents: 9_007_199_254_740_993n, day: '2026-03-29', small: 1 }]);
  });

  it('writes bigint whole', async () => {
    const { rows } = await test.knex.raw<{ rows: unknown[] }>(`select ?::int8 as cents`, [
      9_007_199_254_740_993n,
    ] as never);

    expect(rows).toEqual([{ cents: 9_007_199_254_740_993n }]);
  });

  it('undoes a transaction whose work fails and passes on what was thrown', async () => {
    const work = test.database.transaction(async (trx) => {
      await trx.raw('create table undone ()');
      throw new RangeError('enough');
    });

    await expect(work).rejects.toThrow(RangeError);
    const { rows } = await test.knex.raw<{ rows: unknown[] }>(`select to_regclass('undone') as it`);
    expect(rows).toEqual([{ it: null }]);
  });

  it('tells a broken unique constraint from other errors', async () => {
    await test.knex.raw('create table once (n int constraint once_n unique)');
    await test.knex('once').insert({ n: 1 });

    const error: unknown = await test
      .knex('once')
      .insert({ n: 1 })
      .then(
        () => undefined,
        (e: unknown) => e,
      );

    expect(isUniqueViolation(error)).toBe(true);
    expect(isUniqueViolation(error, 'once_n')).toBe(true);
    expect(isUniqueViolation(error, 'other')).toBe(false);
    expect(isUniqueViolation(new Error('23505'))).toBe(false);
  });
});

describe('listening', () => {
  it('hears every notice of its channel, until it stops', async () => {
    const heard: string[] = [];
    const listening = await test.database.listen('room', (payload) => heard.push(payload));

    await test.knex.raw(`select pg_notify('room', 'one'), pg_notify('other', 'no')`);
    await eventually(() => heard.length === 1);
    await listening.stop();
    const second = await test.database.listen('end', () => heard.push('end'));
    await test.knex.raw(`select pg_notify('room', 'two'), pg_notify('end', '')`);
    await eventually(() => heard.includes('end'));
    await second.stop();

    expect(heard).toEqual(['one', 'end']);
  });

  it('says that notices may have been missed, and hears again, after its connection was cut', async () => {
    const heard: string[] = [];
    const listening = await test.database.listen('cut', (payload) => heard.push(payload));

    await test.knex.raw(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and query ilike 'listen%' and pid <> pg_backend_pid()`,
    );
    await eventually(() => heard.includes(''));
    await test.knex.raw(`select pg_notify('cut', 'again')`);
    await eventually(() => heard.includes('again'));
    await listening.stop();

    expect(heard).toEqual(['', 'again']);
  });
});

describe('migrations', () => {
  it('are numbered, in order and without doubles', () => {
    const numbers = migrations.map(({ id }) => Number(/^(\d{4})-[a-z-]+$/.exec(id)?.[1]));

    expect(numbers[0]).toBe(1);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  });

  it('run once when processes start at the same moment', async () => {
    await test.knex.raw('drop schema public cascade; create schema public');
    const script = `
      import { migrate } from ${JSON.stringify(join(import.meta.dirname, '../../dist/storage/index.js'))};
      console.log((await migrate({ connectionString: process.argv[1] })).length);`;
    const runs = Array.from({ length: 3 }, async () => {
      const options = ['--input-type=module', '--eval', script, test.url];
      const child = spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'inherit'] });
      let out = '';
      child.stdout.on('data', (data: Buffer) => (out += data.toString()));
      const [code] = (await once(child, 'close')) as [number];
      return { code, applied: Number(out) };
    });

    const outcomes = await Promise.all(runs);

    expect(outcomes.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(outcomes.map(({ applied }) => applied).sort()).toEqual([0, 0, migrations.length]);
  });

  it('leave no trace of a step that fails, and keep those before it', async () => {
    const connection = { connectionString: test.url };
    const good = { id: '9998-good', up: 'create table good ()' };
    const bad = { id: '9999-bad', up: 'create table half (); select 1/0' };

    const run = migrate(connection, [...migrations, good, bad]);

    await expect(run).rejects.toThrow('division by zero');
    const { rows } = await test.knex.raw<{ rows: unknown[] }>(
      `select to_regclass('good')::text as good, to_regclass('half')::text as half`,
    );
    expect(rows).toEqual([{ good: 'good', half: null }]);
  });

  it('are refused when a newer release ran some that we do not know', async () => {
    await test.knex.raw(
      `insert into schema_migration (id) values ('9999-future') on conflict do nothing`,
    );

    const opening = openDatabase({ url: test.url, data: '/nowhere' });

    await expect(opening).rejects.toMatchObject({ code: 'storage.newer-schema' });
  });
});

describe('a database that does not answer', () => {
  it.each([
    ['is not there', 'postgres://a@127.0.0.1:1/b'],
    ['has no such name', 'postgres://a@no-such-host.invalid:5432/b'],
  ])('is unavailable when it %s', async (_, url) => {
    const opening = openDatabase({ url, data: '/nowhere' });

    await expect(opening).rejects.toMatchObject({ code: 'storage.unavailable' });
  });

  it('is unavailable, and says why, when it refuses the password or the database', async () => {
    const wrongPassword = new URL(test.url);
    wrongPassword.password = 'wrong';
    const wrongName = new URL(test.url);
    wrongName.pathname = '/no_such';

    for (const url of [wrongPassword, wrongName]) {
      const opening = openDatabase({ url: url.href, data: '/nowhere' });
      await expect(opening).rejects.toMatchObject({
        code: 'storage.unavailable',
        facts: { said: expect.stringMatching(/password|no_such/) as unknown as string },
      });
    }
  });

  it.each([
    ['53100', 'storage.disk-full'],
    ['ENOSPC', 'storage.disk-full'],
    ['EDQUOT', 'storage.disk-full'],
    ['57P01', 'storage.unavailable'],
    ['08006', 'storage.unavailable'],
    ['ECONNRESET', 'storage.unavailable'],
  ])('gives code %s the failure %s', (code, failure) => {
    const error = Object.assign(new Error('said'), { code });

    expect(storageFailure(error)).toMatchObject({ code: failure });
  });

  it('leaves an error of our own SQL as it is', () => {
    const error = Object.assign(new Error('syntax'), { code: '42601' });

    expect(storageFailure(error)).toBe(error);
  });
});
