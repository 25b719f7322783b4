import type { RoundingMode } from '../vocabulary/index.ts';
import { parseDecimal, parseEuro } from '../vocabulary/index.ts';
import { invalidInput } from './parse-input.ts';

/**
 * The points the published rules leave open, each a choice with a default. The register of these
 * ambiguities (A1 to A18) stands in `docs/computation.md`.
 */
export interface Policy {
  /** A4: the lowest number of entities reductions can lead to. */
  readonly entityFloor: number;
  /** A1: whether the foreign reduction and the self-check reduction add up. */
  readonly reductionsStack: boolean;
  /** A2: whom the self-check reduction reaches when there are activities beside distribution. */
  readonly selfCheckScope: 'contributor' | 'distributor-only' | 'distributor-activity';
  /** R02: entities of a contributor without one registered activity. */
  readonly unregisteredEntities: number;
  /** A5: whether reductions apply to the entities of R02. */
  readonly unregisteredReductions: boolean;
  /** A7: the turnover that is compared with the threshold. */
  readonly thresholdBasis: 'leviable' | 'total';
  /** A9: levy on the whole turnover once the threshold is reached, or on what exceeds it. */
  readonly levyBase: 'whole' | 'excess';
  /** A11: a combination without a figure rejects the assessment, or only that category is left out. */
  readonly emptyCell: 'reject' | 'skip';
  /** A14: once per component, to the cent. */
  readonly rounding: RoundingMode;
  /** A15: percent. */
  readonly interestMonthlyPct: string;
  /** A15: the percentage per month begun, or once whatever the delay. */
  readonly interestPeriod: 'started-month' | 'once';
  /** A15: the principal to the cent, or rounded down to whole euros first. */
  readonly interestBaseRounding: 'none' | 'euro-down';
  /** A8: exempt below the threshold, or also when equal to it. */
  readonly thresholdComparison: 'lt' | 'lte';
  /** A17: whether exempt turnover counts when the yearly rate is derived from the budget. */
  readonly rateDenominator: 'leviable' | 'declared';
  /** A18: whether the levy is due only from contributors established in the European Union. */
  readonly levyRequiresEuEstablishment: boolean;
  /** A16: euro; null = nobody fixed the administrative fine, and none is guessed. */
  readonly fine: string | null;
}

export const policyDefaults: Policy = {
  entityFloor: 0,
  reductionsStack: true,
  selfCheckScope: 'contributor',
  unregisteredEntities: 9,
  unregisteredReductions: false,
  thresholdBasis: 'leviable',
  levyBase: 'whole',
  emptyCell: 'reject',
  rounding: 'half-up',
  interestMonthlyPct: '0.8',
  interestPeriod: 'started-month',
  interestBaseRounding: 'none',
  thresholdComparison: 'lt',
  rateDenominator: 'leviable',
  levyRequiresEuEstablishment: false,
  fine: null,
};

const entitiesMax = 99;

type Reading<T> = (value: unknown) => T | undefined;

const readings: { readonly [Key in keyof Policy]: Reading<Policy[Key]> } = {
  entityFloor: entities,
  reductionsStack: flag,
  selfCheckScope: oneOf('contributor', 'distributor-only', 'distributor-activity'),
  unregisteredEntities: entities,
  unregisteredReductions: flag,
  thresholdBasis: oneOf('leviable', 'total'),
  levyBase: oneOf('whole', 'excess'),
  emptyCell: oneOf('reject', 'skip'),
  rounding: oneOf('half-up', 'half-even', 'down', 'up'),
  interestMonthlyPct: (value) =>
    typeof value === 'string' && parseDecimal(value) !== undefined ? value : undefined,
  interestPeriod: oneOf('started-month', 'once'),
  interestBaseRounding: oneOf('none', 'euro-down'),
  thresholdComparison: oneOf('lt', 'lte'),
  rateDenominator: oneOf('leviable', 'declared'),
  levyRequiresEuEstablishment: flag,
  fine: fineIn,
};

/**
 * Reads policies as a command line gives them: `['levyBase=excess', 'fine=250.00']`. Of a key given
 * twice the last value counts.
 *
 * @throws Failure `computation.invalid-input` with the path `policy.KEY`.
 */
export function policyFrom(pairs: readonly string[]): Partial<Policy> {
  const given = pairs.map((pair): readonly [string, string] => {
    const at = pair.indexOf('=');
    if (at < 1) throw invalidInput(`policy.${pair.slice(0, 50)}`, 'a policy is written KEY=VALUE');
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  // Entries, unlike assignments, keep even the key `__proto__`, which is then refused like any other.
  return parsePolicy(Object.fromEntries(given));
}

/**
 * Reads policies from an object of unknown content; texts stand for numbers and ticks as well.
 *
 * @throws Failure `computation.invalid-input` with the path `policy.KEY`.
 */
export function parsePolicy(value: Readonly<Record<string, unknown>>): Partial<Policy> {
  const policy: Record<string, unknown> = {};
  for (const [key, given] of Object.entries(value)) {
    if (!isPolicyKey(key)) {
      throw invalidInput(
        `policy.${key.slice(0, 50)}`,
        `there is no such policy; there are ${Object.keys(readings).join(', ')}`,
      );
    }
    const read = readings[key](given);
    if (read === undefined)
      throw invalidInput(`policy.${key}`, 'this value is not one it can have');
    policy[key] = read;
  }
  return policy;
}

function isPolicyKey(key: string): key is keyof Policy {
  return Object.hasOwn(readings, key);
}

function oneOf<const Choice extends string>(...choices: readonly Choice[]): Reading<Choice> {
  return (value) => choices.find((choice) => choice === value);
}

function flag(value: unknown): boolean | undefined {
  if (value === true || value === 'true') return true;
  return value === false || value === 'false' ? false : undefined;
}

function entities(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,2}$/.test(value) ? Number(value) : value;
  const fits = typeof number === 'number' && Number.isInteger(number);
  return fits && number >= 0 && number <= entitiesMax ? number : undefined;
}

function fineIn(value: unknown): string | null | undefined {
  if (value === null || value === 'null') return null;
  if (typeof value !== 'string') return undefined;
  const cents = parseEuro(value);
  return cents === undefined || cents < 0n ? undefined : value;
}
