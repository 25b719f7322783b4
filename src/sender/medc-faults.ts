import { Failure, divide, parseDecimal } from '../vocabulary/index.ts';
import { drawFor } from './draw.ts';

/**
 * What can be made wrong in a declaration: the last digits of the enterprise number, an element
 * left out, a value too long, a value outside its list, two elements the wrong way round, a day
 * that is in no calendar.
 */
export const faultKinds = [
  'check-digit',
  'missing-element',
  'too-long',
  'enumeration',
  'order',
  'no-such-day',
] as const;

export type FaultKind = (typeof faultKinds)[number];

export interface Fault {
  /** Place of the declaration in the file, from 1. */
  readonly declaration: number;
  readonly kind: FaultKind;
}

const topic = 3;

/**
 * Which declarations of a made batch are wrong, in file order. Their number is the percentage of
 * the declarations, halves rounded up; they are spread over the whole file and take the kinds in
 * turn.
 *
 * @throws Failure `cli.usage` when the percentage is not a plain decimal from 0 to 100.
 */
export function faultsOf(o: {
  readonly declarations: number;
  readonly invalidPercent: number;
  readonly seed: number;
}): readonly Fault[] {
  const count = faultCount(o.declarations, o.invalidPercent);
  const firstKind = drawFor({ seed: o.seed, topic, place: 0 }).below(faultKinds.length);
  return Array.from({ length: count }, (_, place) => {
    const from = Math.floor((place * o.declarations) / count);
    const to = Math.floor(((place + 1) * o.declarations) / count);
    const within = drawFor({ seed: o.seed, topic, place: place + 1 }).below(to - from);
    const kind = faultKinds[(firstKind + place) % faultKinds.length] ?? 'check-digit';
    return { declaration: from + within + 1, kind };
  });
}

function faultCount(declarations: number, invalidPercent: number): number {
  const percent = parseDecimal(String(invalidPercent));
  if (percent === undefined || invalidPercent > 100) {
    throw new Failure('cli.usage', { invalid: invalidPercent, expected: 'a percentage' });
  }
  const by = 100n * 10n ** BigInt(percent.scale);
  return Number(divide(BigInt(declarations) * percent.digits, by, 'half-up'));
}
