import { describe, expect, it } from '@jest/globals';
import type { Activity, AssessmentInput, Category } from '../../src/computation/index.ts';
import { activities, assess, assessAll, categories } from '../../src/computation/index.ts';
import { aContributor } from '../make/contribution.ts';
import { shippedParameters } from '../make/parameters.ts';

const parameters = await shippedParameters();
const rounds = process.env['SLUIS_TEST_LONG'] === '1' ? 50_000 : 4_000;

/** A repeatable source of chance: the Lehmer generator. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

function pick<T>(from: readonly T[], draw: (below: number) => number): T {
  return from[draw(from.length)] as T;
}

const filled = (activity: Activity): Category[] =>
  categories.filter((category) => parameters.table.entitiesOf(activity, category) !== null);

function anyInput(draw: (below: number) => number): AssessmentInput {
  const chosen = [...new Set(Array.from({ length: draw(5) }, () => pick(activities, draw)))];
  const cents = BigInt(draw(1_000_000_000)) * BigInt(1 + draw(50));
  return aContributor({
    year: pick([2023, 2024, 2025], draw),
    turnover: `${String(cents / 100n)}.${String(cents % 100n).padStart(2, '0')}`,
    established: pick(['BE', 'BE', 'NL', 'US'], draw),
    registered: draw(8) > 0,
    activityInBelgium: draw(10) > 0,
    selfCheckGuide: draw(2) === 0,
    activities: chosen.map((activity) => ({
      activity,
      categories: Array.from({ length: 1 + draw(3) }, () => pick(filled(activity), draw)),
    })),
  });
}

const population = ((): AssessmentInput[] => {
  const draw = chance(20_260_115);
  return Array.from({ length: rounds }, () => anyInput(draw));
})();
const assessed = population.map((input) => ({ input, ...assess(input, { parameters }) }));

const turnoverCents = (input: AssessmentInput): bigint =>
  BigInt((input.declaration?.leviableTurnover ?? '').replace('.', ''));

describe('computation: what holds for every contributor', () => {
  it('makes the total the sum of activity tax and levy', () => {
    expect(
      assessed.filter(
        ({ total, activityTax, levy }) => total !== (activityTax ?? 0n) + (levy ?? 0n),
      ),
    ).toEqual([]);
  });

  it('counts between 0 and 9 entities', () => {
    expect(
      assessed.filter(({ entities }) => entities === null || entities < 0 || entities > 9),
    ).toEqual([]);
    expect(new Set(assessed.map(({ entities }) => entities)).size).toBe(10);
  });

  it('gives the same amounts in whatever order activities and categories stand, and however often', () => {
    const shuffled = population.map((input) => ({
      ...input,
      profile: {
        ...input.profile,
        activities: [...input.profile.activities, ...input.profile.activities]
          .map((line) => ({ ...line, categories: [...line.categories].reverse() }))
          .reverse(),
      },
    }));

    expect(assessAll(shuffled, { parameters }).map(({ total }) => total)).toEqual(
      assessed.map(({ total }) => total),
    );
  });

  it('never asks less when a category is added', () => {
    const draw = chance(7);
    const cheaper = assessed.filter(({ input, entities }) => {
      const [first, ...others] = input.profile.activities;
      if (first === undefined) return false;
      const wider = {
        ...first,
        categories: [...first.categories, pick(filled(first.activity), draw)],
      };
      const profile = { ...input.profile, activities: [wider, ...others] };
      return (assess({ ...input, profile }, { parameters }).entities ?? -1) < (entities ?? 0);
    });

    expect(cheaper).toEqual([]);
  });

  it('never asks more of a foreign contributor than of a Belgian one', () => {
    const dearer = assessed.filter(({ input, total }) => {
      const profile = { ...input.profile, established: 'BE' };
      const belgian = assess({ ...input, profile }, { parameters });
      return (total ?? 0n) > (belgian.total ?? 0n);
    });

    expect(dearer).toEqual([]);
  });

  it('lets the levy rise with the turnover from the threshold on, and be nothing below it', () => {
    const liable = assessed
      .filter(({ input, status }) => input.year === 2024 && status !== 'NOT_LIABLE')
      .sort((one, other) => (turnoverCents(one.input) < turnoverCents(other.input) ? -1 : 1));
    const below = liable.filter(({ input }) => turnoverCents(input) < 4_879_840n);
    const falling = liable.filter(({ levy }, at) => (levy ?? 0n) < (liable[at - 1]?.levy ?? 0n));

    expect(below.filter(({ levy }) => levy !== 0n)).toEqual([]);
    expect(falling).toEqual([]);
    expect(liable.length).toBeGreaterThan(below.length);
  });

  it('never asks more with a final rate than with the maximum', () => {
    const dearer = assessed.filter(({ input, total }) => {
      const final = assess({ ...input, finalRatePct: '0.2134' }, { parameters });
      return (final.total ?? 0n) > (total ?? 0n);
    });

    expect(dearer).toEqual([]);
  });

  it('rounds the levy as an independent calculation with fractions does', () => {
    const rates: Readonly<Record<number, bigint>> = { 2023: 2762n, 2024: 2868n, 2025: 3073n };
    const wrong = assessed.filter(({ input, levy }) => {
      if (levy === null || levy === 0n) return false;
      // levy is the half-up rounding of t × r / 10^6 exactly when 2tr - 10^6 < 2×10^6×levy <= 2tr + 10^6.
      const doubled = 2n * turnoverCents(input) * (rates[input.year] ?? 0n);
      const scaled = 2_000_000n * levy;
      return !(doubled - 1_000_000n < scaled && scaled <= doubled + 1_000_000n);
    });

    expect(wrong).toEqual([]);
    expect(assessed.filter(({ levy }) => (levy ?? 0n) > 0n).length).toBeGreaterThan(rounds / 2);
  });

  it('can be followed by its trace: the values of R08 and R10 make R11', () => {
    const valueOf = (trace: (typeof assessed)[number]['trace'], rule: string): bigint => {
      const line = trace.find((one) => one.rule === rule && typeof one.value === 'string');
      return BigInt(String(line?.value ?? '0').replace('.', ''));
    };
    const broken = assessed
      .filter(({ status }) => status !== 'NOT_LIABLE')
      .filter(
        ({ trace }) => valueOf(trace, 'R08') + valueOf(trace, 'R10') !== valueOf(trace, 'R11'),
      );

    expect(broken).toEqual([]);
  });

  it('answers the same for one contributor and for many', () => {
    expect(assessAll(population, { parameters })).toEqual(
      population.map((input) => assess(input, { parameters })),
    );
  });

  it('assesses 31,000 contributors, each with its trace', () => {
    const draw = chance(3);
    const inputs = Array.from({ length: 31_000 }, () => anyInput(draw));

    const results = assessAll(inputs, { parameters });

    expect(results.length).toBe(31_000);
    expect(results.every(({ trace }) => trace.length > 0)).toBe(true);
  });
});
