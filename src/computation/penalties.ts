import type { Cents } from '../vocabulary/index.ts';
import { formatEuro, parseDecimal, parseEuro, percentageOf } from '../vocabulary/index.ts';
import { invalidInput } from './parse-input.ts';
import { percentText } from './levy.ts';
import type { Policy } from './policy.ts';
import type { TraceLine } from './trace.ts';
import { traceLine } from './trace.ts';

export interface Penalties {
  readonly interest: Cents;
  /** Null while nobody fixed the fine. */
  readonly fine: Cents | null;
  readonly totalWithPenalties: Cents;
}

/** Steps R13 and R14: simple interest per month begun on the contribution, and the fine. */
export function penaltiesOn(
  contribution: Cents,
  o: { readonly monthsLate: number; readonly policy: Policy; readonly trace: TraceLine[] },
): Penalties {
  const { policy, trace } = o;
  const monthly = parseDecimal(policy.interestMonthlyPct);
  if (monthly === undefined) throw invalidInput('policy.interestMonthlyPct', 'a percentage');
  const once = policy.interestPeriod === 'once';
  const periods = once ? Math.min(1, o.monthsLate) : o.monthsLate;
  const principal =
    policy.interestBaseRounding === 'euro-down'
      ? contribution - (contribution % 100n)
      : contribution;
  const whole = { digits: monthly.digits * BigInt(periods), scale: monthly.scale };
  const interest = percentageOf(principal, whole, policy.rounding);
  const times = once ? 'once' : `x ${String(periods)} month(s)`;
  trace.push(traceLine('R13', `interest ${percentText(monthly)}% ${times}`, formatEuro(interest)));
  const fine = policy.fine === null ? null : (parseEuro(policy.fine) ?? null);
  const fineText = fine === null ? 'NOT_CONFIGURED' : formatEuro(fine);
  trace.push(traceLine('R14', 'administrative fine', fineText));
  return { interest, fine, totalWithPenalties: contribution + interest + (fine ?? 0n) };
}
