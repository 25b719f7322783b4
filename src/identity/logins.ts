import { loginThrottle } from './login-throttle.ts';
import { passwordCharactersMax } from './password-policy.ts';
import { sourceOf } from './source.ts';
import { canonicalUsername, typedUsername } from './technical-user-name.ts';
import { keyPoints, passwordPoints } from './throttle.ts';
import type { ChannelName } from './channels/ports.ts';
import type { Clock, SenderNumber } from '../vocabulary/index.ts';
import type {
  Auth,
  IdentityJournal,
  PasswordHash,
  RegistrationStore,
  ThrottleRow,
} from './ports.ts';

export type LoginReason =
  | 'ok'
  | 'unknown-account'
  | 'blocked'
  | 'wrong-key'
  | 'bad-signature'
  | 'sha1-refused'
  | 'wrong-password'
  | 'method-not-allowed'
  | 'throttled'
  | 'certificate-refused'
  | 'too-many-attempts'
  | 'grace-expired';

export interface LoginAccount {
  readonly id: string;
  readonly username: string;
  readonly senderNumber: SenderNumber;
  readonly auth: Auth;
  readonly allowSshRsa: boolean;
  /** The technical user is blocked, or its sender or the channel suspended. */
  readonly blocked: boolean;
  readonly keys: readonly {
    readonly algorithm: string;
    readonly blob: Buffer;
    readonly fingerprint: string;
  }[];
  readonly certificateAuthorities: readonly { readonly algorithm: string; readonly blob: Buffer }[];
  readonly revokedSerials: readonly bigint[];
}

/** What a channel asks while somebody logs in. Known and unknown accounts cost the same. */
export interface Logins {
  /**
   * Whether this attempt may be heard at all. Asked at the start of a connection's login without
   * `method`, and again with `method: 'password'` before a password that no key preceded is tried.
   */
  admit(o: {
    readonly username: string;
    readonly source: string;
    readonly method?: string;
  }): Promise<boolean>;
  accountFor(username: string): Promise<LoginAccount | undefined>;
  /** False for unknown and blocked accounts and those without a password, after the same work. */
  passwordMatches(account: LoginAccount | undefined, password: string): Promise<boolean>;
  /** Whether any account may log in by a password alone: what clients are offered, known or not. */
  offersPassword(): Promise<boolean>;
  note(o: {
    readonly username: string;
    readonly source: string;
    readonly outcome: 'accepted' | 'refused';
    readonly reason: LoginReason;
    readonly method: string;
  }): Promise<void>;
  /** Locks in force, for operators. */
  locks(max: number): Promise<readonly ThrottleRow[]>;
  /** Ends the locks of an account by hand; gives how many were in force. */
  release(o: { readonly username: string; readonly by: string }): Promise<number>;
  /** To be called every minute or so by one node; gives how many rows were forgotten. */
  sweep(): Promise<number>;
}

interface Tools {
  readonly store: RegistrationStore;
  readonly journal: IdentityJournal;
  readonly clock: Clock;
  readonly hash: PasswordHash;
  /** A channel that is suspended hears no login, whatever the account. */
  readonly channel: ChannelName;
}

export function openLogins(tools: Tools): Logins {
  const throttle = loginThrottle({ ...tools, store: tools.store.throttle });
  const decoy = decoyOf(tools.hash);
  return {
    admit: ({ username, source, method }) =>
      throttle.admits({
        ...attemptOf(username, source),
        passwordAlone: method !== undefined && isPasswordAlone(method),
      }),
    accountFor: (username) => accountFor(tools, username),
    offersPassword: () => tools.store.technicalUsers.anyByPassword(),
    async passwordMatches(account, password) {
      const stored = await tools.store.technicalUsers.passwordHash(account?.id ?? nobody);
      const usable = account !== undefined && !account.blocked && stored !== undefined;
      const tooLong = password.length > passwordCharactersMax * unitsPerCharacter;
      const tried = tooLong ? '' : password.normalize('NFC');
      const phc = usable ? stored : await decoy();
      const matches = await tools.hash.matches(phc, tried);
      return matches && usable && !tooLong;
    },
    async note(o) {
      const attempt = attemptOf(o.username, o.source);
      if (o.outcome === 'accepted') await throttle.reward(attempt);
      const points = o.outcome === 'accepted' ? 0 : pointsOf(o.reason, o.method);
      if (points > 0) {
        await throttle.punish({
          ...attempt,
          points,
          passwordAlone: isPasswordAlone(o.method),
          accountExists: o.reason !== 'unknown-account',
        });
      }
      await recordLogin(tools.journal, o);
    },
    locks: (max) => throttle.locks(max),
    release: ({ username, by }) =>
      throttle.release({ username: canonicalUsername(username) ?? username, by }),
    sweep: () => throttle.sweep(),
  };
}

const nobody = '00000000-0000-0000-0000-000000000000';
/** A character is at most two UTF-16 units, and a composed one at most four before composition. */
const unitsPerCharacter = 4;

function attemptOf(
  username: string,
  source: string,
): { readonly username: string; readonly source: string } {
  return { username: typedUsername(username), source: sourceOf(source) };
}

/** A hash to verify against when there is none: made once, of nothing that anybody could type. */
function decoyOf(hash: PasswordHash): () => Promise<string> {
  let made: Promise<string> | undefined;
  return () => (made ??= hash.make('\u0000 no password matches this'));
}

/** A password that no proven key came before: what can be guessed from anywhere. */
function isPasswordAlone(method: string): boolean {
  return method === 'password' || method === 'keyboard-interactive';
}

/**
 * What a refusal says about guessing. Nothing for a connection that only knocked, for one that was
 * not heard, and for a right key with an old algorithm. The reasons that depend on the account weigh
 * what the method weighs, so that the throttle does not tell which accounts exist.
 */
function pointsOf(reason: LoginReason, method: string): number {
  switch (reason) {
    case 'ok':
    case 'throttled':
    case 'grace-expired':
    case 'sha1-refused':
      return 0;
    case 'unknown-account':
    case 'blocked':
    case 'wrong-key':
    case 'bad-signature':
    case 'wrong-password':
    case 'method-not-allowed':
    case 'certificate-refused':
    case 'too-many-attempts':
      if (method.endsWith('password') || isPasswordAlone(method)) return passwordPoints;
      return method === 'none' ? 0 : keyPoints;
  }
}

async function accountFor(tools: Tools, text: string): Promise<LoginAccount | undefined> {
  const username = canonicalUsername(text);
  if (username === undefined) return undefined;
  const users = tools.store.technicalUsers;
  const login = await users.login(username, tools.channel);
  // Asked for nobody as well: a query less would tell that the account does not exist.
  const credentials = await users.credentialsAt(login?.user.id ?? nobody, tools.clock.now());
  if (login === undefined) return undefined;
  const { user, senderActive } = login;
  return {
    id: user.id,
    username: user.username,
    senderNumber: user.sender,
    auth: user.auth,
    allowSshRsa: user.allowSshRsa,
    blocked: user.state === 'blocked' || !senderActive,
    keys: credentials.filter(({ kind }) => kind !== 'ssh-ca'),
    certificateAuthorities: credentials.filter(({ kind }) => kind === 'ssh-ca'),
    revokedSerials: user.revokedSerials,
  };
}

/**
 * One line a login. Attempts refused unheard are counted on the lock instead, and the name typed for
 * an account that does not exist is only hinted at: it may be a password in the wrong field.
 */
async function recordLogin(
  journal: IdentityJournal,
  o: Parameters<Logins['note']>[0],
): Promise<void> {
  if (o.reason === 'throttled') return;
  const unknown = o.reason === 'unknown-account';
  const username = canonicalUsername(o.username) ?? '';
  await journal.record({
    level: levelOf(o.outcome, o.reason),
    code: `identity.login-${o.outcome}`,
    source: o.source,
    ...(unknown || username === '' ? {} : { username }),
    facts: {
      reason: o.reason,
      method: o.method,
      ...(unknown ? { attempted: hintOf(o.username) } : {}),
    },
  });
}

function levelOf(outcome: 'accepted' | 'refused', reason: LoginReason): 'debug' | 'info' | 'warn' {
  // Monitors knock without a word, and clients offer every key they hold: neither is trouble.
  if (reason === 'grace-expired') return 'debug';
  return outcome === 'accepted' || reason === 'wrong-key' ? 'info' : 'warn';
}

const hintCharacters = 3;

function hintOf(username: string): string {
  const start = username.slice(0, hintCharacters).replace(/[^\w.@-]/g, '?');
  return `${start}… (${username.length} characters)`;
}
