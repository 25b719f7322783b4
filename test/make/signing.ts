import { passwordPolicy, type SignInRules } from '../../src/identity/index.ts';
import { signInStore, type Knex } from '../../src/storage/index.ts';
import type { Letters, SecretHash, SignInStore } from '../../src/identity/index.ts';

export const testRules: SignInRules = {
  helpDeskLanguage: 'fr',
  policies: { enterprise: passwordPolicy('modern'), staff: passwordPolicy('modern') },
  secondFactor: 'optional',
  certificateLogin: 'alone',
  idleMs: 30 * 60_000,
  absoluteMs: 12 * 3_600_000,
  issuer: 'sluis test',
  portalUrl: 'https://portal.example',
  helpDeskEmail: 'helpdesk@example.org',
};

/** What `openIdentity` asks for persons, for tests that are about something else. */
export function testSigning(knex: Knex): {
  readonly store: SignInStore;
  readonly letters: Letters;
  readonly rules: SignInRules;
} {
  return {
    store: signInStore(knex),
    letters: { send: () => Promise.resolve() },
    rules: testRules,
  };
}

/** A hash that costs nothing and counts. `weak:` marks one made with old parameters. */
export function countingSecretHash(): SecretHash & { readonly calls: string[] } {
  const calls: string[] = [];
  return {
    calls,
    make: (password) => Promise.resolve(`plain:${password}`),
    matches: (phc, password) => {
      calls.push(password);
      return Promise.resolve(phc === `plain:${password}` || phc === `weak:${password}`);
    },
    outdated: (phc) => phc.startsWith('weak:'),
  };
}
