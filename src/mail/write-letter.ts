import { Failure, type Language } from '../vocabulary/index.ts';
import {
  letterFields,
  type LetterName,
  type LetterText,
  type LetterTexts,
} from './letter-names.ts';
import { de } from './letters/de.ts';
import { en } from './letters/en.ts';
import { fr } from './letters/fr.ts';
import { nl } from './letters/nl.ts';

export const letterTexts: Readonly<Record<Language, LetterTexts>> = { nl, fr, de, en };

const valueCharactersMax = 500;
const subjectCharactersMax = 200;
const recipientCharactersMax = 254;

/**
 * A letter with its places filled in. Values come from people: no control character of theirs gets
 * into a line, and what looks like a place in a value stays as it is.
 *
 * @throws Failure `mail.refused` for a place without a value
 */
export function writeLetter(
  template: LetterName,
  language: Language,
  data: Readonly<Record<string, string>>,
): LetterText {
  const { subject, body } = letterTexts[language][template];
  const known: readonly string[] = letterFields[template];
  const fill = (text: string): string =>
    text.replace(/\{(\w+)\}/g, (_, place: string) => {
      const value = data[place];
      if (value === undefined || !known.includes(place)) {
        throw new Failure('mail.refused', { template, place });
      }
      return value.replace(/\p{C}+/gu, ' ').slice(0, valueCharactersMax);
    });
  return {
    subject: fill(subject).replace(/\s+/g, ' ').slice(0, subjectCharactersMax),
    body: `${fill(body).replace(/[ ]+$/gm, '')}\n`,
  };
}

/**
 * One bare address: nothing that could start another header, name a second recipient or reach a
 * command of the protocol.
 *
 * @throws Failure `mail.refused`
 */
export function requireRecipient(to: string): string {
  const bare = /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*$/.test(to);
  if (bare && to.length <= recipientCharactersMax) return to;
  throw new Failure('mail.refused', { why: 'the recipient is no e-mail address' });
}
