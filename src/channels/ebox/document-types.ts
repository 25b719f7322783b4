import { Failure, languages, type Language } from '../../vocabulary/index.ts';
import type { ParcelKind } from '../contract.ts';
import { oneLine } from './one-line.ts';
import type { EboxTitles, Protection } from './ports.ts';

/** What is known of all documents of one type. */
export interface DocumentType {
  readonly code: DocumentTypeCode;
  readonly validityDays: number;
  readonly warnDays: number;
  readonly protection: Protection;
  /** With `{form}` and `{ticket}`. */
  readonly titles: EboxTitles;
}

export interface DocumentTypes {
  /** Named as the sender of what the gateway makes itself. */
  readonly publisher: string;
  readonly documentBytesMax: number;
  ofParcel(kind: ParcelKind): DocumentType;
  readonly all: readonly DocumentType[];
}

const codeOfKind = {
  ROUT: 'routed-declaration',
  ACRF: 'receipt',
  NOTI: 'notification',
  STAT: 'statement',
} as const satisfies Record<ParcelKind, string>;

export type DocumentTypeCode = (typeof codeOfKind)[ParcelKind];

const codes = Object.values(codeOfKind);
const daysMax = 3_660;
const bytesMax = 4 * 1024 ** 3;
const publisherCharactersMax = 100;
const titleCharactersMax = 200;

/**
 * Reads the document types of an installation, already parsed by whoever knows the notation.
 *
 * @throws Failure `settings.invalid`; each fact is a place and what is expected there
 */
export function readDocumentTypes(content: unknown): DocumentTypes {
  const problems = new Map<string, string>();
  const root = recordAt(content, 'ebox', problems);
  const publisher = textAt(root, 'publisher', { max: publisherCharactersMax, problems });
  const documentBytesMax = wholeAt(root, 'documentBytesMax', { from: 1, to: bytesMax, problems });
  const types = recordAt(root['types'], 'types', problems);
  const all = codes.map((code) => typeAt(types, code, problems));
  noOthers(root, ['publisher', 'documentBytesMax', 'types'], 'ebox', problems);
  noOthers(types, codes, 'types', problems);
  if (problems.size > 0) throw new Failure('settings.invalid', Object.fromEntries(problems));
  const byCode = new Map(all.map((type) => [type.code, type]));
  return {
    ...{ publisher, documentBytesMax, all },
    ofParcel(kind) {
      const type = byCode.get(codeOfKind[kind]);
      if (type === undefined) throw new Failure('gateway.defect', { what: 'document type', kind });
      return type;
    },
  };
}

type Problems = Map<string, string>;
type Given = Readonly<Record<string, unknown>>;

function typeAt(types: Given, code: DocumentTypeCode, problems: Problems): DocumentType {
  const place = `types.${code}`;
  const given = recordAt(types[code], place, problems);
  const validityDays = wholeAt(given, 'validityDays', { place, from: 1, to: daysMax, problems });
  const warnDays = wholeAt(given, 'warnDays', { place, from: 0, to: daysMax, problems });
  if (warnDays > validityDays) problems.set(`${place}.warnDays`, 'no more than validityDays');
  const names = ['validityDays', 'warnDays', 'protection', 'application', 'titles'];
  noOthers(given, names, place, problems);
  const titles = recordAt(given['titles'], `${place}.titles`, problems);
  return {
    ...{ code, validityDays, warnDays },
    protection: protectionAt(given, place, problems),
    titles: inEveryLanguage((language) =>
      textAt(titles, language, { place: `${place}.titles`, max: titleCharactersMax, problems }),
    ),
  };
}

function protectionAt(given: Given, place: string, problems: Problems): Protection {
  const level = wholeAt(given, 'protection', { place, from: 1, to: 2, problems });
  const { application } = given;
  if (level === 2) {
    if (typeof application === 'string' && /^[a-z0-9][a-z0-9-]{1,39}$/.test(application)) {
      return { level, application };
    }
    problems.set(`${place}.application`, 'the code of an application, for protection 2');
  } else if (application !== undefined) {
    problems.set(`${place}.application`, 'only with protection 2');
  }
  return { level: 1 };
}

function recordAt(value: unknown, place: string, problems: Problems): Given {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Given;
  problems.set(place, 'names with values');
  return {};
}

function textAt(
  given: Given,
  name: string,
  o: { readonly place?: string; readonly max: number; readonly problems: Problems },
): string {
  const text = given[name];
  if (typeof text === 'string' && text !== '' && text === oneLine(text, o.max)) return text;
  o.problems.set(placed(o.place, name), `one line of at most ${String(o.max)} characters`);
  return '';
}

function wholeAt(
  given: Given,
  name: string,
  o: {
    readonly place?: string;
    readonly from: number;
    readonly to: number;
    readonly problems: Problems;
  },
): number {
  const number = given[name];
  if (typeof number === 'number' && Number.isInteger(number)) {
    if (number >= o.from && number <= o.to) return number;
  }
  o.problems.set(placed(o.place, name), `a number ${String(o.from)}..${String(o.to)}`);
  return o.from;
}

function noOthers(given: Given, names: readonly string[], place: string, problems: Problems): void {
  for (const name of Object.keys(given)) {
    if (!names.includes(name))
      problems.set(`${place}.${oneLine(name, 40)}`, 'nothing of this name');
  }
}

function placed(place: string | undefined, name: string): string {
  return place === undefined ? name : `${place}.${name}`;
}

function inEveryLanguage(textOf: (language: Language) => string): EboxTitles {
  return Object.fromEntries(languages.map((one) => [one, textOf(one)])) as EboxTitles;
}

/** The titles of one document. What stands in a value is never taken for a place. */
export function titlesOf(
  { titles }: DocumentType,
  values: { readonly form: string; readonly ticket: string },
): EboxTitles {
  return inEveryLanguage((language) =>
    oneLine(
      titles[language].replace(
        /\{(form|ticket)\}/g,
        (_, place: 'form' | 'ticket') => values[place],
      ),
      titleCharactersMax,
    ),
  );
}
