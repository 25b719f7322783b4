import type { CodeEntry } from './code-entry.ts';
import { contentCodes } from './content-codes.ts';
import type { Language } from './language.ts';
import { queueCodes } from './queue-codes.ts';
import { setCodes } from './set-codes.ts';

/**
 * Every code of annex 30 that sluis may put in an answer: in a receipt as `ACRF-nnn`, in a
 * notification behind the zone. The numbers are the annex's, the sentences are sluis's own.
 * `docs/codes.md` lists them for people.
 */
export const annexCodes = {
  ...setCodes,
  ...contentCodes,
  ...queueCodes,
} as const satisfies Record<string, CodeEntry>;

export type AnnexCode = keyof typeof annexCodes;

export function isAnnexCode(text: string): text is AnnexCode {
  return Object.hasOwn(annexCodes, text);
}

/** All codes, in ascending order. */
export const annexCodeList: readonly AnnexCode[] = Object.keys(annexCodes)
  .filter(isAnnexCode)
  .sort();

/** What the catalogue knows of a code; undefined for a code that is not in it. */
export function entryOf(code: string): CodeEntry | undefined {
  return isAnnexCode(code) ? annexCodes[code] : undefined;
}

/** The sentence for a code. A code outside the catalogue, e.g. of an older row, stands for itself. */
export function labelOf(code: string, language: Language): string {
  return entryOf(code)?.[language] ?? code;
}
