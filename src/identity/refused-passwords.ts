import { Failure } from '../vocabulary/index.ts';
import { commonPasswordRule } from './common-passwords.ts';
import { isLeaked } from './leaked-passwords.ts';

/**
 * Passwords that an operator added to those refused anyway, as they are compared: composed, small
 * letters. Whole passwords alone; a phrase that contains one is left alone.
 */
export type RefusedPasswords = ReadonlySet<string>;

const linesMax = 1_000_000;

/**
 * Reads a file of one password a line, as published lists come. Empty lines are passed over.
 *
 * @throws Failure `settings.invalid` when there are more than a million
 */
export function readRefusedPasswords(text: string): RefusedPasswords {
  const refused = new Set<string>();
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\n', at);
    const line = text.slice(at, end < 0 ? text.length : end).replace(/\r$/, '');
    at = end < 0 ? text.length : end + 1;
    if (line === '') continue;
    refused.add(comparable(line));
    if (refused.size > linesMax) {
      throw new Failure('settings.invalid', {
        why: `the list of refused passwords has more than ${linesMax} lines`,
      });
    }
  }
  return refused;
}

function comparable(password: string): string {
  return password.normalize('NFC').toLowerCase();
}

/** What makes a password one of those that are tried first. */
export type RefusalRule = 'common' | 'repeats' | 'context' | 'leaked';

/**
 * Why a password is among those tried first, or undefined: the one judgement for people and for
 * technical users. `context` is what an attacker would try of this account: names, numbers, the
 * enterprise.
 */
export function refusalOf(
  password: string,
  o: { readonly context: readonly string[]; readonly refused: RefusedPasswords },
): RefusalRule | undefined {
  const rule = commonPasswordRule(password, o.context);
  if (rule !== undefined) return rule;
  return o.refused.has(comparable(password)) || isLeaked(password) ? 'leaked' : undefined;
}
