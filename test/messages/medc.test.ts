import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JudgedForm } from '../../src/vocabulary/index.ts';
import { errorIdOf } from '../../src/vocabulary/index.ts';
import { ValidationPool } from '../../src/validation/index.ts';
import type { SchemaPacks } from '../../src/validation/index.ts';
import {
  entry,
  judge,
  medcFile,
  medcForm,
  medcPacks,
  projectRoot,
  scratch,
  turnover,
} from '../make/judging.ts';
import type { FormParts } from '../make/judging.ts';

const inactive = '<ActivityInBelgium>0</ActivityInBelgium>';

describe('a medical-device contribution', () => {
  const scratched = scratch();
  const pool = new ValidationPool({ threads: 1, entry });
  let packs: SchemaPacks;

  const judged = async (
    parts: FormParts,
    more: Partial<Parameters<typeof judge>[0]> = {},
  ): Promise<JudgedForm> => {
    const file = { path: scratched.path('medc.xml'), content: medcFile(medcForm(parts)) };
    const { verdict, forms } = await judge({ pool, packs, parts: [file], ...more });
    const [form] = forms;
    if (form === undefined) throw new Error(JSON.stringify(verdict));
    return form;
  };
  const ids = ({ findings }: JudgedForm): string[] =>
    findings.map((finding) => `${errorIdOf(finding)} ${finding.anomalyClass}`);

  beforeAll(async () => {
    packs = await medcPacks();
  });

  afterAll(async () => {
    await pool.close();
    scratched.remove();
  });

  it.each<[string, FormParts, string[]]>([
    ['in order', {}, []],
    ['of last year', { creationDate: '2025-01-01' }, []],
    ['of the year before', { creationDate: '2024-12-31' }, ['00218-008 B']],
    ['of tomorrow', { creationDate: '2026-01-21' }, ['00218-008 B']],
    ['of an enterprise with wrong check digits', { company: '0206731646' }, ['00014-004 B']],
    ['of an employer with wrong check digits', { nsso: '125482498' }, ['00011-004 B']],
    ['for a year to come', { year: '2027' }, ['70001-008 B']],
    [
      'attested in the future',
      { declaration: turnover({ attested: '2026-01-21' }) },
      ['70015-008 B'],
    ],
    [
      'inactive with an activity and a turnover',
      { declaration: turnover({ notActive: '1' }) },
      ['70013-003 W', '70013-003 W'],
    ],
    [
      'of an operator abroad without activity that has a turnover all the same',
      { established: 'NL', profile: inactive },
      ['70010-003 W'],
    ],
    ['of an operator abroad with an activity and a turnover', { established: 'NL' }, []],
    [
      'of an operator abroad without activity and without turnover',
      { established: 'NL', profile: inactive, declaration: turnover({ leviable: '0' }) },
      [],
    ],
    [
      'with a total below its leviable turnover',
      { declaration: turnover({ total: '1' }) },
      ['70011-003 W'],
    ],
  ])('%s', async (_, parts, expected) => {
    expect(ids(await judged(parts))).toEqual(expected);
  });

  it('may be an office assessment when the authority sends it, and not otherwise', async () => {
    const declaration =
      '<OfficeAssessment><KnownTotalTurnover>50000000</KnownTotalTurnover><MonthsLate>3</MonthsLate></OfficeAssessment>';

    const own = await judged({ declaration }, { fromAuthority: true });
    const other = await judged({ declaration });

    expect(ids(own)).toEqual([]);
    expect(own.extract?.data).toMatchObject({
      input: { year: 2025, officeAssessment: { knownTotalTurnover: '500000.00', monthsLate: 3 } },
    });
    expect(ids(other)).toEqual(['97005-005 B']);
  });

  it.each(['1', '01', '+1', '<!-- yes -->1'])(
    'is active in Belgium when it says %s',
    async (yes) => {
      const profile = `<ActivityInBelgium>${yes}</ActivityInBelgium>`;
      const declaration = turnover({ leviable: '5029017', below: yes, notActive: yes });
      const contributionYears = [{ year: 2025, thresholdCents: '5029017' }];

      const form = await judged({ profile, declaration }, { contributionYears });

      expect(form.extract?.data).toMatchObject({
        input: { profile: { activityInBelgium: true, selfCheckGuide: false, retailOnly: false } },
        ticks: { belowThreshold: true, notActiveInBelgium: true },
      });
      expect(ids(form)).toEqual(['70013-003 W', '70013-003 W', '70012-003 W']);
    },
  );

  it('is for a year that has parameters, and its tick agrees with the threshold', async () => {
    const contributionYears = [{ year: 2025, thresholdCents: '5029017' }];
    const declaration = turnover({ leviable: '5029017', below: '1' });

    expect(ids(await judged({ year: '2024' }, { contributionYears }))).toEqual(['70001-008 B']);
    expect(ids(await judged({ declaration }, { contributionYears }))).toEqual(['70012-003 W']);
    expect(
      ids(
        await judged(
          { declaration: declaration.replace('5029017', '5029016') },
          { contributionYears },
        ),
      ),
    ).toEqual([]);
  });

  it('is refused for exactly the combinations that the table of entities leaves empty', async () => {
    const cases = JSON.parse(
      readFileSync(join(projectRoot, 'test/cases/contribution-cases.json'), 'utf8'),
    ) as { entityTable: Record<string, Record<string, number | null>> };
    const cells = Object.entries(cases.entityTable).flatMap(([category, row]) =>
      Object.entries(row).map(([activity, entities]) => ({
        category,
        activity,
        empty: entities === null,
      })),
    );
    const forms = cells.map(({ category, activity }) =>
      medcForm({
        registrations: `<Registration><DeviceActivity>${activity}</DeviceActivity><DeviceCategory>${category}</DeviceCategory><RegistrationDate>2020-01-01</RegistrationDate></Registration>`,
      }),
    );
    const parts = [{ path: scratched.path('cells.xml'), content: medcFile(...forms) }];

    const { forms: all } = await judge({ pool, packs, parts });

    expect(all.map(ids)).toEqual(cells.map(({ empty }) => (empty ? ['70007-008 B'] : [])));
  });

  it('is read into the input of the computation', async () => {
    const one = (activity: string, category: string, dates: string): string =>
      `<Registration><DeviceActivity>${activity}</DeviceActivity><DeviceCategory>${category}</DeviceCategory>${dates}</Registration>`;
    const from = (date: string): string => `<RegistrationDate>${date}</RegistrationDate>`;
    const to = (date: string): string => `<ClosingDate>${date}</ClosingDate>`;

    const { extract } = await judged({
      registrations: [
        one('MANUFACTURER', 'MDR_I', from('2024-12-31')),
        one('MANUFACTURER', 'MDR_III', from('2020-01-01') + to('2024-01-01')),
        one('IMPORTER', 'MDR_I', from('2020-01-01') + to('2023-12-31')),
        one('DISTRIBUTOR', 'MDR_I', from('2025-01-01')),
      ].join(''),
      declaration: turnover({ leviable: '000000000012345', total: '99999' }),
    });

    expect(extract).toEqual({
      employers: [{ kind: 'KBO', number: '0206731645' }],
      persons: [],
      keys: ['MEDC/KBO/206731645/2025/0'],
      data: {
        input: {
          year: 2025,
          profile: {
            established: 'BE',
            activityInBelgium: true,
            registered: true,
            activities: [{ activity: 'MANUFACTURER', categories: ['MDR_I', 'MDR_III'] }],
            selfCheckGuide: false,
            retailOnly: false,
          },
          declaration: { leviableTurnover: '123.45', totalDeviceTurnover: '999.99' },
        },
        ticks: { belowThreshold: false, notActiveInBelgium: false },
        attestation: { attestor: 'A', date: '2026-01-10' },
      },
    });
  });

  it.each([
    [
      'closed before the year of its turnover',
      '2020-01-01',
      '<ClosingDate>2023-12-31</ClosingDate>',
    ],
    ['begun after it', '2025-01-01', ''],
  ])('with its only registration %s is known, without an activity', async (_, from, to) => {
    const registrations = `<Registration><DeviceActivity>IMPORTER</DeviceActivity><DeviceCategory>MDR_I</DeviceCategory><RegistrationDate>${from}</RegistrationDate>${to}</Registration>`;

    const { extract } = await judged({ registrations });

    expect(extract?.data).toMatchObject({
      input: { profile: { registered: true, activities: [] } },
    });
  });

  it('that is refused by its schema is still read for its answer, and is a duplicate of nothing', async () => {
    const form = await judged({ profile: '<ActivityInBelgium>9</ActivityInBelgium>' });

    expect(ids(form)).toEqual(['70003-008 B']);
    expect(form.extract).toMatchObject({ employers: [{ number: '0206731645' }], keys: [] });
  });
});
