import { openApiTokens, type ApiTokens } from './api-tokens.ts';
import { openCases, type Cases } from './cases.ts';
import { openEmailChange, type EmailChange } from './email-change.ts';
import { openFactors, type Factors } from './factors.ts';
import { openPasswords, type Passwords } from './passwords.ts';
import { openPersonCertificates, type PersonCertificates } from './person-certificates.ts';
import { openRecovery, type Recovery } from './recovery.ts';
import { openSessions, type Sessions } from './sessions.ts';
import { openSignIn, type SignIn } from './sign-in.ts';
import type { SignInTools } from './tools.ts';

/** How persons come in, and what they come in with. */
export interface SigningIn {
  readonly signIn: SignIn;
  readonly sessions: Sessions;
  readonly tokens: ApiTokens;
  readonly passwords: Passwords;
  readonly factors: Factors;
  readonly personCertificates: PersonCertificates;
  readonly recovery: Recovery;
  readonly cases: Cases;
  readonly emailChange: EmailChange;
}

export function openSigningIn(given: Omit<SignInTools, 'decoy'>): SigningIn {
  let decoy: Promise<string> | undefined;
  const tools: SignInTools = {
    ...given,
    decoy: () => (decoy ??= given.hash.make('\u0000 no password matches this')),
  };
  return {
    signIn: openSignIn(tools),
    sessions: openSessions(tools),
    tokens: openApiTokens(tools),
    passwords: openPasswords(tools),
    factors: openFactors(tools),
    personCertificates: openPersonCertificates(tools),
    recovery: openRecovery(tools),
    cases: openCases(tools),
    emailChange: openEmailChange(tools),
  };
}
