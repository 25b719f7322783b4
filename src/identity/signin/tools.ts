import type { Clock, Insz, Language } from '../../vocabulary/index.ts';
import type { LoginThrottle } from '../login-throttle.ts';
import type { Caller } from '../people/caller.ts';
import type { RefusedPasswords } from '../refused-passwords.ts';
import type { Trust } from '../trust.ts';
import type { PasswordPolicy } from './password-policies.ts';
import type {
  Letters,
  SealedBox,
  SecretHash,
  SignInAudit,
  SignInGate,
  SignInPerson,
  SignInStore,
} from './ports.ts';

/** What the operator decided about signing in. */
export interface SignInRules {
  /** The policy of people of enterprises, and of the help desk and operators. */
  readonly policies: { readonly enterprise: PasswordPolicy; readonly staff: PasswordPolicy };
  /** Whether a password alone may do, where its policy allows that at all. */
  readonly secondFactor: 'mandatory' | 'optional';
  /** Whether a certificate opens the door by itself, as a card with a PIN may, or with the password. */
  readonly certificateLogin: 'alone' | 'with-password';
  readonly idleMs: number;
  readonly absoluteMs: number;
  /** As authenticator apps name this installation. */
  readonly issuer: string;
  /** Where letters point to; without it they name no address. */
  readonly portalUrl?: string;
  /** Hears of cases that run late. */
  readonly helpDeskEmail?: string;
  /** The language of letters to the help desk as a whole. */
  readonly helpDeskLanguage: Language;
}

/** What every part of signing in works with. */
export interface SignInTools {
  readonly store: SignInStore;
  readonly clock: Clock;
  readonly hash: SecretHash;
  readonly box: SealedBox;
  /** What the operator refuses beside what is refused anyway. */
  readonly refused: RefusedPasswords;
  readonly throttle: LoginThrottle;
  readonly audit: SignInAudit;
  readonly gate: SignInGate;
  readonly letters: Letters;
  readonly rules: SignInRules;
  readonly trust: Pick<Trust, 'trustList' | 'list'>;
  /** The keyed hash under which a national number is found. */
  readonly inszHash: (insz: Insz) => Buffer;
  /** A hash to work on when there is none, so that unknown accounts cost the same. */
  readonly decoy: () => Promise<string>;
}

/** Where a request came from. */
export interface Origin {
  readonly source: string;
  readonly userAgent?: string;
}

/** The person as the audit trail names him while he has no role. */
export function personAsCaller(person: SignInPerson, source: string): Caller {
  const { username: name, id: personId, language } = person;
  return { name, role: 'person', personId, source, language };
}

/** Somebody at the door whom we do not know. */
export function nobodyAt(source: string): Caller {
  return { name: 'unknown', role: 'person', source, language: 'en' };
}

export const systemCaller: Caller = {
  name: 'system',
  role: 'system',
  source: 'system',
  language: 'en',
};
