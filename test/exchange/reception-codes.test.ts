import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { annexCodeList, entryOf, type Environment } from '../../src/vocabulary/index.ts';
import { manualClock, spans } from '../make/clock.ts';
import { anExchange, type Exchange, type TestSecretariat } from '../make/exchange.ts';
import { medcFile, soundForms, swap } from '../make/medc-file.ts';
import { markedEncrypted, withClaimedSize, withOtherChecksum, zipOf } from '../make/zip-file.ts';
import { xmlOf } from '../make/answer-xml.ts';

/** The files of one row, and the one among them that the receipt is to name. */
interface Handed {
  readonly files: Readonly<Record<string, Buffer | string>>;
  readonly named: string;
  /** Files that go before, as a set of their own that is answered first. */
  readonly before?: Readonly<Record<string, Buffer | string>>;
}

interface Row {
  readonly code: string;
  readonly what: string;
  readonly make: (sequence: string) => Handed | Promise<Handed>;
  /** Directory the files are put in; IN unless told otherwise. */
  readonly place?: Environment;
  readonly by?: () => TestSecretariat;
  /** How long the gateway waits for more before it judges. */
  readonly patience?: number;
  readonly long?: true;
}

const day = '20260115';
const clock = manualClock('2026-01-15T07:00:00Z');
const settle = 31 * spans.second;
/** Real time that a row of the long form may take. */
const longMs = 900_000;
const mebibyte = 1024 * 1024;
let exchange: Exchange;
let narrow: TestSecretariat;
let suspended: TestSecretariat;
let unopened: TestSecretariat;

beforeAll(async () => {
  exchange = await anExchange({
    clock,
    settings: {
      settleMs: '30s',
      goTimeoutMs: '4h',
      fileBytesMax: '8MiB',
      batchBytesMax: '10MiB',
      formBytesMax: '64KiB',
    },
  });
  narrow = await exchange.register({ sender: '222222', types: ['MEDC'], environments: ['T'] });
  suspended = await exchange.register({ sender: '333333' });
  unopened = await exchange.register({ sender: '444444' });
  const { knex } = exchange.office.database;
  await knex('sender').where({ number: suspended.sender }).update({ state: 'suspended' });
  await knex('enterprise').where({ number: unopened.enterprise }).update({ state: 'registered' });
});
afterAll(async () => {
  await exchange.close();
});

interface NameWish {
  readonly type?: string;
  readonly sender?: string;
  readonly date?: string;
  readonly sequence?: string;
  readonly environment?: string;
  /** What follows the environment, in place of `.1.1` and `.1`. */
  readonly tail?: string;
  readonly goTail?: string;
}

/** A signed set of one part, with any element of its names changed. */
function named(
  sequence: string,
  wish: NameWish = {},
  content: Buffer | string = sound,
): Handed & { readonly go: string } {
  const base = [
    wish.type ?? 'MEDC',
    wish.sender ?? exchange.secretariat.sender,
    wish.date ?? day,
    wish.sequence ?? sequence,
    wish.environment ?? 'R',
  ].join('.');
  const { tail = '.1.1', goTail = '.1' } = wish;
  const go = `GO.${base}${goTail}`;
  const files = {
    [`FI.${base}${tail}`]: content,
    [`FS.${base}${tail}`]: exchange.secretariat.sign(content),
    [go]: '',
  };
  return { files, named: go, go };
}

const sound = medcFile(soundForms(1));

/** A set whose parts are each zipped, and signed as they are sent. */
async function inParts(sequence: string, contents: readonly Buffer[]): Promise<Handed> {
  const base = `MEDC.123456.${day}.${sequence}.R`;
  const files: Record<string, Buffer | string> = {};
  for (const [index, content] of contents.entries()) {
    const tail = `${String(contents.length)}.${String(index + 1)}`;
    const archive = await zipOf({ 'FI.xml': content });
    files[`FI.${base}.${tail}`] = archive;
    files[`FS.${base}.${tail}`] = exchange.secretariat.sign(archive);
  }
  const go = `GO.${base}.${String(contents.length)}`;
  return { files: { ...files, [go]: '' }, named: go };
}

/** A sound set whose declarations are these. */
function holding(content: Buffer | string, wish: NameWish = {}): Row['make'] {
  return (sequence) => named(sequence, wish, content);
}

/** A set of chosen files: what stands before the common part of the names, and after it. */
function chosen(...wanted: readonly [prefix: string, tail: string][]): Row['make'] {
  return (sequence) => {
    const base = `MEDC.${exchange.secretariat.sender}.${day}.${sequence}.R`;
    const files = wanted.map(([prefix, tail]) => {
      const content = { FI: sound, FS: exchange.secretariat.sign(sound) }[prefix] ?? '';
      return [`${prefix}.${base}${tail}`, content] as const;
    });
    const last = wanted.at(-1);
    return {
      files: Object.fromEntries(files),
      named: `${last?.[0] ?? ''}.${base}${last?.[1] ?? ''}`,
    };
  };
}

function fileAlone(name: (sequence: string) => string): Row['make'] {
  return (sequence) => ({ files: { [name(sequence)]: sound }, named: name(sequence) });
}

function named108(sequence: string): Handed {
  return named(sequence, { sender: '654321' });
}

const [many, formsMax] = ['<Form/>', 1_000_000];

/** One row for each way into a code; the codes of checks 1 to 8 first, in their order. */
const rows: readonly Row[] = [
  {
    code: '107',
    what: 'a GO without an environment',
    make: fileAlone((sequence) => `GO.MEDC.123456.${day}.${sequence}`),
    patience: settle,
  },
  {
    code: '107',
    what: 'a TD with an element too many',
    make: fileAlone((sequence) => `TD.MEDC.123456.${day}.${sequence}.R.1.1`),
    patience: settle,
  },
  {
    code: '131',
    what: 'an FI with parts and no part',
    make: fileAlone((sequence) => `FI.MEDC.123456.${day}.${sequence}.R.1`),
    patience: settle,
  },
  {
    code: '132',
    what: 'an FS with an extension',
    make: fileAlone((sequence) => `FS.MEDC.123456.${day}.${sequence}.R.1.1.p7s`),
    patience: settle,
  },
  {
    code: '129',
    what: 'a file of no known prefix',
    make: fileAlone((sequence) => `declarations-${sequence}.xml`),
    patience: settle,
  },
  {
    code: '129',
    what: 'a type that nobody knows',
    make: (sequence) => named(sequence, { type: 'ABCD' }),
  },
  { code: '108', what: 'the number of another sender', make: named108 },
  {
    code: '109',
    what: 'a date of seven digits',
    make: (sequence) => named(sequence, { date: '2026115' }),
  },
  {
    code: '110',
    what: 'the thirtieth of February',
    make: (sequence) => named(sequence, { date: '20250230' }),
  },
  { code: '111', what: 'tomorrow', make: (sequence) => named(sequence, { date: '20260116' }) },
  {
    code: '126',
    what: 'a date 367 days ago',
    make: (sequence) => named(sequence, { date: '20250113' }),
  },
  {
    code: '112',
    what: 'a sequence of four',
    make: (sequence) => named(sequence, { sequence: sequence.slice(1) }),
  },
  {
    code: '367',
    what: 'a sequence with a small letter',
    make: (sequence) => named(sequence, { sequence: `a${sequence.slice(1)}` }),
  },
  { code: '127', what: 'a sequence of zeros', make: () => named('00000') },
  {
    code: '114',
    what: 'ten parts',
    make: chosen(['FI', '.1.1'], ['FS', '.1.1'], ['GO', '.10']),
    patience: settle,
  },
  {
    code: '115',
    what: 'a letter as the number of parts',
    make: chosen(['FI', '.1.1'], ['FS', '.1.1'], ['GO', '.A']),
    patience: settle,
  },
  {
    code: '116',
    what: 'zero parts',
    make: chosen(['FI', '.1.1'], ['FS', '.1.1'], ['GO', '.0']),
  },
  {
    code: '128',
    what: 'part 2 of 1',
    make: (sequence) => {
      const { files } = named(sequence, { tail: '.1.2' });
      return { files, named: Object.keys(files)[0] ?? '' };
    },
    patience: settle,
  },
  {
    code: '117',
    what: 'an environment that does not exist',
    make: (sequence) => named(sequence, { environment: 'X' }),
  },
  {
    code: '144',
    what: 'no environment',
    make: (sequence) => named(sequence, { environment: '' }),
  },
  { code: '118', what: 'production in INTEST', make: (sequence) => named(sequence), place: 'T' },
  {
    code: '119',
    what: 'a circuit test in IN',
    make: (sequence) => named(sequence, { environment: 'T' }),
  },
  {
    code: '257',
    what: 'a simulation in INTEST',
    make: (sequence) => named(sequence, { environment: 'S' }),
    place: 'T',
  },
  { code: '142', what: 'no FI', make: chosen(['FS', '.1.1'], ['GO', '.1']), patience: settle },
  {
    code: '120',
    what: 'one FI of two',
    make: chosen(['FI', '.2.1'], ['FS', '.2.1'], ['FS', '.2.2'], ['GO', '.2']),
    patience: settle,
  },
  {
    code: '123',
    what: 'two FI that are both the first',
    make: chosen(['FI', '.2.1'], ['FI', ''], ['FS', '.2.1'], ['FS', '.2.2'], ['GO', '.2']),
    patience: settle,
  },
  {
    code: '123',
    what: 'FI of a set of three in a set of two',
    make: chosen(['FI', '.3.1'], ['FI', '.3.2'], ['FS', '.2.1'], ['FS', '.2.2'], ['GO', '.2']),
    patience: settle,
  },
  {
    code: '122',
    what: 'no FS',
    make: chosen(['FI', '.1.1'], ['GO', '.1']),
    patience: settle,
  },
  {
    code: '124',
    what: 'two FS that are both the first',
    make: chosen(['FI', '.2.1'], ['FI', '.2.2'], ['FS', '.2.1'], ['FS', ''], ['GO', '.2']),
    patience: settle,
  },
  {
    code: '124',
    what: 'an FS of a set of three in a set of two',
    make: chosen(['FI', '.2.1'], ['FI', '.2.2'], ['FS', '.3.1'], ['FS', '.3.2'], ['GO', '.2']),
    patience: settle,
  },
  {
    code: '130',
    what: 'no GO in four hours',
    make: (sequence) => {
      const { files } = named(sequence);
      const [[fi, content], [fs, seal]] = Object.entries(files) as [
        [string, string],
        [string, string],
      ];
      return { files: { [fi]: content, [fs]: seal }, named: fi };
    },
    patience: 4 * spans.hour,
  },
  {
    code: '133',
    what: 'a name that an accepted set holds',
    make: (sequence) => ({
      ...named(sequence, {}, medcFile(soundForms(2))),
      before: named(sequence).files,
    }),
  },
  {
    code: '133',
    what: 'a name that a refused set holds',
    make: (sequence) => ({ ...named(sequence), before: named(sequence, {}, '<a').files }),
  },
  {
    code: '277',
    what: 'a TD before the GO',
    make: chosen(['FI', '.1.1'], ['FS', '.1.1'], ['TD', '.1']),
  },
  {
    code: '184',
    what: 'a signature of two mebibytes',
    make: (sequence) => {
      const { files, go } = named(sequence);
      const fs = Object.keys(files)[1] ?? '';
      return { files: { ...files, [fs]: Buffer.alloc(2 * mebibyte, 'A') }, named: go };
    },
  },
  {
    code: '184',
    what: 'an archive that grows two hundredfold',
    make: async (sequence) =>
      named(sequence, {}, await zipOf({ 'FI.xml': Buffer.alloc(4 * mebibyte, ' ') })),
  },
  {
    code: '184',
    what: 'an archive that unpacks to more than a file may have',
    make: async (sequence) => named(sequence, {}, await zipOf({ 'FI.xml': sparse(9 * mebibyte) })),
  },
  {
    code: '184',
    what: 'two archives that unpack to more than a set may have',
    make: (sequence) => inParts(sequence, [sparse(6 * mebibyte), sparse(6 * mebibyte)]),
  },
  {
    code: '184',
    what: 'an archive that claims to be enormous',
    make: async (sequence) =>
      named(sequence, {}, withClaimedSize(await zipOf({ 'FI.xml': sound }), 0xffff_fff0)),
  },
  {
    code: '184',
    what: 'a form larger than is taken',
    make: holding(
      medcFile([{ spoil: swap('<TypeForm>', `<!--${' '.repeat(70 * 1024)}--><TypeForm>`) }]),
    ),
  },
  {
    code: '509',
    what: 'two parts that are too large together',
    make: (sequence) => {
      const base = `MEDC.123456.${day}.${sequence}.R`;
      const content = randomBytes(6 * mebibyte);
      const go = `GO.${base}.2`;
      const files = {
        [`FI.${base}.2.1`]: content,
        [`FI.${base}.2.2`]: content,
        [`FS.${base}.2.1`]: '',
        [`FS.${base}.2.2`]: '',
        [go]: '',
      };
      return { files, named: go };
    },
  },
  {
    code: '280',
    what: 'no archive behind the mark of one',
    make: holding(Buffer.from('PK\u0003\u0004 but no archive', 'latin1')),
  },
  {
    code: '280',
    what: 'an encrypted archive',
    make: async (sequence) =>
      named(sequence, {}, markedEncrypted(await zipOf({ 'FI.xml': sound }))),
  },
  {
    code: '280',
    what: 'an archive that claims to be smaller than it is',
    make: async (sequence) =>
      named(sequence, {}, withClaimedSize(await zipOf({ 'FI.xml': sound }), 10)),
  },
  {
    code: '280',
    what: 'an archive whose content was damaged',
    make: async (sequence) =>
      named(sequence, {}, withOtherChecksum(await zipOf({ 'FI.xml': sound }))),
  },
  {
    code: '281',
    what: 'an archive of two files',
    make: async (sequence) => named(sequence, {}, await zipOf({ 'a.xml': sound, 'b.xml': sound })),
  },
  {
    code: '281',
    what: 'an archive of nothing',
    make: async (sequence) => named(sequence, {}, await zipOf({})),
  },
  {
    code: '281',
    what: 'an archive of a directory',
    make: async (sequence) => named(sequence, {}, await zipOf({ 'declarations/': '' })),
  },
  {
    code: '125',
    what: 'the signature of another file',
    make: (sequence) => {
      const { files, go } = named(sequence);
      const fs = Object.keys(files)[1] ?? '';
      return { files: { ...files, [fs]: exchange.secretariat.sign('another') }, named: go };
    },
  },
  {
    code: '125',
    what: 'a signature that is none',
    make: (sequence) => {
      const { files, go } = named(sequence);
      return { files: { ...files, [Object.keys(files)[1] ?? '']: 'no base64!' }, named: go };
    },
  },
  {
    code: '153',
    what: 'a certificate of another sender',
    make: (sequence) => {
      const { files, go } = named(sequence);
      return {
        files: { ...files, [Object.keys(files)[1] ?? '']: narrow.sign(sound) },
        named: go,
      };
    },
  },
  {
    code: '103',
    what: 'a sender that was suspended after its upload',
    make: (sequence) => byOther(suspended, sequence),
    by: () => suspended,
  },
  {
    code: '103',
    what: 'a sender whose chief access manager has not logged in yet (ACC-06)',
    make: (sequence) => byOther(unopened, sequence),
    by: () => unopened,
  },
  {
    code: '154',
    what: 'a type the sender is not registered for',
    make: (sequence) => byOther(narrow, sequence, { type: 'DMFA', environment: 'T' }),
    by: () => narrow,
    place: 'T',
  },
  {
    code: '168',
    what: 'an environment the sender is not admitted to',
    make: (sequence) => byOther(narrow, sequence),
    by: () => narrow,
  },
  { code: '134', what: 'an empty file', make: holding('') },
  { code: '134', what: 'a file of blanks', make: holding('\r\n  \r\n') },
  { code: '102', what: 'a document that ends early', make: holding(sound.slice(0, -20)) },
  {
    code: '102',
    what: 'a document type declaration',
    make: holding(sound.replace('?>\n', '?>\n<!DOCTYPE MedicalDeviceContribution>\n')),
  },
  {
    code: '102',
    what: 'an archive within an archive',
    make: async (sequence) =>
      named(sequence, {}, await zipOf({ 'FI.zip': await zipOf({ 'FI.xml': sound }) })),
  },
  { code: '138', what: 'UTF-16', make: holding(Buffer.from(`\uFEFF${sound}`, 'utf16le')) },
  {
    code: '138',
    what: 'an encoding by the name of nothing',
    make: holding(sound.replace('UTF-8', 'KOI8-R')),
  },
  {
    code: '136',
    what: 'no schema',
    make: holding(medcFile(soundForms(1), { attributes: 'version="1"' })),
  },
  {
    code: '137',
    what: 'a schema named in another way',
    make: holding(sound.replace('MedicalDeviceContribution_20261.xsd', 'schema.dtd')),
  },
  {
    code: '137',
    what: 'a schema whose name is cut in the middle of a character',
    make: holding(
      sound.replace('MedicalDeviceContribution_20261.xsd', `${'x'.repeat(59)}\u{1F600}.dtd`),
    ),
  },
  {
    code: '088',
    what: 'a version of the schema that is not known',
    make: holding(sound.replace('_20261.xsd', '_19991.xsd')),
  },
  {
    code: '102',
    what: 'a root whose name holds a NUL byte',
    make: holding(sound.replaceAll('MedicalDevice', 'Medical\u0000Device')),
  },
  {
    code: '089',
    what: 'a root the schema does not know',
    make: holding(medcFile(soundForms(1), { root: 'Contribution' })),
  },
  {
    code: '139',
    what: 'a namespace where none belongs',
    make: holding(sound.replace(' xmlns:xsi', ' xmlns="urn:another" xmlns:xsi')),
  },
  { code: '158', what: 'another type than the name says', make: holding(sound, { type: 'DMFA' }) },
  {
    code: '135',
    what: 'forms of another identification',
    make: holding(medcFile([{ spoil: swap('MEDC001', 'DMFA') }])),
  },
  { code: '157', what: 'no form', make: holding(medcFile([])) },
  {
    code: '205',
    what: 'a block beside the forms',
    make: holding(sound.replace('<Form>', '<Batch/>\n<Form>')),
  },
  {
    code: '205',
    what: 'a block whose name is cut in the middle of a character',
    make: holding(sound.replace('<Form>', `<${'x'.repeat(49)}\u{20000}/>\n<Form>`)),
  },
  {
    code: '114',
    what: 'a billion parts, and a part that no column holds',
    make: (sequence) => {
      const { files } = named(sequence, { tail: '.3000000000.9999999999', goTail: '.3000000000' });
      return { files, named: Object.keys(files)[2] ?? '' };
    },
    patience: settle,
  },
  {
    code: '115',
    what: 'a letter as a part',
    make: (sequence) => {
      const { files } = named(sequence, { tail: '.1.A' });
      return { files, named: Object.keys(files)[0] ?? '' };
    },
    patience: settle,
  },
  {
    code: '312',
    what: 'an attribute the root does not have',
    make: holding(sound.replace(' xmlns:xsi', ' batch="1" xmlns:xsi')),
  },
  {
    code: '275',
    what: 'more than a million forms',
    make: holding(medcFile([]).replace('>\n</', `>${many.repeat(formsMax + 1)}</`)),
    long: true,
  },
];

/** Mostly blanks, with enough noise that it does not shrink beyond what is taken. */
function sparse(bytes: number): Buffer {
  const content = Buffer.alloc(bytes, ' ');
  const noise = Buffer.from(randomBytes(bytes / 8).toString('hex'));
  for (let at = 0; at < bytes; at += 32) noise.copy(content, at, at / 4, at / 4 + 8);
  return content;
}

function byOther(other: TestSecretariat, sequence: string, wish: NameWish = {}): Handed {
  const { go, files } = named(sequence, { sender: other.sender, ...wish });
  const fs = Object.keys(files)[1] ?? '';
  return { files: { ...files, [fs]: other.sign(sound) }, named: go };
}

const wanted = rows.filter(
  ({ long }) => long === undefined || process.env['SLUIS_TEST_LONG'] === '1',
);
let sequences = 0;

function nextSequence(): string {
  sequences += 1;
  return String(sequences).padStart(5, '0');
}

describe('a file that is not received', () => {
  it.each(wanted)(
    'is answered ACRF-$code for $what',
    async (row) => {
      const handed = await row.make(nextSequence());
      const { place = 'R', by } = row;
      const answered = new Set<string>();
      if (handed.before !== undefined) {
        await exchange.hand(handed.before, place);
        answered.add((await exchange.batchOf(handed.named)).ticket);
      }

      await exchange.hand(handed.files, place, by?.());
      clock.pass(row.patience ?? 0);
      const patience = row.long === true ? longMs : undefined;
      const batch = await exchange.batchNaming(handed.named, {
        besides: answered,
        ...(patience === undefined ? {} : { patience }),
      });
      const receipt = await exchange.answer(batch, 'ACRF', by?.());

      const told = xmlOf(receipt);
      expect(told.text('ErrorID')).toEqual([`ACRF-${row.code}`]);
      expect(told.text('FileName')).toEqual([handed.named]);
      expect(told.text('ResultCode')).toEqual(['0']);
      expect(told.text('ReferenceNbr')).toEqual([batch.ticket]);
      expect(batch.parcels.map(({ kind }) => kind)).toEqual(['ACRF']);
    },
    longMs,
  );
});

/** Reception codes that no file over SFTP can cause, and why. */
const notByFile: Readonly<Record<string, string>> = {
  '113': 'an older rule: sequences may hold letters now, and 367 tells of what they may not hold',
  '121': 'signatures are expected over SFTP; that none belongs is a rule of message queues',
  '172': 'no number of declarations is too large for its bytes: 275 and 184 limit both',
  '249':
    'SFTP is the channel every sender number is registered for; another one is refused at login',
  '430': 'files of a first attempt are kept and answered, never removed as being in the way',
};

describe('the published reception codes', () => {
  it('are each caused by a file above, or cannot be', () => {
    const published = annexCodeList.filter((code) => entryOf(code)?.check !== undefined);
    const covered = new Set([...rows.map(({ code }) => code), ...Object.keys(notByFile)]);

    expect(published.filter((code) => !covered.has(code))).toEqual([]);
    expect(Object.keys(notByFile).filter((code) => rows.some((row) => row.code === code))).toEqual(
      [],
    );
  });
});
