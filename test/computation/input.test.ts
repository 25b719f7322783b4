import { describe, expect, it } from '@jest/globals';
import type { AssessmentInput } from '../../src/computation/index.ts';
import {
  assess,
  parseAssessmentInput,
  withRegisteredProfile,
} from '../../src/computation/index.ts';
import { enterpriseNumberOf, failureOf } from '../../src/vocabulary/index.ts';
import { aContributor } from '../make/contribution.ts';
import { shippedParameters } from '../make/parameters.ts';

const parameters = await shippedParameters();

function refusalOf(run: () => unknown): Readonly<Record<string, unknown>> {
  try {
    run();
  } catch (error) {
    const { code, facts } = failureOf(error);
    return { code, ...facts };
  }
  throw new Error('nothing was thrown');
}

/** The input with one value changed, by path. */
function withValue(path: string, value: unknown): unknown {
  const input = structuredClone(aContributor()) as unknown as Record<string, unknown>;
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let place = input;
  for (const key of keys) place = place[key] as Record<string, unknown>;
  place[last] = value;
  return input;
}

describe('computation: what is no input', () => {
  it.each([
    ['year', '2024', 'year'],
    ['year', 2024.5, 'year'],
    ['yaer', 2024, 'yaer'],
    ['profile', null, 'profile'],
    ['profile', [], 'profile'],
    ['profile.established', 'Belgium', 'profile.established'],
    ['profile.established', 'be', 'profile.established'],
    ['profile.registered', 'true', 'profile.registered'],
    ['profile.selfCheckGuide', 1, 'profile.selfCheckGuide'],
    ['profile.selfcheckguide', true, 'profile.selfcheckguide'],
    ['profile.activities', {}, 'profile.activities'],
    ['profile.activities.0.activity', 'RETAILER', 'profile.activities[0].activity'],
    ['profile.activities.0.categories', [], 'profile.activities[0].categories'],
    ['profile.activities.0.categories', ['MDR_IX'], 'profile.activities[0].categories[0]'],
    ['declaration.leviableTurnover', 100, 'declaration.leviableTurnover'],
    ['declaration.leviableTurnover', '1e3', 'declaration.leviableTurnover'],
    ['declaration.leviableTurnover', '1.005', 'declaration.leviableTurnover'],
    ['declaration.leviableTurnover', '1,00', 'declaration.leviableTurnover'],
    ['declaration.leviableTurnover', ' 1.00', 'declaration.leviableTurnover'],
    ['declaration.leviableTurnover', '', 'declaration.leviableTurnover'],
    ['declaration.leviableTurnover', '1234567890123456.00', 'declaration.leviableTurnover'],
    ['declaration.leviableTurnover', undefined, 'declaration.leviableTurnover'],
    ['declaration.totalDeviceTurnover', null, 'declaration.totalDeviceTurnover'],
    ['declaration', undefined, ''],
    ['officeAssessment', { knownTotalTurnover: '1.00', monthsLate: 0 }, ''],
    ['finalRatePct', 0.25, 'finalRatePct'],
    ['finalRatePct', '-0.25', 'finalRatePct'],
  ])('refuses %s = %j', (path, value, named) => {
    const refusal = refusalOf(() => parseAssessmentInput(withValue(path, value)));

    expect(refusal).toMatchObject({ code: 'computation.invalid-input', path: named });
  });

  it.each([[{ knownTotalTurnover: '1.00', monthsLate: -1 }], [{ knownTotalTurnover: '1.00' }]])(
    'refuses the office assessment %j',
    (officeAssessment) => {
      const { year, profile } = aContributor();

      const refusal = refusalOf(() => parseAssessmentInput({ year, profile, officeAssessment }));

      expect(refusal).toMatchObject({ path: 'officeAssessment.monthsLate' });
    },
  );

  it('refuses more registrations than anybody has', () => {
    const line = { activity: 'IMPORTER', categories: ['MDR_I'] };
    const input = withValue(
      'profile.activities',
      Array.from({ length: 101 }, () => line),
    );

    const refusal = refusalOf(() => parseAssessmentInput(input));

    expect(refusal).toMatchObject({ path: 'profile.activities' });
  });

  it('keeps what it read and changes nothing', () => {
    const input = aContributor({ selfCheckGuide: true });

    expect(parseAssessmentInput({ ...input, finalRatePct: '0.2500' })).toStrictEqual({
      ...input,
      finalRatePct: '0.2500',
    });
  });

  it('counts reusable surgical instruments in the row of Is and Im', () => {
    const input = parseAssessmentInput(withValue('profile.activities.0.categories', ['MDR_IR']));

    expect(input.profile.activities[0]?.categories).toEqual(['MDR_IS_IM']);
  });
});

describe('computation: whom it assesses', () => {
  it('refuses a year without parameters', () => {
    const refusal = refusalOf(() => assess(aContributor({ year: 2026 }), { parameters }));

    expect(refusal).toEqual({ code: 'computation.no-parameters', year: 2026, missing: 'all' });
  });

  it('refuses a final rate above the maximum of the year', () => {
    const input: AssessmentInput = { ...aContributor(), finalRatePct: '0.28681' };

    const refusal = refusalOf(() => assess(input, { parameters }));

    expect(refusal).toMatchObject({ code: 'computation.invalid-input', path: 'finalRatePct' });
  });

  it('accepts a final rate equal to the maximum in whatever number of decimals', () => {
    const input: AssessmentInput = { ...aContributor(), finalRatePct: '0.286800' };

    expect(assess(input, { parameters }).levy).toBe(286_80n);
  });

  it('holds a Belgian contributor liable although its activity is abroad', () => {
    const abroad = aContributor({ activityInBelgium: false, turnover: '0.00' });

    expect(assess(abroad, { parameters }).status).toBe('LIABLE');
  });

  it('does not spare a retailer that has a contributory activity registered', () => {
    expect(assess(aContributor({ retailOnly: true }), { parameters }).status).toBe('LIABLE');
  });

  it('lets the register overrule the profile that was declared', () => {
    const declared = aContributor();
    const known = enterpriseNumberOf(4_030_000);
    const registered = aContributor({
      activities: [{ activity: 'MANUFACTURER', categories: ['MDR_III'] }],
    }).profile;
    const profiles = {
      profileOf: (contributor: string) => (contributor === known ? registered : undefined),
    };

    const overruled = withRegisteredProfile(declared, { contributor: known, profiles });
    const kept = withRegisteredProfile(declared, {
      contributor: enterpriseNumberOf(4_030_001),
      profiles,
    });

    expect(assess(overruled, { parameters }).entities).toBe(8);
    expect(kept).toBe(declared);
  });
});
