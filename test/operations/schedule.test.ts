import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { wakeOn } from '../../src/schedule.ts';

afterEach(() => {
  jest.useRealTimers();
});

describe('a slot that passed while all was busy', () => {
  it('is told in words, and does not keep the next one from its run', async () => {
    jest.useFakeTimers({ now: new Date('2026-01-15T08:00:30Z') });
    const told: string[] = [];
    let runs = 0;
    const task = wakeOn(
      '* * * * *',
      () => {
        runs += 1;
      },
      (text) => told.push(text),
    );

    // The clock went on while no timer could fire.
    jest.setSystemTime(new Date('2026-01-15T08:04:45Z'));
    await jest.advanceTimersByTimeAsync(31_000);
    const late = [...told];
    await jest.advanceTimersByTimeAsync(120_000);
    await task.stop();

    expect(late.length).toBeGreaterThan(0);
    expect(late[0]).toContain('missed execution');
    expect(runs).toBeGreaterThan(0);
  });
});
