import { describe, expect, it } from '@jest/globals';
import type { AssessmentInput, AssessmentJson } from '../../src/computation/index.ts';
import {
  assess,
  assessmentToJson,
  finalRate,
  policyFrom,
  yearlyRates,
} from '../../src/computation/index.ts';
import { failureOf } from '../../src/vocabulary/index.ts';
import { aContributor } from '../make/contribution.ts';
import { shippedParameters } from '../make/parameters.ts';

const parameters = await shippedParameters();

function assessedUnder(input: AssessmentInput, ...pairs: string[]): AssessmentJson {
  return assessmentToJson(assess(input, { parameters, policy: policyFrom(pairs) }));
}

function factsOf(run: () => unknown): Readonly<Record<string, unknown>> {
  try {
    run();
  } catch (error) {
    const { code, facts } = failureOf(error);
    return { code, ...facts };
  }
  throw new Error('nothing was thrown');
}

const manufacturerAndDistributor = [
  { activity: 'MANUFACTURER', categories: ['MDR_I'] },
  { activity: 'DISTRIBUTOR', categories: ['MDR_I'] },
] as const;

const notDeclared: AssessmentInput = {
  year: 2024,
  profile: aContributor({ activities: [{ activity: 'DISTRIBUTOR', categories: ['MDR_I'] }] })
    .profile,
  officeAssessment: { knownTotalTurnover: '500000.00', monthsLate: 3 },
};

describe('computation: policies', () => {
  it('takes one reduction alone when reductions do not stack', () => {
    const abroad = aContributor({
      established: 'NL',
      selfCheckGuide: true,
      activities: manufacturerAndDistributor,
    });

    expect(assessedUnder(abroad).entities).toBe(4);
    expect(assessedUnder(abroad, 'reductionsStack=false').entities).toBe(5);
  });

  it('lifts a contributor to the floor', () => {
    const abroad = aContributor({
      established: 'NL',
      activities: [{ activity: 'DISTRIBUTOR', categories: ['MDR_I'] }],
    });

    const { entities, trace } = assessedUnder(abroad, 'entityFloor=1');

    expect(entities).toBe(1);
    expect(trace).toContainEqual({ rule: 'R07', text: 'floor', value: 1 });
  });

  it('counts the entities named for whoever registered nothing', () => {
    const unregistered = aContributor({ registered: false, activities: [] });

    expect(assessedUnder(unregistered, 'unregisteredEntities=7').activityTax).toBe('2656.36');
  });

  it('compares the total turnover with the threshold, and still taxes the leviable part', () => {
    const input = {
      ...aContributor(),
      declaration: { leviableTurnover: '12000.00', totalDeviceTurnover: '900000.00' },
    };

    expect(assessedUnder(input).levy).toBe('0.00');
    expect(assessedUnder(input, 'thresholdBasis=total').levy).toBe('34.42');
  });

  it('exempts a turnover equal to the threshold when told so', () => {
    const equal = aContributor({ turnover: '48798.40' });

    expect(assessedUnder(equal).levy).toBe('139.95');
    expect(assessedUnder(equal, 'thresholdComparison=lte').levy).toBe('0.00');
  });

  it('leaves an impossible combination out, but never all of them', () => {
    const mixed = aContributor({
      activities: [{ activity: 'ASSEMBLER', categories: ['IVDR_C', 'MDR_I'] }],
    });
    const impossible = aContributor({
      activities: [{ activity: 'ASSEMBLER', categories: ['IVDR_C'] }],
    });

    expect(assessedUnder(mixed).status).toBe('REJECTED');
    expect(assessedUnder(mixed, 'emptyCell=skip').entities).toBe(4);
    expect(assessedUnder(impossible, 'emptyCell=skip').status).toBe('REJECTED');
  });

  it.each([
    ['half-up', '286.80'],
    ['half-even', '286.80'],
    ['down', '286.80'],
    ['up', '286.81'],
  ])('rounds 286.802868 %s to %s', (mode, levy) => {
    const input = aContributor({ turnover: '100001.00' });

    expect(assessedUnder(input, `rounding=${mode}`).levy).toBe(levy);
  });

  it.each([
    ['interestPeriod=once', '14.51'],
    ['interestPeriod=started-month', '43.52'],
    ['interestBaseRounding=euro-down', '43.51'],
    ['interestMonthlyPct=1', '54.40'],
  ])('asks interest under %s: %s', (pair, interest) => {
    expect(assessedUnder(notDeclared, pair).interest).toBe(interest);
  });

  it('asks no interest, but a fine, of whoever is not late by a month yet', () => {
    const office = { knownTotalTurnover: '500000.00', monthsLate: 0 };

    const result = assessedUnder(
      { ...notDeclared, officeAssessment: office },
      'fine=250.00',
      'interestPeriod=once',
    );

    expect(result).toMatchObject({
      total: '1813.48',
      interest: '0.00',
      fine: '250.00',
      totalWithPenalties: '2063.48',
    });
  });

  it('spares contributors outside the Union the levy, not the activity tax', () => {
    const american = aContributor({ established: 'US' });
    const policy = 'levyRequiresEuEstablishment=true';

    expect(assessedUnder(american, policy)).toMatchObject({ levy: '0.00', activityTax: '758.96' });
    expect(assessedUnder(aContributor({ established: 'FR' }), policy).levy).toBe('286.80');
  });

  it('counts a negative turnover as nothing, and says so', () => {
    const { levy, trace } = assessedUnder(aContributor({ turnover: '-5000.00' }));

    expect(levy).toBe('0.00');
    expect(trace.map(({ text }) => text)).toContain('negative turnover -5000.00 counts as nothing');
  });

  it('lets the last of two values for one key count', () => {
    expect(policyFrom(['levyBase=excess', 'levyBase=whole'])).toEqual({ levyBase: 'whole' });
  });

  it.each([
    ['levybase=excess', 'policy.levybase'],
    ['levyBase=half', 'policy.levyBase'],
    ['levyBase', 'policy.levyBase'],
    ['=excess', 'policy.=excess'],
    ['entityFloor=-1', 'policy.entityFloor'],
    ['entityFloor=1e1', 'policy.entityFloor'],
    ['fine=-1.00', 'policy.fine'],
    ['fine=1.001', 'policy.fine'],
    ['interestMonthlyPct=0,8', 'policy.interestMonthlyPct'],
    ['reductionsStack=yes', 'policy.reductionsStack'],
    ['__proto__=1', 'policy.__proto__'],
    ['toString=1', 'policy.toString'],
  ])('refuses the policy %s', (pair, path) => {
    const given = factsOf(() => policyFrom([pair]));

    expect(given).toMatchObject({ code: 'computation.invalid-input', path });
  });
});

describe('computation: the rates of a year', () => {
  const budget = { budget: 1_000_00n, entities: 10n, leviableTurnover: 100_000_00n };

  it('divides a quarter by the entities and three quarters by the turnover', () => {
    expect(yearlyRates({ ...budget, exemptTurnover: 50_000_00n })).toEqual({
      costPerEntity: 25_00n,
      levyRateMax: { digits: 7500n, scale: 4 },
      activityTarget: 250_00n,
      levyTarget: 750_00n,
    });
  });

  it('counts exempt turnover as well when the denominator is what was declared', () => {
    const policy = policyFrom(['rateDenominator=declared']);

    const rates = yearlyRates({ ...budget, exemptTurnover: 50_000_00n, policy });

    expect(rates?.levyRateMax).toEqual({ digits: 5000n, scale: 4 });
  });

  it('has no rates where there is nobody to divide by', () => {
    expect(yearlyRates({ ...budget, entities: 0n, exemptTurnover: 0n })).toBeUndefined();
    expect(yearlyRates({ ...budget, leviableTurnover: 0n, exemptTurnover: 9n })).toBeUndefined();
  });

  it('lowers the rate by the surplus, rounded up so that the expenses stay covered', () => {
    const year = { levyAtMaximum: 750_00n, leviableTurnover: 100_000_00n };
    const maximum = { digits: 7500n, scale: 4 };

    expect(finalRate({ ...year, maximum, surplus: 33_33n })).toEqual({ digits: 7167n, scale: 4 });
    expect(finalRate({ ...year, maximum, surplus: 0n })).toEqual(maximum);
    expect(finalRate({ ...year, maximum, surplus: -1_00n })).toEqual(maximum);
    expect(finalRate({ ...year, maximum, surplus: 800_00n }).digits).toBe(0n);
  });

  it('keeps the decimals the maximum was published with', () => {
    const year = { levyAtMaximum: 4026_09n, leviableTurnover: 1_000_000_00n };
    const maximum = { digits: 4_026_092n, scale: 7 };

    expect(finalRate({ ...year, maximum, surplus: 2026_00n })).toEqual({
      digits: 2_000_090n,
      scale: 7,
    });
    expect(finalRate({ ...year, maximum, surplus: 4026_09n })).toEqual({ digits: 0n, scale: 7 });
  });
});
