import type { LoginAccount, LoginOutcome, Logins, PublicKey } from '../../src/channels/index.ts';
import type { SenderNumber } from '../../src/vocabulary/index.ts';

/** A register of accounts in memory, with a record of every login it was told of. */
export interface FakeLogins extends Logins {
  readonly accounts: Map<string, LoginAccount>;
  readonly passwords: Map<string, string>;
  readonly notes: readonly LoginOutcome[];
  /** How often a password was compared. */
  readonly comparisons: () => number;
  throttled: boolean;
  offers: boolean;
  /** Thrown by `accountFor`, as when the database is gone. */
  trouble: Error | undefined;
  /** Thrown by `note`. */
  noteTrouble: Error | undefined;
}

export function fakeLogins(): FakeLogins {
  const accounts = new Map<string, LoginAccount>();
  const passwords = new Map<string, string>();
  const notes: LoginOutcome[] = [];
  let comparisons = 0;
  const logins: FakeLogins = {
    ...{ accounts, passwords, notes, throttled: false, offers: false },
    ...{ trouble: undefined, noteTrouble: undefined },
    comparisons: () => comparisons,
    admit: () => Promise.resolve(!logins.throttled),
    accountFor: (username) =>
      logins.trouble === undefined
        ? Promise.resolve(accounts.get(username))
        : Promise.reject(logins.trouble),
    passwordMatches(account, password) {
      comparisons += 1;
      return Promise.resolve(account !== undefined && passwords.get(account.id) === password);
    },
    offersPassword: () => Promise.resolve(logins.offers),
    note(outcome) {
      if (logins.noteTrouble !== undefined) return Promise.reject(logins.noteTrouble);
      notes.push(outcome);
      return Promise.resolve();
    },
  };
  return logins;
}

/** `ssh-ed25519 AAAA… comment` as a key of an account. */
export function publicKeyOf(line: string): PublicKey & { readonly fingerprint: string } {
  const [algorithm = '', blob = ''] = line.trim().split(' ');
  return { algorithm, blob: Buffer.from(blob, 'base64'), fingerprint: 'SHA256:test' };
}

export function anAccount(
  username: string,
  publicKeys: readonly string[],
  over: Partial<LoginAccount> = {},
): LoginAccount {
  return {
    id: `account-${username}`,
    username,
    senderNumber: '123456' as SenderNumber,
    auth: 'publickey',
    allowSshRsa: false,
    blocked: false,
    keys: publicKeys.map(publicKeyOf),
    certificateAuthorities: [],
    revokedSerials: [],
    ...over,
  };
}
