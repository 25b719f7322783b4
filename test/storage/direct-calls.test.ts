import { describe, expect, it } from '@jest/globals';
import { directCalls, type DirectCalls } from '../../src/storage/direct-calls.ts';

/** Calls whose duration the test decides. */
function timed(): {
  readonly calls: DirectCalls;
  readonly pass: (ms: number) => void;
  readonly call: (ms: number) => Promise<string>;
} {
  let now = 0;
  const calls = directCalls(() => now);
  return {
    calls,
    pass: (ms) => {
      now += ms;
    },
    call: (ms) =>
      calls.make(
        () => {
          now += ms;
          return 'direct';
        },
        () => Promise.resolve('pooled'),
      ),
  };
}

describe('short file calls', () => {
  it('are made at once for as long as they are short, however many there are', async () => {
    const { call } = timed();

    const made = new Set<string>();
    for (let n = 0; n < 1_000; n += 1) made.add(await call(1));

    expect([...made]).toEqual(['direct']);
  });

  it('go to the pool after one that held everybody up', async () => {
    const { call } = timed();

    const made = [await call(30), await call(0.1)];

    expect(made).toEqual(['direct', 'pooled']);
  });

  it('go to the pool after several slow ones in a row, not after the same seldom', async () => {
    const often = timed();
    const seldom = timed();

    const inARow = [];
    const rarely = [];
    for (let n = 0; n < 4; n += 1) {
      inARow.push(await often.call(10));
      rarely.push(await seldom.call(10));
      seldom.pass(2_000);
    }

    expect(inARow).toEqual(['direct', 'direct', 'direct', 'pooled']);
    expect(rarely).toEqual(['direct', 'direct', 'direct', 'direct']);
  });

  it('are tried at once again after a while', async () => {
    const { call, pass } = timed();

    const made = [await call(30), await call(0.1)];
    pass(10_001);
    made.push(await call(0.1));

    expect(made).toEqual(['direct', 'pooled', 'direct']);
  });

  it('reject when they throw, as those of the pool do', async () => {
    const { calls } = timed();

    const failing = calls.make<string>(
      () => {
        throw new Error('no space');
      },
      () => Promise.resolve('pooled'),
    );

    await expect(failing).rejects.toThrow('no space');
  });
});
