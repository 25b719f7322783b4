import { describe, expect, it } from '@jest/globals';
import {
  assess,
  assessAll,
  assessmentToJson,
  parseAssessmentInput,
  parsePolicy,
  policyDefaults,
  yearlyRates,
} from '../../src/computation/index.ts';
import { formatEuro, parseEuro, structuredCommunication } from '../../src/vocabulary/index.ts';
import { workedCases } from '../make/contribution.ts';
import { shippedParameters } from '../make/parameters.ts';

const parameters = await shippedParameters();

describe('computation: worked cases', () => {
  it.each(workedCases.cases.map((one) => [one.id, one.title, one] as const))(
    '%s %s',
    (_id, _title, { input, expected }) => {
      const assessment = assess(parseAssessmentInput(input), { parameters });

      expect(assessmentToJson(assessment)).toStrictEqual(expected);
    },
  );

  const alternatives = workedCases.cases.flatMap(({ id, input, alternatives = [] }) =>
    alternatives.map((one) => [id, one.policyName, { input, ...one }] as const),
  );

  it.each(alternatives)('%s under the policy %s', (_id, _name, { input, policy, expected }) => {
    const assessment = assess(input, { parameters, policy: parsePolicy(policy) });

    const { trace, ...amounts } = assessmentToJson(assessment);
    expect(amounts).toStrictEqual(expected);
    expect(trace.length).toBeGreaterThan(0);
  });

  it('ships the parameters of every worked year, digit for digit', () => {
    const published = Object.entries(workedCases.parameters).map(([year, values]) => {
      const { documented } = parameters.forYear(Number(year));
      return [
        Object.entries(values)
          .filter(([name, value]) => name !== 'status' && value !== null)
          .map(([name, value]) => [name, value]),
        Object.entries(documented).map(([name, { value }]) => [name, value]),
      ];
    });

    expect(published.length).toBe(6);
    for (const [expected, shipped] of published) {
      expect(new Map(shipped as [string, string][])).toEqual(
        new Map(expected as [string, string][]),
      );
    }
  });

  it('has exactly the documented policies with their documented defaults', () => {
    expect(policyDefaults).toStrictEqual(workedCases.policyDefaults);
  });

  it.each(workedCases.structuredCommunication)(
    'writes $base10 as the structured communication $expected',
    ({ base10, expected }) => {
      expect(structuredCommunication(base10)).toBe(expected);
    },
  );
});

describe('computation: the tiny population', () => {
  const { contributors, result } = workedCases.population.tiny;
  const inputs = contributors.map(({ profile, turnover }) => ({
    year: 2024,
    profile,
    declaration: { leviableTurnover: turnover },
  }));
  const assessments = assessAll(inputs, { parameters });

  it('counts the entities of each contributor', () => {
    expect(assessments.map(({ entities }) => entities)).toEqual(
      contributors.map(({ entities }) => entities),
    );
  });

  it('derives the cost of an entity and the rate from the budget', () => {
    const rates = yearlyRates({
      budget: parseEuro(workedCases.population.budget) ?? 0n,
      entities: BigInt(result['sumEntities'] ?? ''),
      leviableTurnover: parseEuro(result['leviableTurnover'] ?? '') ?? 0n,
      exemptTurnover: parseEuro(result['exemptTurnover'] ?? '') ?? 0n,
    });

    expect(formatEuro(rates?.costPerEntity ?? 0n)).toBe(result['costPerEntity']);
    expect(rates?.levyRateMax).toEqual({ digits: 2869n, scale: 4 });
    expect(formatEuro(rates?.levyTarget ?? 0n)).toBe(result['levyTarget']);
  });

  it('sums the turnover below and from the threshold', () => {
    const exempt = inputs.filter((_, at) =>
      assessments[at]?.trace.some(({ value }) => value === 'EXEMPT'),
    );
    const sum = exempt
      .map(({ declaration }) => parseEuro(declaration.leviableTurnover) ?? 0n)
      .reduce((total, one) => total + one, 0n);

    // T7 and T8 declare nothing; T6 and T10 stay below the threshold.
    expect(exempt.length).toBe(4);
    expect(formatEuro(sum)).toBe(result['exemptTurnover']);
  });
});
