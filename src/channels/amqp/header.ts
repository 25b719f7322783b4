import type { Environment } from '../../vocabulary/index.ts';
import { isRealDate } from '../../vocabulary/index.ts';
import type { HeaderFault, Identifies } from './ports.ts';

/** Properties of a message by name, as text: clients write numbers as numbers or as text. */
export type HeaderFields = ReadonlyMap<string, string>;

const fieldsMax = 64;
const fieldCharactersMax = 128 * 1024;

/** Reads application properties. Values that are no text, number or truth value are left out. */
export function fieldsOf(headers: Readonly<Record<string, unknown>> | undefined): HeaderFields {
  const entries = Object.entries(headers ?? {}).slice(0, fieldsMax);
  return new Map(
    entries.flatMap(([name, value]) => {
      const text = textOf(value);
      return text === undefined || text.length > fieldCharactersMax ? [] : [[name, text] as const];
    }),
  );
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (typeof value === 'boolean') return value ? '1' : '0';
  return Buffer.isBuffer(value) ? value.toString('utf8') : undefined;
}

/** What the header is held against. */
export interface HeaderContext {
  /** Owner of the queue. */
  readonly sender: string;
  /** Environment of the queue. */
  readonly environment: Environment;
  /** Type and environment as the name of the file says them. */
  readonly named: { readonly type: string; readonly environment: string } | undefined;
  readonly body: Buffer;
  readonly contentEncoding: string | undefined;
  readonly identifies: Identifies;
}

const placeFaults: Readonly<Record<Environment, string>> = { R: '118', T: '119', S: '257' };

/**
 * Holds the header against the published rules (reception codes 108, 117 to 119, 131, 215 to 229,
 * 246, 257 and 258), in the order of the codes' fields. An empty list: nothing is wrong.
 */
export function headerFaults(fields: HeaderFields, context: HeaderContext): HeaderFault[] {
  return [
    ...identificationFaults(fields, context),
    ...environmentFaults(fields, context),
    ...originFaults(fields, context),
    ...fixedFaults(fields),
    ...lengthFaults(fields, context),
    ...formFaults(fields, context),
  ];
}

function identificationFaults(fields: HeaderFields, context: HeaderContext): HeaderFault[] {
  const { named, identifies } = context;
  const text = fields.get('Identification');
  if (text === undefined || !/^[A-Z0-9]{1,7}$/.test(text)) {
    return [fault('131', 'Identification is missing or not one to seven letters and digits')];
  }
  if (named === undefined || named.type === text || identifies(named.type, text)) return [];
  return [fault('258', `Identification ${text} does not go with type ${clipped(named.type)}`)];
}

function environmentFaults(fields: HeaderFields, context: HeaderContext): HeaderFault[] {
  const { environment, named } = context;
  const text = fields.get('Environment') ?? '';
  if (text !== 'R' && text !== 'T' && text !== 'S') {
    return [fault('117', 'Environment is not R, T or S')];
  }
  if (text !== environment) {
    return [fault(placeFaults[text], `Environment ${text} came by the queue of ${environment}`)];
  }
  if (named === undefined || named.environment === text) return [];
  return [fault('258', `Environment ${text}, but the name says ${clipped(named.environment)}`)];
}

function originFaults(fields: HeaderFields, { sender }: HeaderContext): HeaderFault[] {
  const faults: HeaderFault[] = [];
  const web = fields.get('WebChannel') === '1';
  const directory = fields.get('DirectoryEnvironment') ?? '';
  if (!(web ? ['1', '3'] : ['0', '1', '3']).includes(directory)) {
    faults.push(fault('217', 'DirectoryEnvironment is not 0, 1 or 3, or is 0 from the web'));
  }
  const user = fields.get('UserId') ?? '';
  if (!(web ? /^.{1,30}$/ : /^\d{6}$/).test(user)) {
    faults.push(fault('218', 'UserId is not six digits, or up to 30 characters from the web'));
  } else if (!web && user !== sender) {
    faults.push(fault('108', `UserId says ${user}, the queue is that of ${sender}`));
  }
  return faults;
}

type Rule = readonly [code: string, name: string, pattern: RegExp, wanted: string];

const rules: readonly Rule[] = [
  ['215', 'FileReferenceNbr', /^[0-9A-Z]{13}$/, '13 letters and digits'],
  ['216', 'WebChannel', /^[01]$/, '0 or 1'],
  ['219', 'FormReferenceNbr', /^[0-9A-Z]{13}$/, '13 letters and digits'],
  ['220', 'ContentsStatus', /^[03]$/, '0 or 3'],
  ['221', 'SectorPointId', /^[\x20-\x7e]{1,20}$/, '1 to 20 characters'],
  ['222', 'DataFormat', /^[02]$/, '0 or 2'],
  ['224', 'MessageCreationHour', /^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}$/, 'HH:mm:ss.SSS'],
  ['225', 'ErrorId', /^[\x20-\x7e]{0,9}$/, 'at most nine characters, also none'],
  ['226', 'Compressed', /^[01]$/, '0 or 1'],
  ['227', 'LengthNonCompressed', /^\d{1,15}$/, 'a number'],
  ['228', 'LengthCompressed', /^\d{1,15}$/, 'a number'],
];

function fixedFaults(fields: HeaderFields): HeaderFault[] {
  const wrong = rules
    .filter(([, name, pattern]) => !pattern.test(fields.get(name) ?? '\0'))
    .map(([code, name, , wanted]) => fault(code, `${name} is not ${wanted}`));
  if (!isRealDate(fields.get('MessageCreationDate') ?? '')) {
    wrong.push(fault('223', 'MessageCreationDate is not a date YYYY-MM-DD'));
  }
  return wrong.sort((a, b) => a.code.localeCompare(b.code));
}

const zip = Buffer.from('PK');

function lengthFaults(fields: HeaderFields, context: HeaderContext): HeaderFault[] {
  const { body, contentEncoding } = context;
  if (contentEncoding !== undefined && contentEncoding !== '' && contentEncoding !== 'identity') {
    return [fault('229', `content encoding ${clipped(contentEncoding)}`)];
  }
  const size = String(body.length);
  const says = (name: string): boolean => Number(fields.get(name)) === body.length;
  if (fields.get('Compressed') === '1') {
    if (!body.subarray(0, zip.length).equals(zip)) {
      return [fault('229', 'Compressed is 1, but the content is no zip archive')];
    }
    if (says('LengthCompressed')) return [];
    return [fault('228', `LengthCompressed is not the ${size} bytes that came`)];
  }
  if (says('LengthNonCompressed')) return [];
  return [fault('227', `LengthNonCompressed is not the ${size} bytes that came`)];
}

/** Stands in FormReferenceNbr of a message that holds any number of forms. */
export const anyForms = '0'.repeat(13);

/** A message that names one form by its reference holds that form alone. */
function formFaults(fields: HeaderFields, { body }: HeaderContext): HeaderFault[] {
  const reference = fields.get('FormReferenceNbr') ?? anyForms;
  if (reference === anyForms || fields.get('Compressed') === '1') return [];
  const forms = formsUpTo(body, 2);
  return forms < 2 ? [] : [fault('246', 'FormReferenceNbr names one form, the content holds more')];
}

const formStart = /<!--[^]*?-->|<!\[CDATA\[[^]*?\]\]>|<Form[\s/>]/g;

/** How many forms begin in a file, counted no further than `max`. Byte for byte, not parsed. */
function formsUpTo(body: Buffer, max: number): number {
  let count = 0;
  for (const [found] of body.toString('latin1').matchAll(formStart)) {
    if (found.startsWith('<Form')) count += 1;
    if (count >= max) break;
  }
  return count;
}

export function fault(code: string, detail: string): HeaderFault {
  return { code, detail };
}

const clippedCharacters = 40;

/** A value of the sender's own, fit for one line of a journal. */
export function clipped(text: string): string {
  return text.slice(0, clippedCharacters).replace(/[^\x20-\x7e]/g, '?');
}
