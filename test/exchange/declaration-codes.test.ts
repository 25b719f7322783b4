import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { admitSchemaPack } from '../../src/validation/index.ts';
import { annexCodeList, enterpriseNumberOf, entryOf } from '../../src/vocabulary/index.ts';
import { xmlOf, type AnswerXml } from '../make/answer-xml.ts';
import { manualClock } from '../make/clock.ts';
import { anExchange, aSet, type Exchange } from '../make/exchange.ts';
import { medcEmployer, medcFile, swap, type MedcWish } from '../make/medc-file.ts';

interface Row {
  /** As the notification writes it: zone and code. */
  readonly errorId: string;
  readonly what: string;
  readonly wish: MedcWish;
  /** A warning leaves the declaration accepted. */
  readonly warns?: true;
}

const [withoutMandate, formerly, repeated] = [901, 902, 7].map(medcEmployer) as [
  string,
  string,
  string,
];

function spoilt(from: string, to: string): MedcWish {
  return { spoil: swap(from, to) };
}

/** The whole declaration of turnover gives way to an assessment that only the authority makes. */
function officeAssessment(form: string): string {
  return form.replace(
    /<TurnoverDeclaration>[^]*<\/TurnoverDeclaration>/,
    '<OfficeAssessment><KnownTotalTurnover>000000100000000</KnownTotalTurnover><MonthsLate>1</MonthsLate></OfficeAssessment>',
  );
}

const rows: readonly Row[] = [
  {
    errorId: '70004-090',
    what: 'an element that is missing',
    wish: spoilt('<RetailOnly>0</RetailOnly>', ''),
  },
  {
    errorId: '70002-090',
    what: 'an element that stands twice',
    wish: spoilt(
      '<EstablishmentCountry>BE</EstablishmentCountry>',
      '<EstablishmentCountry>BE</EstablishmentCountry><EstablishmentCountry>BE</EstablishmentCountry>',
    ),
  },
  {
    errorId: '70005-091',
    what: 'elements in another order',
    wish: spoilt(
      '<RetailOnly>0</RetailOnly>\n<SelfCheckDeclared>0</SelfCheckDeclared>',
      '<SelfCheckDeclared>0</SelfCheckDeclared>\n<RetailOnly>0</RetailOnly>',
    ),
  },
  {
    errorId: '00000-092',
    what: 'an element that the schema does not know',
    wish: spoilt('<RetailOnly>', '<Colour>blue</Colour><RetailOnly>'),
  },
  {
    errorId: '00222-093',
    what: 'a value that is too long',
    wish: { reference: 'x'.repeat(21) },
  },
  {
    errorId: '70004-274',
    what: 'an attribute where none belongs',
    wish: spoilt('<RetailOnly>', '<RetailOnly unit="1">'),
  },
  {
    errorId: '97001-255',
    what: 'text where only elements belong',
    wish: spoilt('<RetailOnly>', 'text<RetailOnly>'),
  },
  {
    errorId: '70010-002',
    what: 'a word where a number belongs',
    wish: spoilt('000000100000000', 'much'),
  },
  {
    errorId: '00218-003',
    what: 'a date that is written in another way',
    wish: spoilt('<FormCreationDate>2026-01-15', '<FormCreationDate>15/01/2026'),
  },
  {
    errorId: '70013-003',
    what: 'a tick that the profile contradicts',
    wish: {
      spoil: (form) =>
        swap(
          '<NotActiveInBelgium>0',
          '<NotActiveInBelgium>1',
        )(swap('000000100000000', '000000000000000')(form)),
    },
    warns: true,
  },
  { errorId: '00014-004', what: 'wrong check digits', wish: { employer: '0123456789' } },
  {
    errorId: '97005-005',
    what: 'an assessment that only the authority makes',
    wish: { spoil: officeAssessment },
  },
  { errorId: '70001-008', what: 'a year without parameters', wish: { year: '2031' } },
  {
    errorId: '00218-008',
    what: 'a form made tomorrow',
    wish: spoilt('<FormCreationDate>2026-01-15', '<FormCreationDate>2026-01-16'),
  },
  {
    errorId: '70004-008',
    what: 'a value that is not in its list',
    wish: spoilt('<RetailOnly>0', '<RetailOnly>7'),
  },
  {
    errorId: '70009-014',
    what: 'an end before its begin',
    wish: spoilt('</RegistrationDate>', '</RegistrationDate><ClosingDate>2019-01-01</ClosingDate>'),
  },
  {
    errorId: '00014-101',
    what: 'an employer that never gave a mandate',
    wish: { employer: withoutMandate },
  },
  {
    errorId: '00014-155',
    what: 'an employer whose mandate has ended',
    wish: { employer: formerly },
  },
  {
    errorId: '90059-272',
    what: 'an original that this file has already',
    wish: { employer: repeated },
  },
];

/** The official schemas and samples are no part of the project; what needs them is skipped without. */
const official = resolve(import.meta.dirname, '../../../shared/official');
const present = existsSync(official);
const quarterly = { nsso: '199999934', number: enterpriseNumberOf(4_000_002) };

interface SampleRow {
  readonly errorId: RegExp;
  readonly what: string;
  readonly type: string;
  readonly sample: string;
  readonly change: (text: string) => string;
}

const sampleRows: readonly SampleRow[] = [
  {
    errorId: /^00024-006$/,
    what: 'a person who stands twice',
    type: 'DMFA',
    sample: 'DmfAOriginal_20223_1.xml',
    change: (text) => {
      const inss = /<INSS>\d{11}<\/INSS>/.exec(text)?.[0] ?? '';
      return text.replace(/<INSS>\d{11}<\/INSS>/g, inss);
    },
  },
  {
    errorId: /^00015-007$/,
    what: 'a net amount that is not the sum',
    type: 'DMFA',
    sample: 'DmfAOriginal_20223_1.xml',
    change: (text) => text,
  },
  {
    errorId: /-230$/,
    what: 'no employer that could have given a mandate',
    type: 'DIMN',
    sample: 'Dimona_20231_3.xml',
    change: (text) => text,
  },
];

/** Codes of declarations that no file can cause, and why. */
const notByFile: Readonly<Record<string, string>> = {
  '001': 'what is missing is a missing element, 090, or an empty one, which its schema names',
  '163': 'a form that cannot be carried on is a defect of the gateway: its batch is quarantined',
  '166': 'no type of message sent to sluis refers to a declaration by its ticket',
  '167': 'as 166',
  '183': 'as 166; an original that stands declared is 272',
  '189':
    'answers to a mandatary go to its enterprise, and its mailbox is that of its sender number',
  '190': 'an employer without sender number is written to by e-Box or on paper',
  '193': 'as 189',
  '194': 'as 190',
  '195': 'as 190',
  '234': 'no type of message sent to sluis refers to a form of another',
  '236': 'what goes on paper is noted, and refused to nobody',
  '241': 'a cancellation of what is cancelled changes nothing, and is accepted',
  '248': 'rules and mandates name registered enterprises, and no others can be recipients',
  '253': 'as 248',
  '312': 'given in the receipt',
  '455': 'as 248',
  '523': 'recipients tell sluis nothing about the persons they deal with',
};

const clock = manualClock('2026-01-15T08:00:00Z');
let exchange: Exchange;
let forms: readonly AnswerXml[];

beforeAll(async () => {
  exchange = await anExchange({ clock });
  await exchange.office.mandates.add({
    ...{ mandator: formerly, mandatary: exchange.secretariat.enterprise, object: 'MEDC' },
    ...{ from: '2013Q1', to: '2020Q4', by: 'test' },
  });
  const sound = { employer: repeated };
  const { go, files } = aSet(
    exchange.secretariat,
    medcFile([sound, ...rows.map(({ wish }) => wish)], { first: 7 }),
  );
  await exchange.hand(files);
  const batch = await exchange.batchOf(go);
  forms = xmlOf(await exchange.answer(batch, 'NOTI')).forms();
}, 300_000);
afterAll(async () => {
  await exchange.close();
});

describe('a declaration among others', () => {
  it('is accepted when it has no fault', () => {
    expect(forms).toHaveLength(rows.length + 1);
    expect(forms[0]?.text('ErrorID')).toEqual([]);
    expect(forms[0]?.text('ResultCode')).toEqual(['1']);
  });

  it.each(rows.map((row, index) => ({ ...row, index })))(
    'is answered $errorId for $what',
    ({ index, errorId, warns = false }) => {
      const form = forms[index + 1];

      expect(form?.text('ErrorID')).toEqual([errorId]);
      expect(form?.text('ResultCode')).toEqual([warns ? '1' : '0']);
      expect(form?.text('AnomalyClass')).toEqual([warns ? 'W' : 'B']);
      expect(form?.text('AnomalyLabel')[0]?.length).toBeGreaterThan(10);
    },
  );
});

(present ? describe : describe.skip)(
  present ? 'an official sample' : 'an official sample (skipped: not on this machine)',
  () => {
    beforeAll(async () => {
      const { identity, mandates, schemaPacks } = exchange.office;
      const folder = join(official, 'schemas');
      const files = readdirSync(folder)
        .filter((name) => /^(?:DmfAOriginal|Dimona)_\d{5}\.xsd$/.test(name))
        .map((name) => ({ name, content: readFileSync(join(folder, name)) }));
      const entry = new URL('../../dist/thread.js', import.meta.url);
      await schemaPacks.add(await admitSchemaPack({ files, entry }), clock.now());
      const mandator = quarterly.number;
      await identity.enterprises.register({ ...quarterly, name: 'Employer', by: 'test' });
      await mandates.add({
        ...{ mandator, mandatary: exchange.secretariat.enterprise, object: 'DMFA' },
        ...{ from: '2020Q1', by: 'test' },
      });
    }, 300_000);

    it.each(sampleRows)('is answered $errorId for $what', async (row) => {
      const sample = readFileSync(join(official, 'samples', row.sample), 'utf8');
      const { go, files } = aSet(exchange.secretariat, row.change(sample), { type: row.type });
      await exchange.hand(files);
      const noti = await exchange.answer(await exchange.batchOf(go), 'NOTI');
      const [form] = xmlOf(noti).forms();

      expect(form?.text('ErrorID')).toContainEqual(expect.stringMatching(row.errorId));
      expect(form?.text('ResultCode')).toEqual(['0']);
    });
  },
);

describe('the published codes of declarations', () => {
  it('are each caused by a declaration above, or cannot be', () => {
    const groups = new Set(['xml', 'rights', 'routing', 'data']);
    const published = annexCodeList.filter((code) => {
      const entry = entryOf(code);
      return entry !== undefined && entry.check === undefined && groups.has(entry.group);
    });
    const caused = [...rows.map(({ errorId }) => errorId), ...['006', '007', '230']].map((id) =>
      id.slice(-3),
    );

    expect(sampleRows.map(({ errorId }) => /-(\d{3})/.exec(errorId.source)?.[1])).toEqual([
      '006',
      '007',
      '230',
    ]);
    expect(published.filter((code) => !caused.includes(code) && !(code in notByFile))).toEqual([]);
    expect(caused.filter((code) => code in notByFile)).toEqual([]);
  });
});
