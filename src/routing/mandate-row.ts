import {
  Failure,
  formatQuarter,
  parseEnterpriseNumber,
  parseQuarter,
} from '../vocabulary/index.ts';
import type { MandatePage, MandateRecord } from './ports.ts';

export type Addition =
  | { readonly outcome: 'added' | 'already'; readonly mandate: MandateRecord }
  | { readonly outcome: 'refused'; readonly reason: string };

/**
 * What becomes of a new mandate beside those its mandator gave for the object. Overlaps are refused
 * even for the same mandatary: a list given again must not reopen what was ended in the meantime.
 */
export function addTo(present: readonly MandateRecord[], mandate: MandateRecord): Addition {
  const overlap = present.find((one) => overlaps(one, mandate));
  if (overlap === undefined) return { outcome: 'added', mandate };
  const { mandatary, from, to } = overlap;
  if (mandatary === mandate.mandatary && from === mandate.from && to === mandate.to) {
    return { outcome: 'already', mandate: overlap };
  }
  const until = to === undefined ? 'without end' : `to ${formatQuarter(to)}`;
  const whose = mandatary === mandate.mandatary ? 'the same mandatary' : mandatary;
  return {
    outcome: 'refused',
    reason: `a mandate to ${whose} for ${overlap.object} runs from ${formatQuarter(from)} ${until}`,
  };
}

/** Both ends belong to a mandate. */
function overlaps(one: MandateRecord, other: MandateRecord): boolean {
  return (
    (one.to === undefined || one.to >= other.from) &&
    (other.to === undefined || other.to >= one.from)
  );
}

/**
 * Reads the key of a line of the list: `0206731645/MEDC/20261`.
 *
 * @throws Failure `registration.invalid`
 */
export function afterKey(key: string): NonNullable<MandatePage['after']> {
  const [number = '', object = '', quarter = ''] = key.split('/');
  const mandator = parseEnterpriseNumber(number);
  const from = parseQuarter(quarter);
  if (mandator !== undefined && from !== undefined && object !== '') {
    return { mandator, object, from };
  }
  throw new Failure('registration.invalid', {
    what: 'after',
    why: 'the key of a mandate is expected, as the list shows it',
  });
}
