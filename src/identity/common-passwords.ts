import { commonWords } from './common-words.ts';

const words: ReadonlySet<string> = new Set(commonWords);

/** Rows, columns and diagonals of keyboards here; walked in either direction, doubled as well. */
const keyboard = [
  '1234567890',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'azertyuiop',
  'qsdfghjklm',
  'wxcvbn',
  'qwertzuiop',
  'yxcvbnm',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm',
  '1qay2wsx3edc4rfv5tgb6zhn7ujm',
  '1aqw2zsx3edc4rfv5tgb6yhn7uj',
  '1q2w3e4r5t6y7u8i9o0p',
  '1a2z3e4r5t6y7u8i9o0p',
  'q1w2e3r4t5y6u7i8o9p0',
  'qazwsxedcrfvtgbyhnujm',
  'aqwzsxedcrfvtgbyhnuj',
  'abcdefghijklmnopqrstuvwxyz',
  'a1b2c3d4e5f6g7h8i9',
  '1a2b3c4d5e6f7g8h9i',
  '147258369',
  '159753',
  '789456123',
  '741852963',
];
const walks = keyboard.flatMap((row) => [row, Array.from(row).reverse().join('')]);

const digitsFor: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '8': 'b',
  '9': 'g',
  '@': 'a',
  $: 's',
  '!': 'i',
  '€': 'e',
  '+': 't',
};

/**
 * Why a password is among the first that are tried, or undefined. Instead of a list this is its
 * generator: a common word, once or more, with figures and signs before and after it and figures
 * that stand for letters in it; a date; a walk over a keyboard; a short piece repeated; a run of
 * characters. These are hundreds of thousands of passwords of every length, in the languages spoken
 * here; what was leaked elsewhere is a list's business. The whole password must be of that kind: a
 * phrase that merely contains such a word is left alone.
 */
export function commonPasswordRule(
  password: string,
  context: readonly string[] = [],
): 'common' | 'repeats' | 'context' | undefined {
  const plain = plainForm(password);
  if (plain === '' || isRepeated(plain) || isRun(plain)) return 'repeats';
  if (isContext(plain, context)) return 'context';
  const known = (core: string): boolean => isWords(core, words) || isWalk(core);
  return isNumeric(plain) || isDecorated(plain, known) ? 'common' : undefined;
}

/** Small letters without accents and blanks. */
export function plainForm(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}+/gu, '')
    .replace(/\s+/gu, '');
}

const unitCharactersMax = 4;

function isRepeated(plain: string): boolean {
  for (let unit = 1; unit <= unitCharactersMax; unit += 1) {
    if (
      plain.length > unit &&
      plain === plain.slice(0, unit).repeat(plain.length).slice(0, plain.length)
    ) {
      return true;
    }
  }
  return false;
}

/** Every character one after, or one before, the last; nine is the step over a zero. */
function isRun(plain: string): boolean {
  const steps = Array.from(
    { length: plain.length - 1 },
    (_, at) => plain.charCodeAt(at + 1) - plain.charCodeAt(at),
  );
  return steps.length > 1 && (steps.every(isUp) || steps.every((step) => isUp(-step)));
}

function isUp(step: number): boolean {
  return step === 1 || step === -9;
}

/** Nothing but figures and signs up to the length of two dates or a telephone number. */
const numericCharactersMax = 16;

function isNumeric(plain: string): boolean {
  return plain.length <= numericCharactersMax && /^[\d\W_]+$/.test(plain) && /\d{6}/.test(plain);
}

/** Whether the core of a password is known: without its figures and signs at either end, or leet read as letters. */
export function isDecorated(plain: string, known: (core: string) => boolean): boolean {
  const bare = plain.replace(/^[\d\W_]+/u, '').replace(/[\d\W_]+$/u, '');
  const cores = [plain, bare, lettersOf(bare), lettersOf(plain), ...leetHeads(plain)];
  return cores.some((core) => core !== '' && known(core.replace(/[\W_]+/gu, '')));
}

function lettersOf(text: string): string {
  return Array.from(text, (one) => digitsFor[one] ?? one).join('');
}

/** `p@ssw0rd2026`: figures at the end are figures, those before are letters. */
function leetHeads(plain: string): string[] {
  const head = plain.replace(/[\d\W_]+$/u, '');
  const start = head.length === 0 ? 0 : head.length;
  return Array.from({ length: Math.min(plain.length - start, 3) }, (_, more) =>
    lettersOf(plain.slice(0, start + more + 1)),
  );
}

const wordsInARowMax = 3;
const wordCharactersMin = 3;

/** One to three of the words written together. */
function isWords(core: string, among: ReadonlySet<string>, left = wordsInARowMax): boolean {
  if (among.has(core)) return true;
  if (left === 1) return false;
  for (let at = wordCharactersMin; at <= core.length - wordCharactersMin; at += 1) {
    if (among.has(core.slice(0, at)) && isWords(core.slice(at), among, left - 1)) return true;
  }
  return false;
}

const walkCharactersMin = 4;

/** One or two walks of at least four keys. */
function isWalk(core: string): boolean {
  const isOne = (piece: string): boolean =>
    piece.length >= walkCharactersMin && walks.some((walk) => walk.includes(piece));
  if (isOne(core)) return true;
  for (let at = walkCharactersMin; at <= core.length - walkCharactersMin; at += 1) {
    if (isOne(core.slice(0, at)) && isOne(core.slice(at))) return true;
  }
  return false;
}

const contextCharactersMin = 3;

/** Names of the person, the enterprise and the product, with little added. */
function isContext(plain: string, context: readonly string[]): boolean {
  const own = ['sluis', ...context]
    .flatMap((text) => [plainForm(text), ...joined(text.split(/[^\p{L}\p{N}]+/u).map(plainForm))])
    .filter((word) => word.length >= contextCharactersMin);
  const named = new Set(own);
  return isDecorated(plain, (core) => isWords(core, named, 4)) || mixed(plain, named);
}

const piecesMax = 8;

/** Pieces of a name, and neighbours of them written together: `de vries` is also `devries`. */
function joined(pieces: readonly string[]): string[] {
  const few = pieces.slice(0, piecesMax);
  return few.flatMap((_, from) =>
    few.slice(from).map((_piece, to) => few.slice(from, from + to + 1).join('')),
  );
}

/** A name of the account together with common words: `peeterswelkom1`. */
function mixed(plain: string, named: ReadonlySet<string>): boolean {
  const own = [...named].find((word) => word.length > contextCharactersMin && plain.includes(word));
  if (own === undefined) return false;
  const both = new Set([...words, ...named]);
  return isDecorated(plain, (core) => isWords(core, both));
}
