import type { Decimal } from '../vocabulary/index.ts';
import { divide, formatEuro, parseDecimal } from '../vocabulary/index.ts';
import type { ParameterSet } from './parameter-sets.ts';
import type { Problems } from './reading.ts';
import { provenanceIn, recordIn } from './reading.ts';

const thresholdBase = 40_000_00n;
const baseYear = 2017;
const toleranceCents = 2n;

/**
 * Compares a year's threshold with the law's index: 40,000 euro × consumer prices of September N-1 ÷
 * those of September 2017. The published figure always counts; two cents off are normal, because the
 * published 2023 figure rests on a coefficient that was rounded first.
 *
 * Source: law of 20 July 2006, art. 14/19; checked against twenty published amounts.
 */
export function implausible(
  set: ParameterSet,
  index: ReadonlyMap<number, Decimal>,
): readonly string[] {
  const base = index.get(baseYear);
  const current = index.get(set.year - 1);
  if (set.threshold === null || base === undefined || current === undefined) return [];
  const expected = divide(
    thresholdBase * current.digits * 10n ** BigInt(base.scale),
    base.digits * 10n ** BigInt(current.scale),
    'half-up',
  );
  const off = set.threshold > expected ? set.threshold - expected : expected - set.threshold;
  if (off <= toleranceCents) return [];
  return [
    `${String(set.year)}: the threshold ${formatEuro(set.threshold)} is ${formatEuro(off)} away ` +
      `from ${formatEuro(expected)}, which the price index of September ${String(set.year - 1)} gives`,
  ];
}

/** Consumer prices of September by year, 2013 = 100. */
export function readIndex(
  record: Readonly<Record<string, unknown>>,
  file: string,
  problems: Problems,
): ReadonlyMap<number, Decimal> {
  provenanceIn(record, file, problems);
  const months = recordIn(record['september'], `${file}: september`, problems) ?? {};
  const index = new Map<number, Decimal>();
  for (const [year, figure] of Object.entries(months)) {
    const value = typeof figure === 'string' ? parseDecimal(figure) : undefined;
    if (/^\d{4}$/.test(year) && value !== undefined && value.digits > 0n) {
      index.set(Number(year), value);
    } else {
      problems.set(`${file}: september.${year}`, 'a year and an index in quotation marks');
    }
  }
  return index;
}
