import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { ParameterFile } from '../../src/computation/index.ts';
import { activities, categories, loadParameters } from '../../src/computation/index.ts';
import { readParameterSets } from '../../src/computation/index.ts';
import { failureOf } from '../../src/vocabulary/index.ts';
import { parseYaml, shippedParameters } from '../make/parameters.ts';

const shipped = join(import.meta.dirname, '../../config/parameters');

function content(name: string): Record<string, unknown> {
  return parseYaml(readFileSync(join(shipped, name), 'utf8')) as Record<string, unknown>;
}

const table = (changes: Record<string, unknown> = {}): ParameterFile => ({
  name: 'entity-table.yaml',
  content: { ...content('entity-table.yaml'), ...changes },
});
const priceIndex: ParameterFile = {
  name: 'price-index.yaml',
  content: content('price-index.yaml'),
};

/** The file of 2024 with values replaced, removed by `undefined`. */
function aYear(
  values: Record<string, unknown> = {},
  changes: Record<string, unknown> = {},
): ParameterFile {
  const year = content('2024.yaml');
  const merged = { ...(year['values'] as Record<string, unknown>), ...values };
  return { name: '2024.yaml', content: { ...year, values: merged, ...changes } };
}

const figure = (value: unknown): unknown => ({ value, status: 'verified', source: 's', says: 's' });

function problemsOf(files: readonly ParameterFile[]): readonly string[] {
  try {
    readParameterSets(files);
  } catch (error) {
    const { code, facts } = failureOf(error);
    expect(code).toBe('computation.invalid-parameters');
    return Object.keys(facts);
  }
  return [];
}

describe('computation: dated parameters', () => {
  it('come complete and plausible', async () => {
    const { years, incomplete, warnings } = await shippedParameters();

    expect(years).toEqual([2013, 2014, 2017, 2023, 2024, 2025]);
    expect(incomplete).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it('name the source of every figure', async () => {
    const sets = await shippedParameters();

    const figures = sets.years.flatMap((year) => Object.values(sets.forYear(year).documented));

    expect(figures.length).toBe(15);
    expect(figures.filter(({ source, says }) => source === '' || says === '')).toEqual([]);
  });

  it('hold the entity table of the worked cases, cell for cell', async () => {
    const { table } = await shippedParameters();
    const cases = JSON.parse(
      readFileSync(join(import.meta.dirname, '../cases/contribution-cases.json'), 'utf8'),
    ) as { entityTable: Record<string, Record<string, number | null>> };

    const ours = categories.map((category) => [
      category,
      Object.fromEntries(activities.map((one) => [one, table.entitiesOf(one, category)])),
    ]);

    expect(Object.fromEntries(ours)).toEqual(cases.entityTable);
  });

  it('know a year that is published in part, and refuse to compute it', () => {
    const sets = readParameterSets([table(), aYear({ threshold: null })]);

    expect(sets.incomplete).toEqual([{ year: 2024, scheme: 'entities', missing: ['threshold'] }]);
    expect(() => sets.forYear(2024)).toThrow(
      expect.objectContaining({
        code: 'computation.no-parameters',
        facts: { year: 2024, missing: 'threshold' },
      }),
    );
  });

  it('accept an implausible threshold with a warning', () => {
    const sets = readParameterSets([table(), priceIndex, aYear({ threshold: figure('48798.43') })]);

    expect(sets.forYear(2024).threshold).toBe(48_798_43n);
    expect(sets.warnings).toEqual([expect.stringContaining('0.03 away from 48798.40')]);
  });

  it('leave two cents to the rounding of the published coefficient', () => {
    const sets = readParameterSets([table(), priceIndex, aYear({ threshold: figure('48798.42') })]);

    expect(sets.warnings).toEqual([]);
  });

  it('report all problems of all files together', () => {
    const entities = content('entity-table.yaml')['entities'] as Record<string, unknown>;
    const row = { ...(entities['AIMDD'] as Record<string, unknown>) };
    delete row['STHA'];

    const problems = problemsOf([
      table({ entities: { ...entities, AIMDD: row, MDR_IX: {} }, foreignReduction: -1 }),
      aYear({ threshold: figure(48798.4), costPerEntity: figure('0.00'), price: figure('1') }),
      { name: 'notes.yaml', content: 'text' },
      { name: 'other.yaml', content: { kind: 'other' } },
    ]);

    expect(problems).toEqual([
      'entity-table.yaml: entities.AIMDD.STHA',
      'entity-table.yaml: entities.MDR_IX',
      'entity-table.yaml: foreignReduction',
      '2024.yaml: values.costPerEntity.value',
      '2024.yaml: values.threshold.value',
      '2024.yaml: values.price',
      'notes.yaml',
      'other.yaml: kind',
    ]);
  });

  it.each([
    [
      'a rate above 100',
      aYear({ levyRateMaxPct: figure('100.01') }),
      'values.levyRateMaxPct.value',
    ],
    [
      'a rate of nothing',
      aYear({ levyRateMaxPct: figure('0.0000') }),
      'values.levyRateMaxPct.value',
    ],
    ['three decimals', aYear({ costPerEntity: figure('1.234') }), 'values.costPerEntity.value'],
    [
      'no source',
      aYear({ threshold: { value: '1.00', status: 'verified', says: 's' } }),
      'values.threshold.source',
    ],
    [
      'a status nobody knows',
      aYear({ threshold: { value: '1.00', status: 'sure', source: 's', says: 's' } }),
      'values.threshold.status',
    ],
    ['a value of the other scheme', aYear({ minimumLevy: figure('500.00') }), 'values.minimumLevy'],
    ['another year than its name', aYear({}, { year: 2023 }), 'year'],
    ['an impossible date', aYear({}, { reviewedOn: '2026-02-30' }), 'reviewedOn'],
    ['a scheme nobody knows', aYear({}, { scheme: 'flat' }), 'scheme'],
  ])('refuse %s', (_what, file, place) => {
    expect(problemsOf([table(), file])).toEqual([`2024.yaml: ${place}`]);
  });

  it('refuse the same year twice, and no entity table or two', () => {
    expect(problemsOf([table(), aYear(), { ...aYear(), name: '2024.again.yaml' }])).toEqual([
      '2024.again.yaml: year',
    ]);
    expect(problemsOf([aYear()])).toEqual(['entity-table']);
    expect(problemsOf([aYear(), table(), table()])).toEqual(['entity-table']);
  });
});

describe('computation: loading parameters', () => {
  const made: string[] = [];
  afterEach(async () => {
    for (const directory of made.splice(0)) await rm(directory, { recursive: true });
  });

  async function aDirectory(files: Readonly<Record<string, string>>): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'sluis-parameters-'));
    made.push(directory);
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
    return directory;
  }

  it.each([
    ['is no YAML', { '2024.yaml': 'year: [' }, '2024.yaml'],
    ['is too large', { '2024.yaml': '#'.repeat(256 * 1024 + 1) }, '2024.yaml'],
  ])('names a file that %s', async (_what, files, name) => {
    const directory = await aDirectory(files);

    await expect(loadParameters({ directory, parseYaml })).rejects.toMatchObject({
      code: 'computation.invalid-parameters',
      facts: { [name]: expect.any(String) },
    });
  });

  it('names a directory that is not there', async () => {
    const directory = join(await aDirectory({}), 'missing');

    await expect(loadParameters({ directory, parseYaml })).rejects.toMatchObject({
      code: 'computation.invalid-parameters',
      facts: { directory },
    });
  });
});
