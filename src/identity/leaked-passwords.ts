import { createRequire } from 'node:module';
import type * as Library from '@zxcvbn-ts/language-common';
import { isDecorated, plainForm } from './common-passwords.ts';

/** Shorter ones say nothing of a password that holds them: half of all words are somewhere on the list. */
const coreCharactersMin = 6;

let read: ReadonlySet<string> | undefined;

/**
 * 49,233 passwords that were found in leaks, the commonest first, in small letters. They come with a
 * package and are read when the first password is chosen: most processes never ask.
 */
export function leakedPasswords(): ReadonlySet<string> {
  const load = createRequire(import.meta.url);
  read ??= new Set(
    (load('@zxcvbn-ts/language-common') as typeof Library).dictionary['passwords-common'],
  );
  return read;
}

/**
 * Whether a password was leaked as it is, whatever its capitals, or is such a one of six characters or
 * more with figures and signs before or after it. One that merely contains a leaked one is left alone.
 */
export function isLeaked(password: string): boolean {
  const list = leakedPasswords();
  const isLong = (core: string): boolean => core.length >= coreCharactersMin && list.has(core);
  return list.has(password.toLowerCase()) || isDecorated(plainForm(password), isLong);
}
