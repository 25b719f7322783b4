import { refusalOf, type RefusalRule, type RefusedPasswords } from '../refused-passwords.ts';

export const policyNames = ['modern', 'be-ume-legacy'] as const;
export type PolicyName = (typeof policyNames)[number];

/**
 * Readings of "at least two alphanumeric characters (digits, letters, special characters)":
 * R1 two of the allowed characters, which every password has; R2 two of the three classes;
 * R3 two characters that are digits or letters.
 */
export const compositions = ['R1', 'R2', 'R3'] as const;
export type Composition = (typeof compositions)[number];

/** Why a password cannot be taken; texts in `texts.ts`. */
export type PasswordRule =
  | 'too-short'
  | 'too-long'
  | 'space'
  | 'character'
  | 'control-character'
  | 'composition'
  | RefusalRule
  | 'same-as-before';

export interface PasswordFault {
  readonly rule: PasswordRule;
  /** The limit, or the character that may not stand there. */
  readonly fact?: string | number;
}

export interface PasswordPolicy {
  readonly name: PolicyName;
  readonly charactersMin: number;
  /** With less than this a second factor is needed. */
  readonly charactersAlone: number;
  readonly charactersMax: number;
  /** Undefined: any character but control characters. */
  readonly specials?: string;
  readonly composition: Composition;
  /** A password under this policy is never enough by itself. */
  readonly secondFactor: boolean;
  /** Where it falls short of the standards, for those who choose. */
  readonly notes: readonly string[];
}

/** The 24 special characters of the older manual. */
export const legacySpecials = ",;:=?./+*$%><&@#'(!{})-_";

/**
 * `modern` follows NIST SP 800-63B-4 section 3.1.1.2; `be-ume-legacy` is the rule of the older user
 * management of the sector, word for word, which needs a second factor to be acceptable today.
 */
export function passwordPolicy(name: PolicyName, composition: Composition = 'R3'): PasswordPolicy {
  if (name === 'modern') {
    return {
      name,
      ...{ charactersMin: 8, charactersAlone: 15, charactersMax: 128 },
      ...{ composition: 'R1', secondFactor: false, notes: [] },
    };
  }
  return {
    name,
    ...{ charactersMin: 10, charactersAlone: Number.POSITIVE_INFINITY, charactersMax: 15 },
    ...{ specials: legacySpecials, composition, secondFactor: true },
    notes: [
      'NIST SP 800-63B-4 3.1.1.2 (2) and (3), should: length and characters are limited',
      'OWASP ASVS 5.0 6.2.5 and 6.2.9: composition and length are limited',
    ],
  };
}

/** What is compared and hashed: one form for what looks the same. */
export function canonicalPassword(password: string): string {
  return password.normalize('NFC');
}

/** Counted as people do: one for each code point. */
export function charactersOf(password: string): number {
  return Array.from(canonicalPassword(password)).length;
}

/** UTF-16 units that are looked at; nothing beyond is normalised or hashed. */
export const passwordUnitsMax = 1024;

/**
 * The first rule a password breaks, or undefined when it may be used. `alone` asks for the length
 * that needs no second factor; `context` holds what an attacker would try first.
 */
export function passwordFault(
  password: string,
  o: {
    readonly policy: PasswordPolicy;
    readonly context: readonly string[];
    readonly alone: boolean;
    readonly refused: RefusedPasswords;
  },
): PasswordFault | undefined {
  const { policy } = o;
  if (password.length > passwordUnitsMax) return { rule: 'too-long', fact: policy.charactersMax };
  const text = canonicalPassword(password);
  const characters = Array.from(text);
  const asked = o.alone && !policy.secondFactor ? policy.charactersAlone : policy.charactersMin;
  if (characters.length < asked) return { rule: 'too-short', fact: asked };
  if (characters.length > policy.charactersMax) {
    return { rule: 'too-long', fact: policy.charactersMax };
  }
  const rule = refusalOf(text, o);
  return (
    characterFault(characters, policy) ?? compositionFault(characters, policy) ?? (rule && { rule })
  );
}

function characterFault(
  characters: readonly string[],
  { specials }: PasswordPolicy,
): PasswordFault | undefined {
  if (specials === undefined) {
    return characters.some((one) => /\p{Cc}/u.test(one))
      ? { rule: 'control-character' }
      : undefined;
  }
  if (characters.some((one) => /\s/u.test(one))) return { rule: 'space' };
  const foreign = characters.find((one) => !/^[0-9A-Za-z]$/.test(one) && !specials.includes(one));
  if (foreign === undefined) return undefined;
  return /\p{Cc}/u.test(foreign)
    ? { rule: 'control-character' }
    : { rule: 'character', fact: foreign };
}

function compositionFault(
  characters: readonly string[],
  { composition }: PasswordPolicy,
): PasswordFault | undefined {
  const count = (pattern: RegExp): number => characters.filter((one) => pattern.test(one)).length;
  const classes = [/^[0-9]$/, /^[A-Za-z]$/, /^[^0-9A-Za-z]$/];
  const fits: Readonly<Record<Composition, () => boolean>> = {
    R1: () => true,
    R2: () => classes.filter((pattern) => count(pattern) > 0).length >= 2,
    R3: () => count(/^[0-9A-Za-z]$/) >= 2,
  };
  return fits[composition]() ? undefined : { rule: 'composition' };
}
