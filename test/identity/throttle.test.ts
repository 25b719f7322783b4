import { describe, expect, it } from '@jest/globals';
import { charge, isForgotten, isLocked, pairRule } from '../../src/identity/throttle.ts';
import { sourceOf } from '../../src/identity/source.ts';
import type { ThrottleState } from '../../src/identity/index.ts';

const start = Date.parse('2026-03-02T08:00:00Z');
const at = (seconds: number): Date => new Date(start + seconds * 1000);

/** The waits, in seconds, of a guesser who comes back the moment each lock ends. */
function waitsOf(guesses: number): number[] {
  let state: ThrottleState | undefined;
  let now = at(0);
  return Array.from({ length: guesses }, () => {
    state = charge({ state, points: 10, rule: pairRule, now });
    const wait = ((state.until ?? now).getTime() - now.getTime()) / 1000;
    now = state.until ?? now;
    return wait;
  });
}

describe('the throttle', () => {
  it('lets four wrong passwords pass, then doubles the wait up to a quarter of an hour', () => {
    expect(waitsOf(12)).toEqual([0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900]);
  });

  it('ends a lock by itself', () => {
    let state: ThrottleState | undefined;
    for (let guess = 0; guess < 5; guess += 1) {
      state = charge({ state, points: 10, rule: pairRule, now: at(0) });
    }

    expect([isLocked(state, at(29.9)), isLocked(state, at(30))]).toEqual([true, false]);
  });

  it('forgets everything after an hour of silence, counted from the end of the lock', () => {
    const state = { score: 90, lastAt: at(0), until: at(480) };

    expect(isForgotten(state, pairRule, at(3600))).toBe(false);
    expect(isForgotten(state, pairRule, at(4080))).toBe(true);
    expect(charge({ state, points: 10, rule: pairRule, now: at(4080) })).toEqual({
      score: 10,
      lastAt: at(4080),
    });
  });

  it('takes fifty keys that do not fit for what five wrong passwords are', () => {
    let state: ThrottleState | undefined;
    const locked = Array.from({ length: 50 }, () => {
      state = charge({ state, points: 1, rule: pairRule, now: at(0) });
      return isLocked(state, at(0));
    });

    expect(locked.indexOf(true)).toBe(49);
  });

  it('never shortens a lock in force', () => {
    const state = { score: 50, lastAt: at(0), until: at(900) };

    expect(charge({ state, points: 1, rule: pairRule, now: at(1) }).until).toEqual(at(900));
  });
});

describe('a source', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
    ['1:2:3:4:5:6:192.0.2.7', '1:2:3:4::/64'],
    ['amqp', 'amqp'],
  ])('of %s is %s', (address, source) => {
    expect(sourceOf(address)).toBe(source);
  });
});
