import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { openAnnouncer } from '../../src/storage/announcer.ts';
import { testDatabase, type TestDatabase } from '../make/database.ts';
import { eventually } from '../make/exchange.ts';

let database: TestDatabase;
let listener: pg.Client;
let heard = 0;

beforeAll(async () => {
  database = await testDatabase();
  listener = new pg.Client(database.url);
  listener.on('notification', () => (heard += 1));
  await listener.connect();
  await listener.query('listen announced');
});
afterAll(async () => {
  await listener.end();
  await database.drop();
});

describe('an announcer', () => {
  it('tells of a thousand things in two notices: the first, and the rest', async () => {
    const announcer = openAnnouncer(database.knex, 'announced');

    announcer.announce();
    await eventually(() => Promise.resolve(heard === 1 || undefined), 'the first notice');
    for (let n = 0; n < 1_000; n += 1) announcer.announce();
    await eventually(() => Promise.resolve(heard === 2 || undefined), 'the second notice');
    announcer.announce();
    await eventually(() => Promise.resolve(heard >= 3 || undefined), 'a third, which is the last');

    expect(heard).toBe(3);
  });

  it('goes on when a notice could not be sent', async () => {
    const asked: string[] = [];
    const broken = {
      raw: (sql: string) => ({
        options: () => {
          asked.push(sql);
          return asked.length === 1 ? Promise.reject(new Error('away')) : Promise.resolve();
        },
      }),
    };
    const announcer = openAnnouncer(broken as never, 'announced');

    announcer.announce();
    announcer.announce();
    await eventually(() => Promise.resolve(asked.length === 2 || undefined), 'the second notice');

    expect(asked).toHaveLength(2);
  });
});
