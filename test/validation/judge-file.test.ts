import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { ValidationPool, packDigest, packsOf } from '../../src/validation/index.ts';
import type { SchemaPack, SchemaPacks } from '../../src/validation/index.ts';
import { entry, judge, medcFile, medcForm, medcPacks, medcRoot, scratch } from '../make/judging.ts';
import type { Judged } from '../make/judging.ts';

const good = medcFile(medcForm());
const namedSchema = ' xsi:noNamespaceSchemaLocation="MedicalDeviceContribution_20261.xsd"';

describe('judging a file', () => {
  const scratched = scratch();
  const pool = new ValidationPool({ threads: 2, entry });
  let packs: SchemaPacks;
  const run = (content: string, more: Partial<Parameters<typeof judge>[0]> = {}): Promise<Judged> =>
    judge({ pool, packs, parts: [{ path: scratched.path('file.xml'), content }], ...more });
  const codes = ({ verdict }: Judged): string[] => verdict.problems.map(({ code }) => code);

  beforeAll(async () => {
    packs = await medcPacks();
  });

  afterAll(async () => {
    await pool.close();
    scratched.remove();
  });

  it('accepts a file in order and tells its root, version and number of forms', async () => {
    const { verdict, forms } = await run(good);

    expect(verdict).toEqual({
      problems: [],
      forms: 1,
      root: 'MedicalDeviceContribution',
      version: '20261',
    });
    expect(forms[0]).toMatchObject({ number: 1, line: 4, findings: [] });
    expect(good.slice(forms[0]?.offset, (forms[0]?.offset ?? 0) + (forms[0]?.length ?? 0))).toBe(
      medcForm().trim(),
    );
  });

  it.each([
    ['134', 'nothing', ''],
    ['134', 'white space', ' \n\t'],
    ['136', 'no schema', good.replace(namedSchema, '')],
    ['136', 'a schema attribute of no namespace', good.replace('xsi:noNames', 'noNames')],
    [
      '137',
      'the instance namespace of a draft',
      good.replace('2001/XMLSchema-i', '1999/XMLSchema-i'),
    ],
    ['137', 'a schema that is no XSD', good.replace('_20261.xsd', '_20261.dtd')],
    [
      '137',
      'a location list with an odd number',
      good.replace('noNamespaceSchemaLocation', 'schemaLocation'),
    ],
    ['088', 'a version nobody has', good.replace('_20261.xsd', '_20199.xsd')],
    ['088', 'a schema nobody has', good.replace('="MedicalDeviceContribution_', '="Unknown_')],
    [
      '089',
      'a root the schema does not have',
      good
        .replaceAll('MedicalDeviceContribution xmlns', 'Stranger xmlns')
        .replace('</MedicalDeviceContribution', '</Stranger'),
    ],
    [
      '139',
      'a default namespace where there is none',
      good.replace(' xmlns:xsi', ' xmlns="urn:x" xmlns:xsi'),
    ],
    ['157', 'no form', medcFile()],
    ['157', 'an empty root', `${medcRoot.slice(0, -1)}/>`],
    ['205', 'another element beside the forms', medcFile(medcForm(), '<Note/>')],
    ['205', 'text between the forms', medcFile(medcForm(), 'text', medcForm())],
    ['135', 'Identifications of another type', medcFile(medcForm({ identification: 'DMFA' }))],
    ['312', 'an attribute on the root', good.replace(' xmlns:xsi', ' a="b" xmlns:xsi')],
  ])('refuses the file with %s for %s', async (code, _, content) => {
    expect(codes(await run(content))[0]).toBe(code);
  });

  it('refuses a file whose root is not of the type in its name with 158', async () => {
    const expected = { type: 'DMFA', roots: ['DmfAOriginal'], identifications: ['DMFA'] };

    expect(codes(await run(good, { expected }))).toEqual(['158']);
  });

  it('refuses more forms than allowed with 275', async () => {
    const limits = { formsMax: 2 };

    expect(codes(await run(medcFile(medcForm(), medcForm()), { limits }))).toEqual([]);
    expect(codes(await run(medcFile(medcForm(), medcForm(), medcForm()), { limits }))).toEqual([
      '275',
    ]);
  });

  it('tells problems in the order of the checks, bad syntax before an unknown schema', async () => {
    const broken = medcFile(medcForm(), '<Note/>', medcForm()).replace('_20261.xsd', '_20199.xsd');

    expect(codes(await run(broken))).toEqual(['088', '205']);
    expect(codes(await run(broken.replace('</Med', '<Med')))[0]).toBe('102');
  });

  it('tells where the syntax is wrong, whatever the chunk', async () => {
    const forms = Array.from({ length: 6 }, () => medcForm());
    const lines = medcFile(...forms).split('\n');
    lines[70] = '  </Wrong>';
    const limits = { chunkBytes: 1 };

    const { verdict } = await run(lines.join('\n'), { limits });

    expect(verdict.problems[0]).toMatchObject({ code: '102', part: 1, line: 71 });
  });

  it.each([
    ['text', 'text'],
    ['a CDATA section, even of blanks', '<![CDATA[ ]]>'],
  ])('tells where %s stands between the forms, whatever the chunk', async (_, text) => {
    const forms = [medcForm(), '<!-- <a> -->\n', medcForm(), `<?x y?>  ${text}\n`, medcForm()];
    const file = medcFile(...forms);
    const line = file.slice(0, file.indexOf(text)).split('\n').length;

    for (const chunkBytes of [1, 1_000_000]) {
      const { verdict } = await run(file, { limits: { chunkBytes } });

      expect(verdict.problems).toMatchObject([{ code: '205', line, column: 10 }]);
    }
  });

  it('tells the same place before the root with and without a byte order mark', async () => {
    const wrong = '<?xml version="1.0" encoding="UTF-8"?><!-- \u00e9 -- --><Root/>';

    const [with_, without] = [await run(`\ufeff${wrong}`), await run(wrong)];

    expect(without.verdict.problems[0]).toMatchObject({ code: '102', line: 1, column: 47 });
    expect(with_.verdict.problems[0]).toEqual(without.verdict.problems[0]);
  });

  it.each([
    ['a blank before it', good.replace('"MedicalDevice', '" MedicalDevice')],
    ['a line end before it', good.replace('"MedicalDevice', '"\n  MedicalDevice')],
    ['a blank behind it', good.replace('20261.xsd"', '20261.xsd "')],
    [
      'a schema of another namespace before it',
      good.replace('xsi:no', 'xsi:schemaLocation="urn:a http://example.org/a.xsd" xsi:no'),
    ],
  ])('finds the schema that is named with %s', async (_, content) => {
    expect(codes(await run(content))).toEqual([]);
  });

  it('tells where the end of the file is wrong', async () => {
    const { verdict } = await run(`${good}\n  <again/>`);

    expect(verdict.problems[0]).toMatchObject({ code: '102', line: 21 });
  });

  it('gives each form its own verdict: 50 bad of 5,000', async () => {
    const isBad = (number: number): boolean => number % 100 === 37;
    const forms = Array.from({ length: 5_000 }, (_, index) =>
      isBad(index + 1) ? medcForm({ year: 'MMXXV' }) : medcForm(),
    );

    const { verdict, forms: judged, chunks } = await run(medcFile(...forms));

    const bad = judged.filter(({ findings }) => findings.length > 0);
    expect(verdict).toMatchObject({ problems: [], forms: 5_000 });
    expect(judged.map(({ number }) => number)).toEqual(forms.map((_, index) => index + 1));
    expect(bad.map(({ number }) => number)).toEqual(
      judged.map(({ number }) => number).filter(isBad),
    );
    expect(chunks.map(({ seq }) => seq)).toEqual(chunks.map((_, index) => index));
    expect(bad.at(-1)?.findings).toEqual([
      {
        code: '002',
        zone: '70001',
        anomalyClass: 'B',
        detail: 'the value of ContributionYear is not a number',
        tag: 'ContributionYear',
        value: 'MMXXV',
        line: 4 + 4_936 * 15 + 7,
        column: 1,
        location: '1,4937,7',
      },
    ]);
  });

  it('counts columns in characters, on the first line of a chunk too', async () => {
    const one = medcForm().replaceAll('\n', '');
    const wrong = medcForm({ year: 'x' }).replaceAll('\n', '');
    const text = medcFile('<!-- é€ -->', one, wrong).replaceAll('\n', '');
    const limits = { chunkBytes: 1 };

    const { forms } = await run(text, { limits });

    const column = Array.from(text.slice(0, text.indexOf('<ContributionYear>x'))).length + 1;
    expect(forms[1]?.findings[0]).toMatchObject({ line: 1, column, location: '1,2,7' });
  });

  it('numbers forms on through the parts, each a document of its own', async () => {
    const parts = [medcFile(medcForm(), medcForm()), medcFile(medcForm({ year: 'x' }))].map(
      (content, index) => ({ path: scratched.path(`part${index}.xml`), content }),
    );

    const { verdict, forms, chunks } = await judge({ pool, packs, parts });

    expect(verdict).toMatchObject({ problems: [], forms: 3 });
    expect(forms.map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(chunks.map(({ part, seq, firstForm }) => [part, seq, firstForm])).toEqual([
      [1, 0, 1],
      [2, 1, 3],
    ]);
    expect(forms[2]?.findings[0]).toMatchObject({ line: 11, location: '1,1,7' });
  });

  it('names the part that is wrong', async () => {
    const parts = [good, good.replace('</Form>', '')].map((content, index) => ({
      path: scratched.path(`part${index}.xml`),
      content,
    }));

    const { verdict } = await judge({ pool, packs, parts });

    expect(verdict.problems[0]).toMatchObject({ code: '102', part: 2 });
  });

  it('waits for whoever takes the chunks, one call at a time and in order', async () => {
    let calls = 0;
    const order: number[] = [];
    const forms = Array.from({ length: 30 }, () => medcForm());

    await run(medcFile(...forms), {
      limits: { chunkBytes: 1 },
      onChunk: async ({ seq }) => {
        calls += 1;
        expect(calls).toBe(1);
        await pause(seq % 3);
        order.push(seq);
        calls -= 1;
      },
    });

    expect(order).toEqual(forms.map((_, index) => index));
  });

  it('passes on what the taker of chunks throws', async () => {
    const onChunk = (): Promise<void> => Promise.reject(new Error('no room'));

    await expect(run(good, { onChunk })).rejects.toThrow('no room');
  });

  it('does not cut a file whose schema has constraints that span forms', async () => {
    const xsd = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="Keyed"><xs:complexType><xs:sequence>
      <xs:element name="Form" maxOccurs="unbounded"><xs:complexType><xs:attribute name="n"/></xs:complexType></xs:element></xs:sequence></xs:complexType>
      <xs:unique name="u"><xs:selector xpath="Form"/><xs:field xpath="@n"/></xs:unique></xs:element></xs:schema>`;
    const shape = {
      root: 'Keyed',
      main: 'Keyed_1.xsd',
      files: [{ name: 'Keyed_1.xsd', content: Buffer.from(xsd) }],
    };
    const pack: SchemaPack = {
      ...shape,
      version: '1',
      wholeDocument: true,
      sha256: packDigest(shape),
    };
    const more = {
      packs: packsOf([pack]),
      expected: { type: 'KEYD', roots: ['Keyed'], identifications: [] },
    };
    const file = (numbers: readonly number[]): string =>
      `<Keyed xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="Keyed_1.xsd">${numbers.map((n) => `<Form n="${n}"/>`).join('\n')}</Keyed>`;

    const limits = { chunkBytes: 1 };
    const { forms, chunks } = await run(file([1, 2, 3, 1]), { ...more, limits });
    const large = await run(file([1, 2, 3]), { ...more, limits: { wholeBytesMax: 20 } });

    expect(chunks).toHaveLength(1);
    expect(forms.map(({ findings }) => findings.length)).toEqual([0, 0, 0, 1]);
    expect(codes(large)).toEqual(['184']);
  });

  it('accepts a schema named by namespace and location', async () => {
    const xsd = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:spaced" elementFormDefault="qualified"><xs:element name="Spaced"><xs:complexType><xs:sequence>
      <xs:element name="Form" type="xs:integer" maxOccurs="unbounded"/></xs:sequence></xs:complexType></xs:element></xs:schema>`;
    const shape = {
      root: 'Spaced',
      main: 'Spaced_20261.xsd',
      files: [{ name: 'Spaced_20261.xsd', content: Buffer.from(xsd) }],
    };
    const pack: SchemaPack = {
      ...shape,
      version: '20261',
      namespace: 'urn:spaced',
      wholeDocument: false,
      sha256: packDigest(shape),
    };
    const more = {
      packs: packsOf([pack]),
      expected: { type: 'SPAC', roots: ['Spaced'], identifications: [] },
    };
    const xsi =
      'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:spaced http://example.org/Spaced_20261.xsd"';

    const plain = await run(
      `<Spaced xmlns="urn:spaced" ${xsi}><Form>1</Form><Form>x</Form></Spaced>`,
      more,
    );
    const prefixed = await run(
      `<s:Spaced xmlns:s="urn:spaced" ${xsi}><s:Form>x</s:Form></s:Spaced>`,
      more,
    );
    const none = await run(`<Spaced ${xsi}><Form>1</Form></Spaced>`, more);

    expect(codes(plain)).toEqual([]);
    expect(plain.forms.map(({ findings }) => findings[0]?.location)).toEqual([undefined, '1,2']);
    expect(prefixed.forms[0]?.findings[0]).toMatchObject({ code: '002', tag: 'Form', value: 'x' });
    expect(codes(none)[0]).toBe('139');
  });
});
