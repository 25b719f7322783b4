import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ValidationPool } from '../../src/validation/index.ts';
import type { JudgeLimits, SchemaPacks } from '../../src/validation/index.ts';
import { attributesIn } from '../../src/validation/xml-tree.ts';
import { entry, judge, medcFile, medcForm, medcPacks, scratch } from '../make/judging.ts';
import type { Judged } from '../make/judging.ts';

const good = medcFile(medcForm());

describe('a hostile file', () => {
  const scratched = scratch();
  const pool = new ValidationPool({ threads: 1, entry });
  let packs: SchemaPacks;
  const run = (content: string | Buffer, limits: Partial<JudgeLimits> = {}): Promise<Judged> =>
    judge({ pool, packs, limits, parts: [{ path: scratched.path('hostile.xml'), content }] });
  const codes = ({ verdict }: Judged): string[] => verdict.problems.map(({ code }) => code);

  beforeAll(async () => {
    packs = await medcPacks();
  });

  afterAll(async () => {
    await pool.close();
    scratched.remove();
  });

  it('is refused for a document type declaration, with its place', async () => {
    const { verdict } = await run(
      good.replace('?>\n', '?>\n <!DOCTYPE x SYSTEM "http://example.org/x.dtd">\n'),
    );

    expect(verdict.problems[0]).toMatchObject({ code: '102', line: 2, column: 2 });
  });

  it('cannot expand entities', async () => {
    const lol = Array.from(
      { length: 9 },
      (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`,
    );
    const bomb = `<!DOCTYPE l [<!ENTITY l0 "lol">${lol.join('')}]>`;

    const judged = await run(good.replace('?>\n', `?>\n${bomb}`).replace('MEDC001', '&l9;'));

    expect(codes(judged)).toEqual(['102']);
  });

  it.each([
    ['10,000 elements deep', 10_000, ['102']],
    ['257 elements deep', 255, ['102']],
  ])('is refused when it is %s', async (_, depth, expected) => {
    const judged = await run(good.replace('MEDC001', '<a>'.repeat(depth) + '</a>'.repeat(depth)));

    expect(codes(judged)).toEqual(expected);
  });

  it('is a matter of its form when it is 256 elements deep', async () => {
    const judged = await run(good.replace('MEDC001', '<a>'.repeat(253) + '</a>'.repeat(253)));

    expect(codes(judged)).toEqual([]);
    expect(judged.forms[0]?.findings[0]).toMatchObject({ tag: 'Identification', zone: '00296' });
  });

  it('may not have an attribute of 3 MB, nor a name of 2 KB', async () => {
    const attribute = await run(good.replace('<Form>', `<Form a="${'x'.repeat(3_000_000)}">`));
    const name = await run(good.replace('<Form>', `<Form><${'n'.repeat(2_000)}/>`));

    expect(attribute.verdict.problems[0]).toMatchObject({ code: '102', line: 4, column: 1 });
    expect(name.verdict.problems[0]?.detail).toMatch('a name is longer');
  });

  it.each([
    ['a comment', `<!--${'x'.repeat(100_000)}-->`],
    ['blanks', ' '.repeat(100_000)],
  ])('may not hide behind a prolog without end: %s', async (_, prolog) => {
    const judged = await run(good.replace('?>\n', `?>\n${prolog}`));

    expect(codes(judged)).toEqual(['102']);
  });

  it('is not read at once because it goes on long after its root', async () => {
    const bytes: number[] = [];
    const watched = {
      threads: pool.threads,
      judge: (job: { readonly kind: string; readonly bytes?: Uint8Array }) => {
        if (job.kind === 'envelope') bytes.push(job.bytes?.length ?? 0);
        return pool.judge(job as never);
      },
    } as unknown as ValidationPool;
    const part = { path: scratched.path('tail.xml'), content: good + ' '.repeat(3_000_000) };

    const { verdict } = await judge({ pool: watched, packs, parts: [part] });

    expect(verdict.problems).toMatchObject([
      { code: '102', detail: 'what stands outside the root element is longer than 65536 bytes' },
    ]);
    expect(bytes).toEqual([]);
  });

  it('may not hold a form, or a comment between forms, past the limit', async () => {
    const limits = { formBytesMax: 5_000 };
    const big = medcForm({ registrations: `<!--${'x'.repeat(6_000)}-->` });

    const form = await run(medcFile(medcForm(), big), limits);
    const gap = await run(medcFile(medcForm(), `<!--${'x'.repeat(6_000)}-->`, medcForm()), limits);

    expect(codes(form)).toEqual(['184']);
    expect(form.verdict.problems[0]).toMatchObject({ line: 19, column: 1 });
    expect(codes(gap)).toEqual(['184']);
  });

  it('may not hold other elements without end where forms belong', async () => {
    const limits = { formBytesMax: 5_000 };
    const crowd = '<x/>'.repeat(1_500);

    const before = await run(medcFile(crowd, medcForm()), limits);
    const after = await run(medcFile(medcForm(), crowd, medcForm()), limits);
    const few = await run(medcFile('<x/>', medcForm(), '<x></x>', medcForm()), limits);

    expect(codes(before)).toEqual(['184']);
    expect(codes(after)).toEqual(['184']);
    expect(codes(few)).toEqual(['205']);
  });

  it.each(['<![CDATA[0]]>', '0<!-- -->', '<?x?>'])(
    'may not split one value into thousands of pieces by %s',
    async (piece) => {
      const form = (count: number): string => medcForm({ company: piece.repeat(count) });

      const many = await run(medcFile(medcForm(), form(257)));
      const some = await run(medcFile(medcForm(), form(256)));

      expect(codes(many)).toEqual(['102']);
      expect(many.verdict.problems[0]).toMatchObject({ line: 25 });
      expect(codes(some)).toEqual([]);
    },
  );

  it('cannot make the reading of attributes go over a tag again and again', () => {
    const length = 256 * 1024;
    const tags = ['a', '<!--', '<?', 'a ', ' '].map((text) => `b="${text.repeat(length)}" `);

    for (const tag of [...tags, 'a'.repeat(length)]) {
      const read = (): number => attributesIn(`${tag} c='1'`).size;

      expect(runInNewContext('read()', { read }, { timeout: 60_000 })).toBeGreaterThan(0);
    }
  });

  it('may have a name of letters whose bytes are blanks in another encoding', async () => {
    const prefixed = good
      .replace('<Medical', '<à:Medical')
      .replace('</Medical', '</à:Medical')
      .replace(' xmlns', ' xmlns:à="urn:x" xmlns');

    expect(codes(await run(prefixed))).toEqual(['139']);
  });

  it.each([
    [
      'UTF-16 with its mark',
      Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(good, 'utf16le')]),
    ],
    ['UTF-16 without', Buffer.from(good, 'utf16le')],
    ['UTF-32', Buffer.concat([Buffer.from([0, 0, 0xfe, 0xff]), Buffer.from(good)])],
    ['EBCDIC', Buffer.from([0x4c, 0x6f, 0xa7, 0x94, 0x93])],
    ['a name nobody knows', good.replace('UTF-8', 'KLINGON')],
    [
      'a name after more blanks than are looked at',
      good.replace('encoding', `${' '.repeat(1_024)}encoding`),
    ],
    ['UTF-7', good.replace('UTF-8', 'UTF-7')],
    ['a mark that contradicts the name', `\ufeff${good.replace('UTF-8', 'ISO-8859-1')}`],
    ['a name of a property of objects', good.replace('UTF-8', '__proto__')],
  ])('is refused with 138 in %s', async (_, content) => {
    expect(codes(await run(content))).toEqual(['138']);
  });

  it.each([
    ['a NUL byte', good.replace('MEDC001', 'MEDC\u0000')],
    ['a control character', good.replace('MEDC001', 'MEDC\u0001')],
    ['bytes that are no UTF-8', Buffer.from(good.replace('MEDC001', 'MEDC\xe9'), 'latin1')],
    [
      'a high byte in US-ASCII',
      Buffer.from(good.replace('UTF-8', 'US-ASCII').replace('MEDC001', '\xe9'), 'latin1'),
    ],
    ['an entity nobody declared', good.replace('MEDC001', '&who;')],
    ['an end in the middle of a form', good.slice(0, 500)],
    ['an end after a form', good.slice(0, good.lastIndexOf('</Med'))],
    ['an end in the root tag', good.slice(0, 80)],
    ['an end in a comment', `${good.slice(0, 500)}<!-- `],
    ['a second root', `${good}<x/>`],
    ['text after the root', `${good}x`],
    ['a form that is closed twice', good.replace('</Form>', '</Form></Form>')],
    [
      'a prefix nobody declared',
      good.replace('<RetailOnly>', '<x:RetailOnly>').replace('</RetailOnly>', '</x:RetailOnly>'),
    ],
    ['a comment with two dashes', good.replace('<Form>', '<!-- a -- b --><Form>')],
    ['no element at all', 'hello'],
    ['a declaration in a form', good.replace('MEDC001', '<!ENTITY x "y">')],
  ])('is refused with 102 for %s', async (_, content) => {
    expect(codes(await run(content))[0]).toBe('102');
  });

  it('cannot fool the cut with comments, CDATA, instructions or quotes', async () => {
    const judged = await run(
      medcFile(
        '<!-- <Form> </Form> <Form> -->',
        medcForm({ year: '<!-- </Form> -->2025' }),
        '<?x <Form> ?>',
        medcForm({ company: '<![CDATA[0206731645]]>' }),
        '<Form a="/Form>&lt;Form>" b=\'>\'/>',
        medcForm(),
      ),
      { chunkBytes: 1 },
    );

    expect(codes(judged)).toEqual([]);
    expect(judged.forms.map(({ findings }) => findings.length > 0)).toEqual([
      false,
      false,
      true,
      false,
    ]);
    expect(judged.forms[1]?.extract?.employers).toEqual([{ kind: 'KBO', number: '0206731645' }]);
    expect(judged.chunks).toHaveLength(4);
  });

  it('is never the reason to fetch or read another file', async () => {
    const secret = scratched.path('secret.xsd');
    const judged = await run(
      good
        .replace(
          '"MedicalDeviceContribution_',
          `"http://127.0.0.1:1/${secret}/MedicalDeviceContribution_`,
        )
        .replace('<Form>', `<Form xsi:noNamespaceSchemaLocation="file://${secret}">`),
    );

    expect(codes(judged)).toEqual([]);
  });

  it('is read in the eight-bit encodings that are allowed', async () => {
    const reference =
      '<Reference><ReferenceType>1</ReferenceType><ReferenceOrigin>1</ReferenceOrigin><ReferenceNbr>caf\xe9</ReferenceNbr></Reference>';
    const text = good.replace('<EmployerId>', `${reference}<EmployerId>`);

    for (const encoding of ['ISO-8859-1', 'iso-8859-15', 'Windows-1252']) {
      const judged = await run(Buffer.from(text.replace('UTF-8', encoding), 'latin1'));

      expect(codes(judged)).toEqual([]);
      expect(judged.forms[0]?.extract?.reference).toBe('café');
    }
  });

  it('says in windows-1252 what windows-1252 means, not what ISO-8859-1 would', async () => {
    const reference =
      '<Reference><ReferenceType>1</ReferenceType><ReferenceOrigin>1</ReferenceOrigin><ReferenceNbr>l\x92an 5 \x80 \x8c\x9f</ReferenceNbr></Reference>';
    const text = good.replace('<EmployerId>', `${reference}<EmployerId>`);

    const judged = await run(Buffer.from(text.replace('UTF-8', 'windows-1252'), 'latin1'));

    expect(codes(judged)).toEqual([]);
    expect(judged.forms[0]?.extract?.reference).toBe('l\u2019an 5 \u20ac \u0152\u0178');
  });

  it('keeps only so many findings of one form', async () => {
    const wrong = '<Registration><DeviceActivity>X</DeviceActivity></Registration>'.repeat(99);

    const judged = await run(medcFile(medcForm({ registrations: wrong })), { findingsMax: 7 });

    expect(judged.forms[0]?.findings).toHaveLength(7);
  });
});
