import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { messageTypes, validateOffline } from '../../src/messages/index.ts';
import type { OfflineReport } from '../../src/messages/index.ts';
import {
  ValidationPool,
  admitSchemaPack,
  builtInPacks,
  packsOf,
} from '../../src/validation/index.ts';
import type { SchemaPack, SchemaPacks } from '../../src/validation/index.ts';
import {
  entry,
  judge,
  medcFile,
  medcForm,
  officialFolder,
  schemaFolder,
  scratch,
} from '../make/judging.ts';

const folder = fileURLToPath(new URL('samples/', schemaFolder));
const samples = readdirSync(folder).filter((name) => /^medc-.*\.xml$/.test(name));

async function reportsOf(o: Parameters<typeof validateOffline>[0]): Promise<OfflineReport[]> {
  const reports: OfflineReport[] = [];
  for await (const report of validateOffline(o)) reports.push(report);
  return reports;
}

describe('our own samples', () => {
  const pool = new ValidationPool({ threads: 1, entry });
  let packs: SchemaPack[];

  beforeAll(async () => {
    packs = await builtInPacks({ folder: schemaFolder, roots: ['MedicalDeviceContribution'] });
  });

  afterAll(() => pool.close());

  it.each(samples)('%s has exactly the findings beside it', async (name) => {
    const path = join(folder, name);
    const expected = path.replace(/\.xml$/, '.findings.json');

    const reports = await reportsOf({
      path,
      packs: packsOf(packs),
      pool,
      receivedOn: '2026-01-20',
    });

    expect(reports).toEqual(JSON.parse(readFileSync(expected, 'utf8')));
    expect(reports.at(-1)).toMatchObject({ kind: 'summary', ok: name.startsWith('medc-valid-') });
  });

  it('are judged alike by both engines, and their schema is compiled by both', async () => {
    const files = packs.flatMap((pack) => pack.files);
    const contents = samples.map((name) => ({ name, content: readFileSync(join(folder, name)) }));

    const admitted = await admitSchemaPack({ files, samples: contents, entry });

    expect(admitted).toEqual(packs);
    expect(packs).toMatchObject([{ version: '20261', wholeDocument: false }]);
  });
});

/** Published by the authority and not part of the project: without them these tests are skipped. */
const official = existsSync(officialFolder);

(official ? describe : describe.skip)('the official samples', () => {
  const pool = new ValidationPool({ threads: 1, entry });
  let packs: SchemaPacks;
  const sample = (name: string): string => join(officialFolder, 'samples', `${name}.xml`);

  beforeAll(async () => {
    const admitted: SchemaPack[] = [];
    for (const name of ['DmfAOriginal_20223', 'Dimona_20231', 'ZIMA001_20231']) {
      const content = readFileSync(join(officialFolder, 'schemas', `${name}.xsd`));
      const own = readdirSync(join(officialFolder, 'samples'))
        .filter((file) => file.startsWith(name))
        .map((file) => ({
          name: file,
          content: readFileSync(join(officialFolder, 'samples', file)),
        }));
      admitted.push(
        ...(await admitSchemaPack({
          files: [{ name: `${name}.xsd`, content }],
          samples: own,
          entry,
        })),
      );
    }
    packs = packsOf(admitted);
  });

  afterAll(() => pool.close());

  it('of the quarterly declaration has one finding: the net amount owed', async () => {
    const path = sample('DmfAOriginal_20223_1');

    const reports = await reportsOf({ path, packs, pool, receivedOn: '2022-11-02' });

    expect(reports).toMatchObject([
      {
        kind: 'finding',
        form: 1,
        code: '00015-007',
        anomalyClass: 'B',
        line: 19,
        location: '1,1,7,5',
      },
      {
        kind: 'summary',
        employers: 1,
        duplicates: [],
        declaredCents: '9999',
        calculatedCents: '10200000648129',
      },
    ]);
    expect(reports[0]).toMatchObject({ text: expect.stringContaining('99.99') as unknown });
    expect(reports[0]).toMatchObject({
      text: expect.stringContaining('102000006481.29') as unknown,
    });
  });

  it.each([
    ['Dimona_20231_1', [{ kind: 'NSSO', number: '175110801' }], ['01410199955']],
    ['Dimona_20231_2', [{ kind: 'NSSO', number: '175110801' }], ['01410199955']],
    ['Dimona_20231_3', [], []],
  ])('%s is in order and names its employers', async (name, employers, persons) => {
    const type = messageTypes.get('DIMN');
    const content = readFileSync(sample(name));
    const scratched = scratch();

    const { verdict, forms } = await judge({
      pool,
      packs,
      parts: [{ path: scratched.path('d.xml'), content }],
      expected: {
        type: 'DIMN',
        roots: type?.roots ?? [],
        identifications: type?.identifications ?? [],
      },
    });
    scratched.remove();

    expect(verdict.problems).toEqual([]);
    expect(forms).toMatchObject([{ findings: [], extract: { employers, persons } }]);
  });

  it('of the quarterly declaration is refused for a person declared twice', async () => {
    const scratched = scratch();
    const path = scratched.path('twice.xml');
    const text = readFileSync(sample('DmfAOriginal_20223_1'), 'utf8');
    writeFileSync(path, text.replace('<INSS>78101500193', '<INSS>77101500172'));

    const reports = await reportsOf({ path, packs, pool, receivedOn: '2022-11-02' });
    scratched.remove();

    expect(reports.map((report) => (report.kind === 'finding' ? report.code : ''))).toContain(
      '00024-006',
    );
    expect(reports.at(-1)).toMatchObject({ ok: false, refused: 1 });
  });
});

describe('a declaration of social risk', () => {
  it('belongs to the type of its scenario, and carries the scenario as its Identification', () => {
    expect(messageTypes.get('ZIMA')?.roots).toEqual([
      'ZIMA001',
      'ZIMA002',
      'ZIMA003',
      'ZIMA005',
      'ZIMA006',
    ]);
    expect(
      [...messageTypes.values()].filter(({ socialRisk }) => socialRisk).map(({ code }) => code),
    ).toEqual(['WECH', 'ZIMA', 'AOAT']);
  });
});

describe('off-line validation', () => {
  it('tells which form declares again what an earlier one declares, and stops when told to', async () => {
    const scratched = scratch();
    const path = scratched.path('twice.xml');
    writeFileSync(
      path,
      medcFile(medcForm(), medcForm({ year: '2024' }), medcForm({ company: '206731645' })),
    );
    const packs = packsOf(
      await builtInPacks({ folder: schemaFolder, roots: ['MedicalDeviceContribution'] }),
    );

    const reports = await reportsOf({ path, packs, entry, receivedOn: '2026-01-20' });
    for await (const report of validateOffline({ path, packs, entry, receivedOn: '2020-01-20' })) {
      expect(report.kind).toBe('finding');
      break;
    }
    scratched.remove();

    expect(reports).toMatchObject([
      { duplicates: [{ form: 3, first: 1 }], employers: 1, forms: 3 },
    ]);
  });
});
