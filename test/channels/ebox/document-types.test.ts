import { describe, expect, it } from '@jest/globals';
import { readDocumentTypes } from '../../../src/channels/index.ts';
import { titlesOf } from '../../../src/channels/ebox/document-types.ts';
import { oneLine, plainName } from '../../../src/channels/ebox/one-line.ts';
import { shippedTypes } from '../../make/ebox.ts';

type Tree = Record<string, unknown>;

/** Types that are right, to be broken in one place. */
function given(): Tree & { types: Record<string, Tree> } {
  const titles = { nl: 'a {ticket}', fr: 'b', de: 'c', en: 'd' };
  const type = { validityDays: 10, warnDays: 2, protection: 1, titles };
  return {
    ...{ publisher: 'sluis', documentBytesMax: 1_000 },
    types: {
      ...{ receipt: { ...type }, notification: { ...type }, statement: { ...type } },
      'routed-declaration': { ...type, protection: 2, application: 'social-risk' },
    },
  };
}

describe('the types of documents', () => {
  it('are shipped for every kind of parcel, each with titles in four languages', () => {
    const types = shippedTypes();

    const kinds = (['ACRF', 'NOTI', 'STAT', 'ROUT'] as const).map((kind) => types.ofParcel(kind));

    expect(kinds.map(({ code }) => code)).toEqual([
      ...['receipt', 'notification', 'statement', 'routed-declaration'],
    ]);
    for (const { titles, warnDays, validityDays } of kinds) {
      expect(Object.values(titles).every((title) => title.includes('{ticket}'))).toBe(true);
      expect(warnDays).toBeLessThan(validityDays);
    }
  });

  const breaks: readonly (readonly [string, (tree: ReturnType<typeof given>) => void, string])[] = [
    ['a type that is missing', ({ types }) => delete types['receipt'], 'types.receipt'],
    ['a type nobody knows', ({ types }) => (types['letter'] = {}), 'types.letter'],
    [
      'a field nobody knows',
      ({ types: { receipt } }) => receipt && (receipt['days'] = 1),
      'types.receipt.days',
    ],
    [
      'no validity',
      ({ types: { receipt } }) => receipt && (receipt['validityDays'] = 0),
      'types.receipt.validityDays',
    ],
    [
      'a warning before the publication',
      ({ types: { receipt } }) => receipt && (receipt['warnDays'] = 11),
      'types.receipt.warnDays',
    ],
    [
      'a level 3',
      ({ types: { receipt } }) => receipt && (receipt['protection'] = 3),
      'types.receipt.protection',
    ],
    [
      'level 2 without application',
      ({ types: { receipt } }) => receipt && (receipt['protection'] = 2),
      'types.receipt.application',
    ],
    [
      'level 1 with one',
      ({ types: { receipt } }) => receipt && (receipt['application'] = 'batches'),
      'types.receipt.application',
    ],
    [
      'a title of two lines',
      ({ types: { receipt } }) =>
        receipt && (receipt['titles'] = { nl: 'a\nb', fr: 'b', de: 'c', en: 'd' }),
      'types.receipt.titles.nl',
    ],
    [
      'a size that is no number',
      (tree) => (tree['documentBytesMax'] = '64 MiB'),
      'documentBytesMax',
    ],
    ['nothing at all', (tree) => (tree.types = [] as never), 'types'],
  ];

  it.each(breaks)('are refused with %s, and the place is named', (_, breakIt, place) => {
    const tree = given();
    breakIt(tree);

    const read = (): unknown => readDocumentTypes(tree);

    expect(read).toThrow(
      expect.objectContaining({
        code: 'settings.invalid',
        facts: expect.objectContaining({ [place]: expect.any(String) }),
      }),
    );
  });

  it('are refused when they are no types at all', () => {
    for (const content of [null, 'types', 7, []]) {
      expect(() => readDocumentTypes(content)).toThrow('settings.invalid');
    }
  });
});

describe('a title', () => {
  it('takes a place in a value for what it is: text', () => {
    const types = readDocumentTypes(given());

    const { nl } = titlesOf(types.ofParcel('ACRF'), { form: '', ticket: '{form}{ticket}' });

    expect(nl).toBe('a {form}{ticket}');
  });

  it('holds no control character, no change of direction and no second line', () => {
    expect(oneLine('in\u202Evoice\u0007\r\nBcc: all\u2028end\u200B\u0000', 100)).toBe(
      'in voice Bcc: all end',
    );
  });

  it('is cut between characters and never within one', () => {
    expect(oneLine('🙂🙂🙂', 2)).toBe('🙂🙂');
  });
});

describe('a file name', () => {
  it.each([
    ['FO.ROUT.999999.20260115.00001.R', 'FO.ROUT.999999.20260115.00001.R'],
    ['../../etc/passwd', 'etc_passwd'],
    ['C:\\fakepath\\run.bat', 'C_fakepath_run.bat'],
    ['a"; filename="b.exe', 'a_filename_b.exe'],
    ['é\r\nSet-Cookie: x=1', 'e_Set-Cookie_x_1'],
    ['\u202Efdp.exe', 'fdp.exe'],
    ['...', 'file'],
    ['', 'file'],
    ['x'.repeat(300), 'x'.repeat(120)],
  ])('%j is kept as %j', (name, plain) => {
    expect(plainName(name)).toBe(plain);
  });
});
