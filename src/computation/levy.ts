import type { Cents, Decimal } from '../vocabulary/index.ts';
import { formatEuro, percentageOf } from '../vocabulary/index.ts';
import type { ParameterSet } from './parameter-sets.ts';
import type { Policy } from './policy.ts';
import type { TraceLine } from './trace.ts';
import { traceLine } from './trace.ts';

/** The member states of the European Union since 1 February 2020, for ambiguity A18. */
const memberStates: ReadonlySet<string> = new Set(
  'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'.split(' '),
);

export interface LevyBase {
  readonly leviable: Cents;
  /** All turnover in devices, where it was declared. */
  readonly total: Cents | undefined;
  readonly established: string;
}

/** Steps R09 and R10: the levy on the turnover, rounded once. */
export function levyOn(
  base: LevyBase,
  o: {
    readonly parameters: ParameterSet;
    readonly rate: Decimal;
    readonly policy: Policy;
    readonly trace: TraceLine[];
  },
): Cents {
  const { policy, parameters, trace } = o;
  if (policy.levyRequiresEuEstablishment && !memberStates.has(base.established)) {
    trace.push(traceLine('R10', 'established outside the European Union: no levy', '0.00'));
    return 0n;
  }
  const leviable = atLeastNothing(base.leviable, trace);
  const { threshold } = parameters;
  const compared = policy.thresholdBasis === 'total' ? (base.total ?? leviable) : leviable;
  if (threshold !== null && isExempt(compared, threshold, policy)) {
    const sign = policy.thresholdComparison === 'lt' ? '<' : '<=';
    const text = `${formatEuro(compared)} ${sign} ${formatEuro(threshold)}`;
    trace.push(traceLine('R09', text, 'EXEMPT'));
    return 0n;
  }
  const excess = policy.levyBase === 'excess' && threshold !== null ? threshold : 0n;
  const taxed = leviable > excess ? leviable - excess : 0n;
  const levy = percentageOf(taxed, o.rate, policy.rounding);
  trace.push(traceLine('R10', `${formatEuro(taxed)} x ${percentText(o.rate)}%`, formatEuro(levy)));
  return atLeastMinimum(levy, parameters.minimumLevy, trace);
}

/** `0.2500` with the decimals it was published with. */
export function percentText({ digits, scale }: Decimal): string {
  const text = String(digits).padStart(scale + 1, '0');
  return scale === 0 ? text : `${text.slice(0, -scale)}.${text.slice(-scale)}`;
}

/** A18: more credited than invoiced is no negative levy. */
function atLeastNothing(turnover: Cents, trace: TraceLine[]): Cents {
  if (turnover >= 0n) return turnover;
  trace.push(
    traceLine('R10', `negative turnover ${formatEuro(turnover)} counts as nothing`, '0.00'),
  );
  return 0n;
}

function isExempt(compared: Cents, threshold: Cents, policy: Policy): boolean {
  return policy.thresholdComparison === 'lt' ? compared < threshold : compared <= threshold;
}

function atLeastMinimum(levy: Cents, minimum: Cents | null, trace: TraceLine[]): Cents {
  if (minimum === null || levy >= minimum) return levy;
  trace.push(traceLine('R10m', 'minimum levy', formatEuro(minimum)));
  return minimum;
}
