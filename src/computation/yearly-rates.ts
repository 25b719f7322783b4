import type { Cents, Decimal, RoundingMode } from '../vocabulary/index.ts';
import { divide } from '../vocabulary/index.ts';
import type { Policy } from './policy.ts';
import { policyDefaults } from './policy.ts';

const activityShare = { part: 25n, of: 100n };
/** Rates are published with four decimals of a percent since 2023. */
const rateDecimals = 4;

export interface YearlyRates {
  readonly costPerEntity: Cents;
  readonly levyRateMax: Decimal;
  readonly activityTarget: Cents;
  readonly levyTarget: Cents;
}

/**
 * Derives a year's figures from the budget its contributors have to bear: a quarter over all
 * entities, three quarters over the turnover (Q3). `undefined` when there is nothing to divide by.
 */
export function yearlyRates(o: {
  readonly budget: Cents;
  readonly entities: bigint;
  readonly leviableTurnover: Cents;
  /** Turnover below the threshold; counted by policy `rateDenominator` alone. */
  readonly exemptTurnover: Cents;
  readonly policy?: Partial<Policy>;
}): YearlyRates | undefined {
  const policy = { ...policyDefaults, ...o.policy };
  const declared = policy.rateDenominator === 'declared';
  const denominator = o.leviableTurnover + (declared ? o.exemptTurnover : 0n);
  if (o.entities <= 0n || denominator <= 0n || o.budget < 0n) return undefined;
  const activityTarget = divide(o.budget * activityShare.part, activityShare.of, 'half-up');
  const levyTarget = o.budget - activityTarget;
  return {
    costPerEntity: divide(activityTarget, o.entities, policy.rounding),
    levyRateMax: percentOf(levyTarget, denominator, {
      mode: policy.rounding,
      decimals: rateDecimals,
    }),
    activityTarget,
    levyTarget,
  };
}

/**
 * The final rate after a surplus: what is left to collect over the turnover, between nothing and the
 * maximum; rounded up, at the decimals of the maximum, so that the receipts still cover the expenses.
 * The law gives no formula (Q5 says only that the rate is lowered); this is the default of
 * `docs/computation.md`.
 */
export function finalRate(o: {
  readonly levyAtMaximum: Cents;
  readonly surplus: Cents;
  readonly leviableTurnover: Cents;
  readonly maximum: Decimal;
}): Decimal {
  const needed = o.levyAtMaximum - o.surplus;
  const { scale } = o.maximum;
  if (needed <= 0n) return { digits: 0n, scale };
  if (o.leviableTurnover <= 0n) return o.maximum;
  const rate = percentOf(needed, o.leviableTurnover, { mode: 'up', decimals: scale });
  return rate.digits > o.maximum.digits ? o.maximum : rate;
}

function percentOf(
  part: Cents,
  whole: Cents,
  { mode, decimals }: { readonly mode: RoundingMode; readonly decimals: number },
): Decimal {
  return { digits: divide(part * 100n * 10n ** BigInt(decimals), whole, mode), scale: decimals };
}
