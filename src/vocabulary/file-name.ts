/** R production, T circuit test, S declaration test or simulation. */
export type Environment = 'R' | 'T' | 'S';

export type InDirectory = 'IN' | 'INTEST' | 'INTEST-S';
export type OutDirectory = 'OUT' | 'OUTTEST' | 'OUTTEST-S';

export const inDirectories: Readonly<Record<Environment, InDirectory>> = {
  R: 'IN',
  T: 'INTEST',
  S: 'INTEST-S',
};

export const outDirectories: Readonly<Record<Environment, OutDirectory>> = {
  R: 'OUT',
  T: 'OUTTEST',
  S: 'OUTTEST-S',
};

/** FI declarations, FS signature, GO starts, TD cancels; FO and CO (zipped) are answers. */
export type Prefix = 'FI' | 'FS' | 'GO' | 'TD';

/**
 * A name cut at its dots, judged by nobody yet: `FI.DMFA.006400.20020423.00001.R.4.1`, or the older
 * layout without parts. GO and TD carry only the number of parts.
 */
export interface NameElements {
  readonly prefix: string;
  readonly type: string;
  readonly sender: string;
  readonly date: string;
  readonly sequence: string;
  readonly environment: string;
  readonly parts: string | undefined;
  readonly part: string | undefined;
}

const elementsMin = 6;

/** Cuts a name at its dots. Undefined when it has too few or too many elements for its prefix. */
export function elementsOf(name: string): NameElements | undefined {
  const pieces = name.split('.');
  const [prefix = '', type = '', sender = '', date = '', sequence = '', environment = ''] = pieces;
  const partial = prefix === 'FI' || prefix === 'FS';
  const allowed = partial ? [elementsMin, elementsMin + 2] : [elementsMin, elementsMin + 1];
  if (!allowed.includes(pieces.length)) return undefined;
  return { prefix, type, sender, date, sequence, environment, parts: pieces[6], part: pieces[7] };
}

/** What the files of one set have in common: everything between prefix and parts. */
export function setKeyOf(elements: NameElements): string {
  const { type, sender, date, sequence, environment } = elements;
  return [type, sender, date, sequence, environment].join('.');
}

export interface SetName {
  readonly type: string;
  readonly sender: string;
  readonly date: string;
  readonly sequence: string;
  readonly environment: Environment;
  /** Number of parts, or undefined for the layout without parts (which is one part). */
  readonly parts: number | undefined;
}

/** Writes the name of one file of a set. GO and TD take no `part`. */
export function fileName(prefix: Prefix, set: SetName, part = 1): string {
  const base = [prefix, set.type, set.sender, set.date, set.sequence, set.environment].join('.');
  if (set.parts === undefined) return base;
  const whole = `${base}.${String(set.parts)}`;
  return prefix === 'GO' || prefix === 'TD' ? whole : `${whole}.${String(part)}`;
}

const sequenceDigitsMax = 99_999;
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/**
 * The n-th sequence of a day, n from 1: digits first, then names with a letter in ascending order,
 * so that 60,466,175 names fit a day.
 */
export function sequenceOf(n: number): string {
  if (n <= sequenceDigitsMax) return String(n).padStart(5, '0');
  let rest = n - sequenceDigitsMax;
  // Names that contain at least one letter, ordered by where their first letter stands from the
  // right: "0000A".."9999Z", then "000AA".."999ZZ" and so on.
  for (let letters = 1; letters <= 5; letters += 1) {
    const digitsWidth = 5 - letters;
    const count = 10 ** digitsWidth * 26 * 36 ** (letters - 1);
    if (rest <= count) return compose(rest - 1, digitsWidth, letters);
    rest -= count;
  }
  throw new RangeError('the sequences of this day are used up');
}

function compose(index: number, digitsWidth: number, letters: number): string {
  const tails = 36 ** (letters - 1);
  const tail = index % tails;
  const lead = Math.floor(index / tails) % 26;
  const digits = Math.floor(index / tails / 26);
  const tailText = letters === 1 ? '' : base36(tail, letters - 1);
  const digitsText = digitsWidth === 0 ? '' : String(digits).padStart(digitsWidth, '0');
  return `${digitsText}${alphabet.charAt(10 + lead)}${tailText}`;
}

function base36(value: number, width: number): string {
  return value.toString(36).toUpperCase().padStart(width, '0');
}

/**
 * Names that clients give to a file still under way (lftp, rclone, WinSCP, Net::SFTP): such a file
 * is no part of a set until it is renamed.
 */
export function isTemporaryName(name: string): boolean {
  return /^\.|\.(?:tmp|part|filepart|partial)$|\(\d+\)\.tmp$/i.test(name);
}

const nameCharactersMax = 128;

/** A name sluis is willing to store: flat, printable, no path, no dot-dot. */
export function isStorableName(name: string): boolean {
  if (name.length === 0 || name.length > nameCharactersMax) return false;
  if (name === '.' || name === '..') return false;
  // eslint-disable-next-line no-control-regex -- control characters are exactly what is refused here
  return !/[/\\\u0000-\u001f\u007f]/.test(name);
}
