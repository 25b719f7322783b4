import type { Cents, Decimal } from '../vocabulary/index.ts';
import { formatEuro, parseDecimal, parseEuro } from '../vocabulary/index.ts';
import { countEntities } from './entities.ts';
import type { AssessmentInput, Profile } from './input.ts';
import { levyOn, percentText } from './levy.ts';
import type { ParameterSet, ParameterSets } from './parameter-sets.ts';
import { invalidInput } from './parse-input.ts';
import type { Penalties } from './penalties.ts';
import { penaltiesOn } from './penalties.ts';
import type { Policy } from './policy.ts';
import { policyDefaults } from './policy.ts';
import type { TraceLine } from './trace.ts';
import { traceLine } from './trace.ts';

export type AssessmentStatus =
  'LIABLE' | 'LIABLE_ZERO' | 'NOT_LIABLE' | 'REJECTED' | 'OFFICE_ASSESSMENT';

/** What one contributor owes for one year, and how that was found. */
export interface Assessment extends Partial<Penalties> {
  readonly status: AssessmentStatus;
  /** Only of a rejection. */
  readonly reason?: 'COMBINATION_NOT_ALLOWED';
  /** Null when rejected, and in years without activity tax. */
  readonly entities: number | null;
  /** These three are null when rejected. */
  readonly activityTax: Cents | null;
  readonly levy: Cents | null;
  readonly total: Cents | null;
  readonly trace: readonly TraceLine[];
}

export interface AssessmentContext {
  readonly parameters: ParameterSets;
  /** What departs from `policyDefaults`. */
  readonly policy?: Partial<Policy>;
}

/**
 * Assesses one contributor by steps R01 to R14. Pure and exact: whole cents, each component rounded
 * once, no clock.
 *
 * @throws Failure `computation.no-parameters` for a year without a complete set,
 *   `computation.invalid-input` for amounts or rates that are none.
 */
export function assess(input: AssessmentInput, context: AssessmentContext): Assessment {
  return assessBy(input, context.parameters, { ...policyDefaults, ...context.policy });
}

/** Assesses many contributors; the n-th result belongs to the n-th input. */
export function assessAll(
  inputs: readonly AssessmentInput[],
  context: AssessmentContext,
): Assessment[] {
  const policy = { ...policyDefaults, ...context.policy };
  return inputs.map((input) => assessBy(input, context.parameters, policy));
}

function assessBy(input: AssessmentInput, sets: ParameterSets, policy: Policy): Assessment {
  const parameters = sets.forYear(input.year);
  const { profile, officeAssessment: office } = input;
  const rate = rateOf(input, parameters);
  const turnover = turnoverOf(input);
  const trace: TraceLine[] = [];
  const exemption = whyNotLiable(profile, turnover);
  if (exemption !== undefined) {
    trace.push(traceLine('R01', exemption, 'NOT_LIABLE'));
    return { status: 'NOT_LIABLE', entities: 0, activityTax: 0n, levy: 0n, total: 0n, trace };
  }
  const count = countEntities({ profile, table: sets.table, policy, trace });
  if (!count.allowed) return rejection(trace);
  const activityTax = activityTaxOn(count.entities, parameters.costPerEntity, trace);
  if (office !== undefined) {
    const text = 'no declaration: base = total turnover known to FPS Finance';
    trace.push(traceLine('R12', text, formatEuro(turnover.leviable)));
  }
  const { leviable, total: all } = turnover;
  const base = { leviable, total: all, established: profile.established };
  const levy = levyOn(base, { parameters, rate, policy, trace });
  const total = activityTax + levy;
  trace.push(traceLine('R11', 'contribution', formatEuro(total)));
  const entities = parameters.scheme === 'entities' ? count.entities : null;
  if (office === undefined) {
    const status = total === 0n ? 'LIABLE_ZERO' : 'LIABLE';
    return { status, entities, activityTax, levy, total, trace };
  }
  const penalties = penaltiesOn(total, { monthsLate: office.monthsLate, policy, trace });
  const owed = { entities, activityTax, levy, total, ...penalties };
  return { status: 'OFFICE_ASSESSMENT', ...owed, trace };
}

/**
 * R01. Whoever has a contributory activity listed is no retailer only: a known activity counts as
 * long as it is not closed (Q13), and only its retail part is left out of the turnover (Q1). Whoever
 * closed all of them earlier has made his last declaration (Q10 to Q13), unless he goes on selling.
 */
function whyNotLiable(profile: Profile, { leviable, total = 0n }: Turnover): string | undefined {
  if (profile.established !== 'BE' && !profile.activityInBelgium) {
    return 'established outside Belgium and no contributory activity on Belgian territory';
  }
  if (profile.retailOnly === true && profile.activities.length === 0) {
    return 'retail activity only: not a contributory activity';
  }
  const sold = leviable > 0n || total > 0n;
  if (profile.registered && profile.activities.length === 0 && !sold) {
    return 'no activity registered in the year before, and no turnover';
  }
  return undefined;
}

function rejection(trace: readonly TraceLine[]): Assessment {
  return {
    status: 'REJECTED',
    reason: 'COMBINATION_NOT_ALLOWED',
    entities: null,
    activityTax: null,
    levy: null,
    total: null,
    trace,
  };
}

/** R08. */
function activityTaxOn(entities: number, cost: Cents | null, trace: TraceLine[]): Cents {
  if (cost === null) {
    trace.push(traceLine('R08', 'no activity tax in this scheme year', '0.00'));
    return 0n;
  }
  const tax = BigInt(entities) * cost;
  trace.push(traceLine('R08', `${String(entities)} x ${formatEuro(cost)}`, formatEuro(tax)));
  return tax;
}

function rateOf(input: AssessmentInput, parameters: ParameterSet): Decimal {
  const maximum = parameters.levyRateMax;
  if (input.finalRatePct === undefined) return maximum;
  const rate = parseDecimal(input.finalRatePct);
  if (rate === undefined) throw invalidInput('finalRatePct', 'a percentage such as 0.2500');
  if (rate.digits * 10n ** BigInt(maximum.scale) > maximum.digits * 10n ** BigInt(rate.scale)) {
    throw invalidInput('finalRatePct', `at most the year's maximum of ${percentText(maximum)}`);
  }
  return rate;
}

interface Turnover {
  readonly leviable: Cents;
  readonly total: Cents | undefined;
}

function turnoverOf(input: AssessmentInput): Turnover {
  const { declaration, officeAssessment: office } = input;
  if (office !== undefined) {
    const known = euro(office.knownTotalTurnover, 'officeAssessment.knownTotalTurnover');
    return { leviable: known, total: known };
  }
  if (declaration === undefined) {
    throw invalidInput('', 'exactly one of declaration and officeAssessment is needed');
  }
  const { leviableTurnover, totalDeviceTurnover } = declaration;
  return {
    leviable: euro(leviableTurnover, 'declaration.leviableTurnover'),
    total:
      totalDeviceTurnover === undefined
        ? undefined
        : euro(totalDeviceTurnover, 'declaration.totalDeviceTurnover'),
  };
}

function euro(text: string, path: string): Cents {
  const cents = parseEuro(text);
  if (cents === undefined) throw invalidInput(path, 'an amount with at most two decimals');
  return cents;
}
