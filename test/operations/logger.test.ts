import { describe, expect, it } from '@jest/globals';
import { openLogger } from '../../src/operations/index.ts';
import { Failure } from '../../src/vocabulary/index.ts';

function logged(level: 'debug' | 'info' = 'info') {
  const lines: string[] = [];
  const log = openLogger({ level, write: (line) => lines.push(line) });
  return { log, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown>, lines };
}

describe('the log', () => {
  it('writes one JSON object a line with the event, its level and its fields', () => {
    const { log, last, lines } = logged();

    log.info('intake.received', { sender: '123456', bytes: 12n });

    expect(lines).toHaveLength(1);
    expect(last()).toMatchObject({
      level: 'info',
      event: 'intake.received',
      sender: '123456',
      bytes: '12',
    });
  });

  it('leaves out what is below its level', () => {
    const { log, lines } = logged();

    log.debug('a.detail');

    expect(lines).toEqual([]);
  });

  it('masks what is secret by its name, at any depth, and passwords inside addresses', () => {
    const { log, lines } = logged();

    log.with({ token: 'hush1' }).warn('a.b', {
      password: 'hush2',
      deep: { er: { clientSecret: 'hush3', insz: 'hush4' } },
      text: 'cannot reach postgres://me:hush5@there/x',
    });

    expect(lines.join('')).not.toContain('hush');
    expect(lines.join('')).toContain('postgres://me:********@there/x');
  });

  it('tells a failure by code, facts and cause, without a stack', () => {
    const { log, last } = logged();

    log.error('a.b', { error: new Failure('channel.timed-out', { host: 'h' }) });

    expect(last()['error']).toEqual({ code: 'channel.timed-out', host: 'h' });
  });

  it('keeps the stack of what was not foreseen', () => {
    const { log, last } = logged();

    log.error('a.b', { error: new TypeError('odd') });

    expect(last()['error']).toMatchObject({
      message: 'odd',
      stack: expect.stringContaining('odd'),
    });
  });

  it('survives circles, endless depth and long texts', () => {
    const { log, lines } = logged();
    const circle: Record<string, unknown> = { text: 'x'.repeat(100_000) };
    circle['self'] = circle;

    log.info('a.b', circle);

    expect(lines[0]?.length).toBeLessThan(20_000);
  });
});
