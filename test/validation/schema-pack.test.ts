import { describe, expect, it } from '@jest/globals';
import { failureOf } from '../../src/vocabulary/index.ts';
import { admitSchemaPack, isValidOn, packsOf, schemaNameOf } from '../../src/validation/index.ts';
import type { SchemaFile, SchemaPack } from '../../src/validation/index.ts';
import { entry } from '../make/judging.ts';

const head =
  '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified">';
const forms = '<xs:sequence><xs:element ref="Form" maxOccurs="unbounded"/></xs:sequence>';
const root = `<xs:element name="Root"><xs:complexType>${forms}</xs:complexType></xs:element>`;
const form = '<xs:element name="Form" type="xs:integer"/>';

function xsd(name: string, ...content: readonly string[]): SchemaFile {
  return { name, content: Buffer.from(`${head}${content.join('')}</xs:schema>`) };
}

function document(name: string, content: string): SchemaFile {
  return { name, content: Buffer.from(content) };
}

const admit = (
  files: readonly SchemaFile[],
  samples: readonly SchemaFile[] = [],
): Promise<SchemaPack[]> => admitSchemaPack({ files, samples, entry });

async function refusal(job: Promise<unknown>): Promise<string> {
  const failure = await job.then(
    () => undefined,
    (error: unknown) => failureOf(error),
  );
  return `${failure?.code ?? 'admitted'} ${Object.values(failure?.facts ?? {}).join(': ')}`;
}

describe('admission of a schema pack', () => {
  it('finds the root, the version and what the documents include', async () => {
    const files = [
      xsd('Root_20261.xsd', '<xs:include schemaLocation="forms.xsd"/>', root),
      xsd('forms.xsd', form),
      xsd('Other_20262.xsd', root.replace('Root', 'Other'), form),
    ];

    const packs = await admit(files, [
      document('good.xml', '<Root><Form>1</Form></Root>'),
      document('bad.xml', '<Root><Form>x</Form></Root>'),
      document('broken.xml', '<Other><Form>'),
    ]);

    expect(packs).toMatchObject([
      { root: 'Root', version: '20261', main: 'Root_20261.xsd', wholeDocument: false },
      { root: 'Other', version: '20262', main: 'Other_20262.xsd', wholeDocument: false },
    ]);
    expect(packs[0]?.files.map(({ name }) => name)).toEqual(['Root_20261.xsd', 'forms.xsd']);
    expect(packs[0]?.files[1]?.content.equals(files[1]?.content ?? Buffer.alloc(0))).toBe(true);
    expect(new Set(packs.map(({ sha256 }) => sha256)).size).toBe(2);
  });

  it.each([
    ['nothing', [], 'a pack holds'],
    ['what is not XML', [document('R_1.xsd', 'hello')], 'not well-formed'],
    ['what is no schema', [document('R_1.xsd', '<a/>')], 'no document has a root'],
    ['a schema without forms', [xsd('R_1.xsd', form)], 'no document has a root'],
    [
      'a file that is missing',
      [xsd('R_1.xsd', '<xs:include schemaLocation="f.xsd"/>', root, form)],
      'f.xsd is not in the pack',
    ],
    [
      'a way out of the pack',
      [xsd('R_1.xsd', '<xs:include schemaLocation="../../etc/passwd"/>', root, form)],
      '../../etc/passwd is not in the pack',
    ],
    [
      'the network',
      [
        xsd(
          'R_1.xsd',
          '<xs:import namespace="u" schemaLocation="http://example.org/a.xsd"/>',
          root,
          form,
        ),
      ],
      'is not in the pack',
    ],
    ['a name that is a path', [xsd('../R_1.xsd', root, form)], 'not a plain file name'],
    [
      'two files of one name',
      [xsd('R_1.xsd', root, form), xsd('R_1.xsd', root, form)],
      'different names',
    ],
    [
      'a DTD',
      [document('R_1.xsd', `<!DOCTYPE x [<!ENTITY y "z">]>${head}${root}${form}</xs:schema>`)],
      'document type',
    ],
    ['a reference to nothing', [xsd('R_1.xsd', root)], 'libxml2 does not compile it'],
    [
      'a facet that makes no sense',
      [
        xsd(
          'R_1.xsd',
          root,
          '<xs:element name="Form"><xs:simpleType><xs:restriction base="xs:integer"><xs:maxLength value="2"/></xs:restriction></xs:simpleType></xs:element>',
        ),
      ],
      'libxml2 does not compile it',
    ],
  ])('refuses %s', async (_, files, reason) => {
    const said = await refusal(admit(files));

    expect(said).toMatch(/^schema\.refused /);
    expect(said).toContain(reason);
  });

  it('refuses a sample of another root, and names it', async () => {
    const said = await refusal(
      admit([xsd('R_1.xsd', root, form)], [document('s.xml', '<Other/>')]),
    );

    expect(said).toBe('schema.refused s.xml: the sample belongs to no root of the pack');
  });

  it('gives up after its time limit', async () => {
    const files = [xsd('R_1.xsd', root, form)];

    const said = await refusal(admitSchemaPack({ files, entry, timeLimitMs: 1 }));

    expect(said).toContain('took more than 1 ms');
  });

  it.each([
    [
      'an ID',
      root,
      '<xs:element name="Form"><xs:complexType><xs:attribute name="i" type="xs:ID"/></xs:complexType></xs:element>',
    ],
    [
      'a type derived from IDREF',
      root,
      '<xs:element name="Form" type="T"/><xs:simpleType name="T"><xs:restriction base="xs:IDREF"/></xs:simpleType>',
    ],
    [
      'a key',
      root.replace(
        '</xs:element>',
        '<xs:key name="k"><xs:selector xpath="Form"/><xs:field xpath="."/></xs:key></xs:element>',
      ),
      form,
    ],
    ['forms with an upper bound', root.replace('unbounded', '3'), form],
    ['at least two forms', root.replace('maxOccurs', 'minOccurs="2" maxOccurs'), form],
    [
      'a title before the forms',
      root.replace('<xs:sequence>', '<xs:sequence><xs:element name="Title"/>'),
      form,
    ],
    [
      'a repeated sequence',
      root.replace('<xs:sequence>', '<xs:sequence maxOccurs="2">').replace('"unbounded"', '"2"'),
      form,
    ],
    ['a choice', root.replaceAll('xs:sequence', 'xs:choice'), form],
    [
      'members that take the place of a form',
      root,
      `${form}<xs:element name="Sub" substitutionGroup="Form"/>`,
    ],
    [
      'a wildcard',
      root.replace(
        '</xs:sequence>',
        '<xs:any namespace="##other" processContents="skip"/></xs:sequence>',
      ),
      form,
    ],
  ])('does not let a file be cut whose schema has %s', async (_, first, second) => {
    expect(await admit([xsd('Root_1.xsd', first, second)])).toMatchObject([
      { wholeDocument: true },
    ]);
  });

  it('lets a file be cut whose root is of a named type', async () => {
    const named = `<xs:element name="Root" type="RootType"/><xs:complexType name="RootType">${forms}</xs:complexType>`;

    expect(await admit([xsd('Root_1.xsd', named, form)])).toMatchObject([{ wholeDocument: false }]);
  });
});

describe('a schema pack', () => {
  it('is found by root, version and date, the one that began last first', async () => {
    const [pack] = await admit([xsd('Root_20261.xsd', root, form)]);
    if (pack === undefined) throw new Error('not admitted');
    const old = { ...pack, validFrom: '2025-01-01', validTo: '2026-06-30', sha256: 'old' };
    const fresh = { ...pack, validFrom: '2026-03-01', sha256: 'new' };
    const packs = packsOf([old, fresh]);
    const on = async (date: string): Promise<string | undefined> =>
      (await packs.find('Root', '20261', date))?.sha256;

    expect(
      await Promise.all(['2024-12-31', '2025-01-01', '2026-03-01', '2027-01-01'].map(on)),
    ).toEqual([undefined, 'old', 'new', 'new']);
    expect(await packs.find('Root', '20262', '2026-01-01')).toBeUndefined();
    expect(isValidOn(old, '2026-07-01')).toBe(false);
  });

  it.each([
    ['Root_20261.xsd', { root: 'Root', version: '20261' }],
    ['http://example.org/a/DmfA_Original_20223.XSD', { root: 'DmfA_Original', version: '20223' }],
    ['C:\\schemas\\Root_1.0.xsd', { root: 'Root', version: '1.0' }],
    ['Root.xsd', { root: 'Root', version: '' }],
    ['Root_20261.dtd', undefined],
    ['', undefined],
  ])('is named by %s', (location, expected) => {
    expect(schemaNameOf(location)).toEqual(expected);
  });
});
