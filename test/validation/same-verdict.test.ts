import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { validateXML } from 'xmllint-wasm';
import { compileSchema, judgeDocument } from '../../src/validation/engine.ts';
import type { CompiledSchema } from '../../src/validation/engine.ts';
import { ValidationPool, packDigest, packsOf } from '../../src/validation/index.ts';
import type { SchemaPack } from '../../src/validation/index.ts';
import { entry, judge, medcFile, medcForm, schemaText, scratch } from '../make/judging.ts';
import type { Judged } from '../make/judging.ts';

/**
 * The schema of the medical-device contribution under a root that no message type reads, so that
 * what is found is the schema's word alone.
 */
const xsd = schemaText('MedicalDeviceContribution_20261.xsd').replaceAll(
  'MedicalDeviceContribution',
  'Parcel',
);
const main = 'Parcel_20261.xsd';
const shape = { root: 'Parcel', main, files: [{ name: main, content: Buffer.from(xsd) }] };
const pack: SchemaPack = {
  ...shape,
  version: '20261',
  wholeDocument: false,
  sha256: packDigest(shape),
};

const pieces = [
  medcForm(),
  '<!-- between <Form> two --><?note </Form> ?>\n',
  medcForm({ profile: '<ActivityInBelgium><![CDATA[1]]></ActivityInBelgium>' }),
  medcForm({ company: '0897223670', nsso: '125482497' }),
  medcForm({ year: '20&#50;5' }),
];
const wrongForm = '<Form a="1>2" b=\'"\'></Form>';

function parcel(...forms: readonly string[]): string {
  return medcFile(...forms).replaceAll('MedicalDeviceContribution', 'Parcel');
}

/** Half of the mutations begin with a valid document, half with one that holds a wrong form. */
const validBase = parcel(...pieces);
const base = parcel(...pieces.slice(0, 4), wrongForm, ...pieces.slice(4));

/** Deterministic, so that a mutation that failed can be found again by its number. */
function randomOf(seed: number): (below: number) => number {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}

const tokens = [
  ...['<Form>', '</Form>', '<Form/>', '<!--', '-->', '<![CDATA[', ']]>', '<?x', '?>', '<Foo/>'],
  ...['&amp;', '&#65;', '&foo;', '&', '"', "'", '<', '>', '/', '=', 'text', ' ', '\n', '\u0001'],
  ...[
    'é',
    '</Parcel>',
    '<Parcel>',
    'xmlns="urn:x"',
    ' a="b"',
    '<a:Form/>',
    '<TypeForm>SU</TypeForm>',
  ],
  ...[
    '<Form xmlns="">',
    'xml:id="x"',
    '--',
    'xsi:nil="true"',
    '<ContributionYear>2025</ContributionYear>',
  ],
];

/** One to three random edits: mostly of a byte or a token, at times of a stretch. */
function mutated(seed: number): string {
  const below = randomOf(seed);
  let text = seed % 2 === 0 ? validBase : base;
  for (let edits = 1 + below(3); edits > 0; edits -= 1) {
    const at = below(text.length);
    const length = below(8) === 0 ? below(400) : below(12);
    const token = tokens[below(tokens.length)] ?? '';
    const edit = [
      (): string => text.slice(0, at) + token + text.slice(at),
      (): string => text.slice(0, at) + text.slice(at + length),
      (): string => text.slice(0, at) + text.slice(at, at + length) + text.slice(at),
      (): string => text.slice(0, at) + token + text.slice(at + length),
      (): string => withoutElement(text, at),
      (): string => withOtherValue(text, at, below(10)),
      (): string => (below(4) === 0 ? text.slice(0, at) : text),
    ][below(7)];
    text = edit?.() ?? text;
  }
  return text;
}

function withoutElement(text: string, at: number): string {
  const rest = text.slice(at).replace(/<(\w+)>[^<]*<\/\1>/, '');
  return text.slice(0, at) + rest;
}

function withOtherValue(text: string, at: number, digit: number): string {
  return text.slice(0, at) + text.slice(at).replace(/>[^<>]+</, `>${digit}<`);
}

interface Whole {
  readonly wellFormed: boolean;
  readonly valid: boolean;
  /** Errors of the root itself: then the forms after them were not looked at. */
  readonly rootWrong: boolean;
  /** Ordinals of the forms with errors. */
  readonly wrong: readonly number[];
}

function wholeVerdict(text: string, schema: CompiledSchema): Whole {
  const verdict = judgeDocument(Buffer.from(text), schema);
  if (!verdict.wellFormed) return { wellFormed: false, valid: false, rootWrong: false, wrong: [] };
  const wrong = new Set<number>();
  let rootWrong = false;
  for (const { path = '' } of verdict.errors) {
    const form = /^\/Parcel\/Form(?:\[(\d+)\])?(?:\/|$)/.exec(path);
    if (form === null) rootWrong = true;
    else wrong.add(Number(form[1] ?? '1'));
  }
  const valid = verdict.errors.length === 0;
  return { wellFormed: true, valid, rootWrong, wrong: [...wrong].sort((a, b) => a - b) };
}

/** Whether xmllint, another build of libxml2 in another process, accepts each of some documents. */
async function accepted(texts: readonly string[]): Promise<boolean[]> {
  const names = texts.map((_, index) => `d${index}.xml`);
  const output = await validateXML({
    xml: texts.map((contents, index) => ({ fileName: names[index] ?? '', contents })),
    schema: { fileName: main, contents: xsd },
  }).then(
    ({ rawOutput }) => rawOutput,
    (error: unknown) => (error instanceof Error ? error.message : ''),
  );
  const lines = new Set(output.split('\n'));
  return names.map(
    (name) =>
      lines.has(`${name} validates`) && !output.includes(`${name}:`.concat('1: namespace error')),
  );
}

function accepts({ verdict, forms }: Judged): boolean {
  return verdict.problems.length === 0 && forms.every(({ findings }) => findings.length === 0);
}

const long = process.env['SLUIS_TEST_LONG'] === '1';
const mutations = long ? 20_000 : 2_000;
const batch = 100;

describe('same verdict as libxml2', () => {
  const scratched = scratch();
  const pool = new ValidationPool({ threads: 2, entry });
  const packs = packsOf([pack]);
  const expected = { type: 'PARC', roots: ['Parcel'], identifications: [] };
  let schema: CompiledSchema;
  const cut = (name: string, content: string, chunkBytes: number): Promise<Judged> =>
    judge({
      pool,
      packs,
      expected,
      parts: [{ path: scratched.path(name), content }],
      limits: { chunkBytes },
    });

  beforeAll(() => {
    schema = compileSchema(pack);
  });

  afterAll(async () => {
    schema.validator.dispose();
    await pool.close();
    scratched.remove();
  });

  it('finds the same forms wrong in the unchanged document', async () => {
    const { verdict, forms } = await cut('base.xml', base, 1);

    expect(verdict.problems).toEqual([]);
    expect(forms.filter(({ findings }) => findings.length > 0).map(({ number }) => number)).toEqual(
      wholeVerdict(base, schema).wrong,
    );
  });

  it(
    `never changes a verdict by cutting: ${mutations} mutations`,
    async () => {
      const tally = { notWellFormed: 0, valid: 0, invalid: 0, differ: [] as unknown[] };
      for (let from = 0; from < mutations; from += batch) {
        const texts = Array.from({ length: batch }, (_, index) => mutated(from + index + 1));
        const second = await accepted(texts);
        const judged = await Promise.all(
          texts.map((text, index) => cut(`m${index}.xml`, text, index % 3 === 0 ? 1_200 : 1)),
        );
        for (const [index, text] of texts.entries()) {
          const whole = wholeVerdict(text, schema);
          const ours = judged[index];
          if (ours === undefined) continue;
          tally[!whole.wellFormed ? 'notWellFormed' : whole.valid ? 'valid' : 'invalid'] += 1;
          const difference = differenceOf(whole, ours, second[index] === true);
          if (difference !== undefined) tally.differ.push({ seed: from + index + 1, difference });
        }
      }

      expect(tally.differ).toEqual([]);
      expect(Math.min(tally.notWellFormed, tally.valid, tally.invalid)).toBeGreaterThan(
        mutations / 50,
      );
    },
    long ? 1_800_000 : 120_000,
  );
});

/** Codes that say how the schema is named, or in what encoding: checks that libxml2 does not make. */
const ofTheName = new Set(['136', '137', '088', '089', '138', '139', '158']);

function differenceOf(whole: Whole, ours: Judged, second: boolean): string | undefined {
  const codes = ours.verdict.problems.map(({ code }) => code);
  if (codes.includes('138')) return undefined;
  // A mutation may leave nothing at all: an empty file has a code of its own.
  const broken = codes.includes('102') || codes.includes('134');
  if (whole.wellFormed === broken)
    return `well-formed ${String(whole.wellFormed)}, ${codes.join()}`;
  if (!whole.wellFormed) return second ? 'xmllint accepts it' : undefined;
  if (codes.some((code) => ofTheName.has(code))) return undefined;
  if (accepts(ours) !== whole.valid) return `valid ${String(whole.valid)}, ${codes.join()}`;
  if (second !== whole.valid) return `xmllint ${String(second)}, libxml2 ${String(whole.valid)}`;
  if (whole.rootWrong) return codes.length > 0 ? undefined : 'the root is wrong';
  if (codes.length > 0) return codes.join();
  const wrong = ours.forms
    .filter(({ findings }) => findings.length > 0)
    .map(({ number }) => number);
  return wrong.join() === whole.wrong.join()
    ? undefined
    : `forms ${wrong.join()} not ${whole.wrong.join()}`;
}
