import { Failure, parseDecimal, parseEuro } from '../vocabulary/index.ts';
import type {
  Activity,
  ActivityProfile,
  AssessmentInput,
  Category,
  OfficeAssessment,
  Profile,
  TurnoverDeclaration,
} from './input.ts';
import { activities, categories } from './input.ts';

const registrationsMax = 100;
const monthsLateMax = 1200;

/**
 * Reads one input of the computation, whatever it came from. Nothing is guessed: a key nobody knows
 * is refused like a wrong value, because a misspelt optional key would silently change an amount.
 *
 * @throws Failure `computation.invalid-input`; its facts name the `path` and what is wrong there.
 */
export function parseAssessmentInput(value: unknown): AssessmentInput {
  const input = record(value, '', [
    'year',
    'profile',
    'declaration',
    'officeAssessment',
    'finalRatePct',
  ]);
  const declared = input['declaration'] !== undefined;
  if (declared === (input['officeAssessment'] !== undefined)) {
    throw invalidInput('', 'exactly one of declaration and officeAssessment is needed');
  }
  return {
    year: integer(input['year'], 'year', { min: 1000, max: 9999 }),
    profile: profileIn(input['profile']),
    ...(declared
      ? { declaration: declarationIn(input['declaration']) }
      : { officeAssessment: officeIn(input['officeAssessment']) }),
    ...(input['finalRatePct'] === undefined
      ? {}
      : { finalRatePct: rate(input['finalRatePct'], 'finalRatePct') }),
  };
}

/** Says where an input is wrong: `path` reads `profile.activities[0].activity`, '' for the whole. */
export function invalidInput(path: string, problem: string): Failure {
  return new Failure('computation.invalid-input', { path, problem });
}

function profileIn(value: unknown): Profile {
  const path = 'profile';
  const profile = record(value, path, [
    'established',
    'activityInBelgium',
    'registered',
    'activities',
    'selfCheckGuide',
    'retailOnly',
  ]);
  const established = profile['established'];
  if (typeof established !== 'string' || !/^[A-Z]{2}$/.test(established)) {
    throw invalidInput(`${path}.established`, 'a country is two capitals, such as BE');
  }
  return {
    established,
    activityInBelgium: flag(profile['activityInBelgium'], `${path}.activityInBelgium`),
    registered: flag(profile['registered'], `${path}.registered`),
    activities: list(profile['activities'], `${path}.activities`).map(activityIn),
    ...optionalFlag(profile, 'selfCheckGuide', path),
    ...optionalFlag(profile, 'retailOnly', path),
  };
}

function activityIn(value: unknown, index: number): ActivityProfile {
  const path = `profile.activities[${String(index)}]`;
  const line = record(value, path, ['activity', 'categories']);
  const activity = activities.find((known) => known === line['activity']);
  if (activity === undefined) {
    throw invalidInput(`${path}.activity`, `an activity is one of ${activities.join(', ')}`);
  }
  const named = list(line['categories'], `${path}.categories`);
  if (named.length === 0) {
    throw invalidInput(`${path}.categories`, 'an activity needs at least one category');
  }
  return {
    activity: activity satisfies Activity,
    categories: named.map((one, place) => categoryIn(one, `${path}.categories[${String(place)}]`)),
  };
}

function categoryIn(value: unknown, path: string): Category {
  // Reusable surgical instruments (class Ir) have no row of their own; the row of the classes Is
  // and Im holds the same figures as that of class I.
  const name = value === 'MDR_IR' ? 'MDR_IS_IM' : value;
  const category = categories.find((known) => known === name);
  if (category === undefined) {
    throw invalidInput(path, `a category is one of ${categories.join(', ')}`);
  }
  return category;
}

function declarationIn(value: unknown): TurnoverDeclaration {
  const path = 'declaration';
  const declaration = record(value, path, ['leviableTurnover', 'totalDeviceTurnover']);
  const total = declaration['totalDeviceTurnover'];
  return {
    leviableTurnover: amount(declaration['leviableTurnover'], `${path}.leviableTurnover`),
    ...(total === undefined
      ? {}
      : { totalDeviceTurnover: amount(total, `${path}.totalDeviceTurnover`) }),
  };
}

function officeIn(value: unknown): OfficeAssessment {
  const path = 'officeAssessment';
  const office = record(value, path, ['knownTotalTurnover', 'monthsLate']);
  return {
    knownTotalTurnover: amount(office['knownTotalTurnover'], `${path}.knownTotalTurnover`),
    monthsLate: integer(office['monthsLate'], `${path}.monthsLate`, { min: 0, max: monthsLateMax }),
  };
}

function record(
  value: unknown,
  path: string,
  keys: readonly string[],
): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidInput(path, 'an object is needed');
  }
  const unknown = Object.keys(value).find((key) => !keys.includes(key));
  if (unknown !== undefined) {
    throw invalidInput(
      path === '' ? unknown.slice(0, 50) : `${path}.${unknown.slice(0, 50)}`,
      `there is no such key; the keys are ${keys.join(', ')}`,
    );
  }
  return value as Readonly<Record<string, unknown>>;
}

function list(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw invalidInput(path, 'a list is needed');
  if (value.length > registrationsMax) {
    throw invalidInput(path, `a list holds at most ${String(registrationsMax)} entries`);
  }
  return value;
}

function flag(value: unknown, path: string): boolean {
  if (typeof value !== 'boolean') throw invalidInput(path, 'true or false is needed');
  return value;
}

function optionalFlag<Key extends string>(
  profile: Readonly<Record<string, unknown>>,
  key: Key,
  path: string,
): Partial<Record<Key, boolean>> {
  if (profile[key] === undefined) return {};
  return { [key]: flag(profile[key], `${path}.${key}`) } as Partial<Record<Key, boolean>>;
}

function integer(value: unknown, path: string, range: { min: number; max: number }): number {
  if (
    typeof value !== 'number' ||
    !Number.isInteger(value) ||
    value < range.min ||
    value > range.max
  ) {
    throw invalidInput(path, `a whole number from ${String(range.min)} to ${String(range.max)}`);
  }
  return value;
}

function amount(value: unknown, path: string): string {
  if (typeof value !== 'string' || parseEuro(value) === undefined) {
    throw invalidInput(path, 'an amount is a text of digits with at most two decimals: "1234.50"');
  }
  return value;
}

function rate(value: unknown, path: string): string {
  if (typeof value !== 'string' || parseDecimal(value) === undefined) {
    throw invalidInput(path, 'a rate is a text of digits with at most twelve decimals: "0.2868"');
  }
  return value;
}
