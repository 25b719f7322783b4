import { describe, expect, it } from '@jest/globals';
import { inRounds } from '../../src/storage/in-rounds.ts';

/** Rounds that wait until they are let go, and answer with the item in capitals. */
function heldRounds(itemsMax = 10) {
  const rounds: (readonly string[])[] = [];
  const held: (() => void)[] = [];
  const ask = inRounds<string, string>({
    itemsMax,
    async run(items) {
      rounds.push(items);
      await new Promise<void>((resolve) => held.push(resolve));
      if (items.includes('poison')) throw new Error('poisoned');
      return items.map((item) => item.toUpperCase());
    },
  });
  const letAllGo = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) {
      for (const release of held.splice(0)) release();
      await Promise.resolve();
    }
  };
  return { rounds, ask, letAllGo };
}

describe('what is asked for in rounds', () => {
  it('begins at once, and gathers what comes meanwhile into the next round', async () => {
    const { rounds, ask, letAllGo } = heldRounds();

    const answers = Promise.all(['a', 'b', 'c'].map(ask));
    await letAllGo();

    expect(await answers).toEqual(['A', 'B', 'C']);
    expect(rounds).toEqual([['a'], ['b', 'c']]);
  });

  it('has no more in a round than allowed', async () => {
    const { rounds, ask, letAllGo } = heldRounds(2);

    const answers = Promise.all(['a', 'b', 'c', 'd'].map(ask));
    await letAllGo();

    expect(await answers).toEqual(['A', 'B', 'C', 'D']);
    expect(rounds).toEqual([['a'], ['b', 'c'], ['d']]);
  });

  it('lets nobody fail by the fault of another in the same round', async () => {
    const { ask, letAllGo } = heldRounds();

    const answers = Promise.allSettled(['a', 'b', 'poison', 'c'].map(ask));
    await letAllGo();

    expect(await answers).toEqual([
      { status: 'fulfilled', value: 'A' },
      { status: 'fulfilled', value: 'B' },
      { status: 'rejected', reason: new Error('poisoned') },
      { status: 'fulfilled', value: 'C' },
    ]);
  });

  it('goes on after a round that failed', async () => {
    const { ask, letAllGo } = heldRounds();
    const poisoned = ask('poison').catch(() => 'failed');
    await letAllGo();

    const next = ask('a');
    await letAllGo();

    expect([await poisoned, await next]).toEqual(['failed', 'A']);
  });
});
