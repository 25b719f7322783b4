import { describe, expect, it } from '@jest/globals';
import type { ThrottleRow, ThrottleStore } from '../../src/identity/index.ts';
import { rememberingLocks } from '../../src/storage/throttle-memory.ts';

const row: ThrottleRow = {
  ...{ key: 'pair:a', scope: 'pair', source: '192.0.2.1', score: 5, locked: true, refused: 0 },
  ...{ until: new Date('2026-03-02T08:00:30Z'), lastAt: new Date('2026-03-02T08:00:00Z') },
};

/** Tables that tell what they were asked. */
function tables(rows: readonly ThrottleRow[]): { asked: string[]; store: ThrottleStore } {
  const asked: string[] = [];
  const told = <T>(name: string, value: T): Promise<T> => {
    asked.push(name);
    return Promise.resolve(value);
  };
  return {
    asked,
    store: {
      look: () => told('look', { rows }),
      change: () => told('change', row),
      countRefusals: (key, count) => told(`${key} +${count}`, undefined),
      endLock: () => told('endLock', 3),
      clear: () => told('clear', []),
      succeed: () => told('succeed', []),
      locked: () => told('locked', []),
      lapsed: () => told('lapsed', []),
      prune: () => told('prune', 0),
    },
  };
}

const question = {
  ...{ keys: ['account:a', 'pair:a', 'source:a'], username: 'a', source: '192.0.2.1' },
  since: new Date('2025-12-02T08:00:00Z'),
};

describe('a storm of guesses', () => {
  it('asks the database once, and is counted in one write', async () => {
    const { asked, store } = tables([row]);
    const locks = rememberingLocks(store);

    for (let guess = 0; guess < 100; guess += 1) {
      expect((await locks.look(question)).rows).toEqual([row]);
      await locks.countRefusals(row.key, 1);
    }
    await locks.lapsed({ at: row.lastAt, max: 1 });

    expect(asked).toEqual(['look', 'pair:a +100', 'lapsed']);
  });

  it('at another account is another question', async () => {
    const { asked, store } = tables([row]);
    const locks = rememberingLocks(store);

    await locks.look(question);
    await locks.look({ ...question, keys: ['account:b', 'pair:b', 'source:a'] });

    expect(asked).toEqual(['look', 'look']);
  });
});

describe('what is remembered of locks', () => {
  it('is nothing where nobody is locked: the next wrong guess may be the one too many', async () => {
    const { asked, store } = tables([{ ...row, locked: false }]);
    const locks = rememberingLocks(store);

    await locks.look(question);
    await locks.look(question);

    expect(asked).toEqual(['look', 'look']);
  });

  it.each([
    ['a lock is lifted by hand', (locks: ThrottleStore) => locks.clear({ username: 'a' })],
    [
      'a lock ran out',
      (locks: ThrottleStore) => locks.endLock({ key: row.key, until: row.lastAt }),
    ],
    ['a guess is counted', (locks: ThrottleStore) => locks.change(row, () => row)],
  ])('is forgotten when %s', async (_when, act) => {
    const { asked, store } = tables([row]);
    const locks = rememberingLocks(store);
    await locks.look(question);

    await act(locks);
    await locks.look(question);

    expect(asked.filter((one) => one === 'look')).toHaveLength(2);
  });
});
