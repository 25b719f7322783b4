import { refusalOf, type RefusalRule, type RefusedPasswords } from './refused-passwords.ts';

/**
 * What a technical user's password must be. Length and unlikeliness count, composition does not
 * (NIST SP 800-63B-4 section 3.1.1.2, OWASP ASVS 5.0 section 6.2): spaces and any printable
 * character are allowed. The older rule of the sector, 10 to 15 characters of a short alphabet, fits
 * inside this one.
 */
export const passwordCharactersMin = 10;
export const passwordCharactersMax = 128;

/**
 * The sentence that refuses a password, or undefined when it may be used. `context` is what an
 * attacker would try first: user name, sender number, name of the enterprise.
 */
export function passwordProblem(
  password: string,
  context: readonly string[] = [],
  refused: RefusedPasswords = new Set(),
): string | undefined {
  const length = Array.from(password.normalize('NFC')).length;
  if (length < passwordCharactersMin) {
    return `the password needs at least ${passwordCharactersMin} characters`;
  }
  if (length > passwordCharactersMax) {
    return `the password may have at most ${passwordCharactersMax} characters`;
  }
  if (/\p{Cc}/u.test(password)) return 'the password holds a control character, such as a tab';
  const rule = refusalOf(password, { context, refused });
  return rule && sentences[rule];
}

const sentences: Readonly<Record<RefusalRule, string>> = {
  common: 'the password is among the commonest ones',
  repeats: 'the password repeats or counts',
  context: 'the password is a name of the account with little added',
  leaked: 'the password is on a list of leaked passwords',
};
