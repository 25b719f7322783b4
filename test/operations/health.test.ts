import { describe, expect, it } from '@jest/globals';
import { checkHealth, type HealthState } from '../../src/operations/index.ts';
import { Failure } from '../../src/vocabulary/index.ts';

const check = (name: string, state: HealthState) => ({
  name,
  run: () => Promise.resolve({ state, says: name }),
});

describe('health', () => {
  it('is as bad as the worst check', async () => {
    const worst = async (...states: HealthState[]) =>
      (await checkHealth(states.map((state) => check('one', state)))).state;

    expect(await worst('ok', 'ok')).toBe('ok');
    expect(await worst('ok', 'warning')).toBe('warning');
    expect(await worst('wrong', 'warning')).toBe('wrong');
    expect(await worst()).toBe('ok');
  });

  it('takes a check that throws for wrong and names the failure', async () => {
    const run = () => Promise.reject(new Failure('storage.unavailable'));

    const { lines } = await checkHealth([{ name: 'database', run }]);

    expect(lines).toMatchObject([{ name: 'database', state: 'wrong' }]);
    expect(lines[0]?.says).toContain('storage.unavailable');
  });

  it('does not wait for a check that does not return', async () => {
    const run = () => new Promise<never>(() => undefined);

    const { state } = await checkHealth([{ name: 'stuck', run }, check('one', 'ok')], {
      checkMs: 20,
    });

    expect(state).toBe('wrong');
  });
});
