/**
 * What a technical user's password must be. Length and unlikeliness count, composition does not
 * (NIST SP 800-63B-4 section 3.1.1.2, OWASP ASVS 5.0 section 6.2): spaces and any printable
 * character are allowed. The older rule of the sector, 10 to 15 characters of a short alphabet, fits
 * inside this one.
 */
export const passwordCharactersMin = 10;
export const passwordCharactersMax = 128;

/** Passwords that lists of leaked ones open with, from ten characters up; compared without case. */
const common: ReadonlySet<string> = new Set(
  `1234567890 12345678910 123456789a 0987654321 0123456789 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc
  qwertyuiop qwerty123456 qwerty1234 azertyuiop azerty123456 azerty1234 password123 password1234
  password12 password01 passw0rd123 passw0rd1234 p@ssw0rd123 p@ssword123 motdepasse motdepasse1
  motdepasse123 wachtwoord wachtwoord1 wachtwoord12 wachtwoord123 welkom12345 welkom2026 welcome123
  welcome1234 bienvenue1 bienvenue123 administrator administrateur beheerder1 changeme123 changeme12
  changeit123 letmein1234 letmein123 iloveyou123 iloveyou12 football123 superman123 sunshine123
  princess123 starwars123 dragon12345 monkey12345 trustno1234 whatever123 secret12345 geheim12345
  zaq12wsxcde3 asdfghjkl1 asdfghjklm qsdfghjklm zxcvbnm123 abcdefghij abcdef1234 abc1234567
  aa12345678 a123456789 q123456789 11223344556 1122334455 socialsecurity secretariat secretariaat
  secretariatsocial technicaluser technischegebruiker`.split(/\s+/),
);

/**
 * The sentence that refuses a password, or undefined when it may be used. `context` is what an
 * attacker would try first: user name, sender number, name of the enterprise.
 */
export function passwordProblem(
  password: string,
  context: readonly string[] = [],
): string | undefined {
  const length = Array.from(password.normalize('NFC')).length;
  if (length < passwordCharactersMin) {
    return `the password needs at least ${passwordCharactersMin} characters`;
  }
  if (length > passwordCharactersMax) {
    return `the password may have at most ${passwordCharactersMax} characters`;
  }
  if (/\p{Cc}/u.test(password)) return 'the password holds a control character, such as a tab';
  const plain = password.normalize('NFC').toLowerCase();
  if (common.has(plain)) return 'the password is among the commonest ones';
  if (isRun(plain)) return 'the password repeats or counts';
  return isContext(plain, context)
    ? 'the password is a name of the account with little added'
    : undefined;
}

/** `aaaaaaaaaa`, `ababababab`, `23456789012`: what a short unit or a step of one writes. */
function isRun(plain: string): boolean {
  for (const unit of [1, 2, 3]) {
    if (plain === plain.slice(0, unit).repeat(plain.length).slice(0, plain.length)) return true;
  }
  const steps = Array.from(
    { length: plain.length - 1 },
    (_, at) => plain.charCodeAt(at + 1) - plain.charCodeAt(at),
  );
  // Nine the other way is the step from 9 to 0 on a keyboard.
  const up = steps.every((step) => step === 1 || step === -9);
  return up || steps.every((step) => step === -1 || step === 9);
}

const contextCharactersMin = 4;

/** A known word with only digits and signs around it. */
function isContext(plain: string, context: readonly string[]): boolean {
  const words = ['sluis', ...context]
    .map((word) => word.toLowerCase().replace(/\s+/g, ''))
    .filter((word) => word.length >= contextCharactersMin);
  const bare = plain.replace(/\s+/g, '');
  return words.some((word) => bare.includes(word) && !/\p{L}/u.test(bare.replaceAll(word, '')));
}
