import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openJournal, type JournalBook, type RecordedEvent } from '../../src/operations/index.ts';
import { journalStore } from '../../src/storage/index.ts';
import { testDatabase, type TestDatabase } from '../make/database.ts';

let test: TestDatabase;
let journal: JournalBook;
const instant = new Date('2026-01-31T10:00:00.123Z');
beforeAll(async () => {
  test = await testDatabase();
});
afterAll(async () => {
  await test.drop();
});
beforeEach(async () => {
  await test.knex('journal_event').delete();
  journal = openJournal({ store: journalStore(test.knex), clock: { now: () => instant } });
});

describe('the journal', () => {
  it('gives back an event as it was recorded, with its instant', async () => {
    const event = {
      level: 'warn',
      code: 'channels.login-refused',
      sender: '123456',
      ticket: 'S000000100000',
      username: 'acme',
      source: '192.0.2.1',
      fileName: 'FI.MEDC',
      facts: { reason: 'wrong-key', tries: 3, blocked: false },
    } as const;

    await journal.record(event);

    const [recorded] = await journal.read({});
    expect(recorded).toMatchObject(event);
    expect(recorded?.at.toISOString()).toBe(instant.toISOString());
  });

  it('finds by level and above, sender, user, file and ticket', async () => {
    await journal.record({ level: 'debug', code: 'a.one', sender: '1' });
    await journal.record({ level: 'error', code: 'a.two', username: 'u', fileName: 'f' });
    const found = async (filter: Parameters<JournalBook['read']>[0]) =>
      (await journal.read(filter)).map(({ code }) => code);

    expect(await found({ level: 'warn' })).toEqual(['a.two']);
    expect(await found({ sender: '1' })).toEqual(['a.one']);
    expect(await found({ username: 'u', fileName: 'f' })).toEqual(['a.two']);
    expect(await found({ ticket: 'none' })).toEqual([]);
  });

  it('gives the newest in ascending order when only so many are wanted', async () => {
    for (const code of ['a.one', 'a.two', 'a.three']) await journal.record({ level: 'info', code });

    const codes = (await journal.read({ newest: 2 })).map(({ code }) => code);

    expect(codes).toEqual(['a.two', 'a.three']);
  });

  it('follows: what is there, then what is added, each once', async () => {
    const enough = new AbortController();
    await journal.record({ level: 'info', code: 'a.before' });
    const seen: RecordedEvent[] = [];
    const following = (async () => {
      for await (const event of journal.follow({}, enough.signal)) {
        seen.push(event);
        if (seen.length === 1) await journal.record({ level: 'info', code: 'a.after' });
        if (seen.length === 2) await journal.record({ level: 'info', code: 'a.last' });
        if (seen.length === 3) enough.abort();
      }
    })();

    await following;

    expect(seen.map(({ code }) => code)).toEqual(['a.before', 'a.after', 'a.last']);
  });

  it('follows: sees an event whose transaction ended after a later one', async () => {
    const enough = new AbortController();
    const slow = await test.knex.transaction();
    await journalStore(slow).append([{ at: instant, level: 'info', code: 'a.slow' }]);
    await journal.record({ level: 'info', code: 'a.quick' });
    const codes: string[] = [];

    for await (const { code } of journal.follow({}, enough.signal)) {
      codes.push(code);
      if (code === 'a.quick') await slow.commit();
      if (code === 'a.slow') enough.abort();
    }

    expect(codes).toEqual(['a.quick', 'a.slow']);
  });

  it('shares the fate of the transaction it was written in', async () => {
    const trx = await test.knex.transaction();
    await journalStore(trx).append([{ at: instant, level: 'info', code: 'a.undone' }]);
    await trx.rollback();

    expect(await journal.read({})).toEqual([]);
  });

  it('removes what is older than an instant', async () => {
    await journal.record({ level: 'info', code: 'a.old' });

    expect(await journal.removeBefore(instant)).toBe(0);
    expect(await journal.removeBefore(new Date(instant.getTime() + 1))).toBe(1);
  });
});
