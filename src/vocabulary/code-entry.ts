import type { Language } from './language.ts';

/** What a code is about. */
export type CodeGroup =
  | 'name'
  | 'place'
  | 'set'
  | 'size'
  | 'signature'
  | 'xml'
  | 'rights'
  | 'routing'
  | 'data'
  | 'queue'
  | 'bank';

/** The reception checks, in the order in which they are made. */
export type ReceptionCheck = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14;

/** One code of annex 30, with a sentence in every language. */
export interface CodeEntry extends Readonly<Record<Language, string>> {
  readonly group: CodeGroup;
  /** The reception check that gives the code; absent for codes given after or beside those checks. */
  readonly check?: ReceptionCheck;
}
