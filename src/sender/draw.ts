/**
 * Numbers that look random and are the same for the same seed on every machine. Not for secrets.
 *
 * A 32-bit mixing counter: each draw adds a constant and scrambles the sum, so that a stream can be
 * started at any place without drawing what came before it.
 */
export interface Draw {
  /** A whole number from 0 up to and not including `below` (at most 2^32). */
  below(below: number): number;
  /** True `perMille` times in a thousand. */
  chance(perMille: number): boolean;
  /** One of the values, as often as its weight says. */
  pick<T>(choices: readonly Weighted<T>[]): T;
}

export interface Weighted<T> {
  readonly weight: number;
  readonly value: T;
}

const step = 0x9e37_79b9;
const range = 2 ** 32;

/** The stream of draws number `place` under a seed; `topic` keeps streams of one place apart. */
export function drawFor(o: {
  readonly seed: number;
  readonly topic: number;
  readonly place: number;
}): Draw {
  let state = scramble(scramble(scramble(o.seed) ^ o.topic) ^ o.place);
  const next = (): number => {
    state = (state + step) | 0;
    return scramble(state) >>> 0;
  };
  const below = (limit: number): number => Math.floor((next() * limit) / range);
  return {
    below,
    chance: (perMille) => below(1000) < perMille,
    pick: (choices) => pick(choices, below),
  };
}

function pick<T>(choices: readonly Weighted<T>[], below: (limit: number) => number): T {
  let rest = below(choices.reduce((sum, { weight }) => sum + weight, 0));
  for (const { weight, value } of choices) {
    if (rest < weight) return value;
    rest -= weight;
  }
  throw new RangeError('nothing to choose from');
}

/** The 32-bit finaliser of MurmurHash3: every bit of the input moves about half of the output. */
function scramble(value: number): number {
  let bits = value | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85eb_ca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2_ae35);
  return bits ^ (bits >>> 16);
}
