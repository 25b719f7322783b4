import { randomUUID } from 'node:crypto';
import { Failure } from '../vocabulary/index.ts';
import type { Clock } from '../vocabulary/index.ts';
import { certificateRows, leafCertificates } from './certificates.ts';
import { passwordProblem } from './password-policy.ts';
import type { RefusedPasswords } from './refused-passwords.ts';
import { senderNumber } from './senders.ts';
import { readSshKeyFile } from './ssh-key-file.ts';
import { canonicalUsername } from './technical-user-name.ts';
import { oneLine } from './text.ts';
import type { CertificateRows } from './certificates.ts';
import type { Logins } from './logins.ts';
import type {
  Auth,
  CredentialRecord,
  IdentityJournal,
  PasswordHash,
  RegistrationStore,
  TechnicalUserRecord,
  TechnicalUserState,
} from './ports.ts';

/** Files as the operator hands them in; several of a kind are allowed. */
export interface CredentialFiles {
  readonly sshKeys?: readonly Buffer[];
  readonly sshAuthorities?: readonly Buffer[];
}

/** A sender's logins. They open channels, never the portal. */
export interface TechnicalUsers {
  /**
   * Registers a login with its keys, certificates and password, all or nothing. Without `auth` it is
   * what the credentials allow: a password and a key are then both asked for.
   *
   * @throws Failure `registration.invalid`, `registration.exists` (a removed name too),
   * `registration.unknown` (the sender), `seal.unreadable` (a certificate file)
   */
  register(
    o: CredentialFiles & {
      readonly username: string;
      readonly sender: string;
      readonly auth?: string;
      readonly allowSshRsa?: boolean;
      readonly password?: string;
      readonly certificates?: readonly Buffer[];
      readonly by: string;
    },
  ): Promise<RegisteredUser>;
  addKeys(
    o: CredentialFiles & { readonly username: string; readonly by: string },
  ): Promise<readonly CredentialRecord[]>;
  retireKey(o: UserAct & { readonly fingerprint: string }): Promise<void>;
  setPassword(o: UserAct & { readonly password: string }): Promise<void>;
  /** Certificates of the user's SSH authorities with this serial are refused from now on. */
  revokeSerial(o: UserAct & { readonly serial: bigint }): Promise<void>;
  /** No login any more until unblocked. */
  block(o: UserAct): Promise<void>;
  unblock(o: UserAct): Promise<void>;
  /** For good: keys and certificates retire, the name is never given out again. */
  remove(o: UserAct): Promise<void>;
  find(username: string): Promise<TechnicalUserRecord | undefined>;
  /** @throws Failure `registration.unknown` */
  show(username: string): Promise<TechnicalUserRecord>;
  keysOf(user: TechnicalUserRecord): Promise<readonly CredentialRecord[]>;
  list(o: {
    readonly sender?: string;
    readonly after?: string;
    readonly max: number;
  }): Promise<readonly TechnicalUserRecord[]>;
}

export interface UserAct {
  readonly username: string;
  readonly by: string;
}

export interface RegisteredUser extends CertificateRows {
  readonly user: TechnicalUserRecord;
}

interface Tools {
  readonly store: RegistrationStore;
  readonly journal: IdentityJournal;
  readonly clock: Clock;
  readonly hash: PasswordHash;
  readonly refused: RefusedPasswords;
  /** An account unblocked starts without the locks it gathered. */
  readonly logins: Pick<Logins, 'release'>;
}

export function openTechnicalUsers(tools: Tools): TechnicalUsers {
  const users = tools.store.technicalUsers;
  return {
    register: (wish) => register(tools, wish),
    addKeys: (wish) => addKeys(tools, wish),
    async retireKey({ username, fingerprint, by }) {
      const user = await present(tools, username);
      const at = tools.clock.now();
      const done = await users.retireCredential({ technicalUserId: user.id, fingerprint, at });
      if (!done) throw new Failure('registration.unknown', { what: 'key', fingerprint });
      await act(tools, { code: 'identity.key-retired', user, by, facts: { fingerprint } });
    },
    async setPassword({ username, password, by }) {
      const user = await present(tools, username);
      const hash = await hashed(tools, password, user);
      await users.setPassword({ id: user.id, hash, at: tools.clock.now() });
      await act(tools, { code: 'identity.password-set', user, by });
    },
    async revokeSerial({ username, serial, by }) {
      const user = await present(tools, username);
      if (serial < 0n || serial >= 2n ** 64n) {
        throw invalid('serial', 'an SSH certificate serial is below 2^64');
      }
      const done = await users.revokeSerial({ id: user.id, serial, at: tools.clock.now() });
      if (!done) throw new Failure('registration.exists', { what: 'revoked serial' });
      const facts = { serial: String(serial) };
      await act(tools, { code: 'identity.serial-revoked', user, by, facts });
    },
    block: (o) => changeState(tools, o, { from: ['active'], to: 'blocked' }),
    unblock: (o) => unblock(tools, o),
    remove: (o) => changeState(tools, o, { from: ['active', 'blocked'], to: 'removed' }),
    find: (username) => findUser(tools, username),
    show: (username) => present(tools, username),
    keysOf: (user) => users.credentialsAt(user.id, tools.clock.now()),
    list: (page) => users.list(page),
  };
}

async function register(
  tools: Tools,
  wish: Parameters<TechnicalUsers['register']>[0],
): Promise<RegisteredUser> {
  const now = tools.clock.now();
  const id = randomUUID();
  const sender = senderNumber(wish.sender);
  const rows = certificateRows({
    certificates: leafCertificates(wish.certificates ?? [], now),
    technicalUserId: id,
    now,
  });
  const credentials = [...keyRows(wish, id, now), ...rows.credentials];
  const hasPassword = wish.password !== undefined;
  const user: TechnicalUserRecord = {
    id,
    username: usernameOf(wish.username),
    sender,
    auth: authOf(wish.auth, { hasPassword, hasKeys: credentials.length > 0 }),
    allowSshRsa: wish.allowSshRsa ?? false,
    state: 'active',
    hasPassword,
    revokedSerials: [],
    createdAt: now,
  };
  const passwordHash =
    wish.password === undefined ? {} : { passwordHash: await hashed(tools, wish.password, user) };
  const outcome = await tools.store.technicalUsers.insert({
    user,
    ...passwordHash,
    credentials,
    certificates: rows.certificates,
  });
  if (outcome !== 'done') throw refusal(outcome, user);
  const facts = { auth: user.auth, keys: credentials.length, allowSshRsa: user.allowSshRsa };
  await act(tools, { code: 'identity.technical-user-registered', user, by: wish.by, facts });
  return { user, certificates: rows.certificates, credentials };
}

async function addKeys(
  tools: Tools,
  wish: Parameters<TechnicalUsers['addKeys']>[0],
): Promise<readonly CredentialRecord[]> {
  const user = await present(tools, wish.username);
  const rows = keyRows(wish, user.id, tools.clock.now());
  if (rows.length === 0) throw invalid('key', 'name at least one file that holds a public key');
  if ((await tools.store.technicalUsers.addCredentials(rows)) === 'exists') {
    throw new Failure('registration.exists', { what: 'key', username: user.username });
  }
  for (const { kind, fingerprint } of rows) {
    await act(tools, {
      code: 'identity.key-added',
      user,
      by: wish.by,
      facts: { kind, fingerprint },
    });
  }
  return rows;
}

async function changeState(
  tools: Tools,
  who: UserAct,
  change: { readonly from: readonly TechnicalUserState[]; readonly to: TechnicalUserState },
): Promise<void> {
  const user = await present(tools, who.username);
  const at = tools.clock.now();
  const done = await tools.store.technicalUsers.changeState({ id: user.id, ...change, at });
  if (!done) {
    throw new Failure('registration.exists', {
      what: 'technical user',
      username: user.username,
      why: `the technical user is ${change.to} already`,
    });
  }
  const verb = { active: 'unblocked', blocked: 'blocked', removed: 'removed' }[change.to];
  await act(tools, { code: `identity.technical-user-${verb}`, user, by: who.by });
}

/** Somebody locked out by wrong guesses but never blocked is let in again too. */
async function unblock(tools: Tools, o: UserAct): Promise<void> {
  const released = await tools.logins.release(o);
  const { state } = await present(tools, o.username);
  if (released === 0 || state === 'blocked') {
    await changeState(tools, o, { from: ['blocked'], to: 'active' });
  }
}

/** @throws Failure `registration.unknown`, also for a removed user */
async function present(tools: Tools, username: string): Promise<TechnicalUserRecord> {
  const user = await findUser(tools, username);
  if (user !== undefined && user.state !== 'removed') return user;
  throw new Failure('registration.unknown', {
    what: 'technical user',
    username: oneLine(username),
  });
}

async function findUser(tools: Tools, text: string): Promise<TechnicalUserRecord | undefined> {
  const username = canonicalUsername(text);
  return username === undefined ? undefined : tools.store.technicalUsers.find(username);
}

async function act(
  tools: Tools,
  o: {
    readonly code: string;
    readonly user: TechnicalUserRecord;
    readonly by: string;
    readonly facts?: Readonly<Record<string, string | number | boolean>>;
  },
): Promise<void> {
  await tools.journal.record({
    level: 'info',
    code: o.code,
    sender: o.user.sender,
    username: o.user.username,
    facts: { operator: o.by, ...o.facts },
  });
}

function refusal(
  outcome: 'exists' | 'sender-unknown' | 'certificate-taken',
  user: TechnicalUserRecord,
): Failure {
  switch (outcome) {
    case 'exists':
      return new Failure('registration.exists', {
        what: 'technical user',
        username: user.username,
        why: 'the name is in use, or was before it was removed',
      });
    case 'sender-unknown':
      return new Failure('registration.unknown', { what: 'sender number', sender: user.sender });
    case 'certificate-taken':
      return new Failure('registration.exists', {
        what: 'certificate',
        why: 'the certificate belongs to another technical user',
      });
  }
}

function invalid(what: string, why: string): Failure {
  return new Failure('registration.invalid', { what, why });
}

function usernameOf(text: string): string {
  const username = canonicalUsername(text);
  if (username !== undefined) return username;
  throw new Failure('registration.invalid', {
    what: 'user name',
    value: oneLine(text),
    why: '8 to 30 letters a-z and digits are expected',
  });
}

function isAuth(text: string): text is Auth {
  return ['publickey', 'publickey+password', 'password'].includes(text);
}

function authOf(
  wish: string | undefined,
  has: { readonly hasPassword: boolean; readonly hasKeys: boolean },
): Auth {
  if (wish === undefined) {
    if (!has.hasPassword) return 'publickey';
    return has.hasKeys ? 'publickey+password' : 'password';
  }
  if (!isAuth(wish)) {
    throw invalid('auth', 'publickey, publickey+password and password are possible');
  }
  if (wish !== 'publickey' && !has.hasPassword) {
    throw invalid('auth', `${wish} needs a password: give it with --password-stdin`);
  }
  if (wish === 'publickey' && has.hasPassword) {
    throw invalid('auth', 'a password is of no use to a login by key alone');
  }
  return wish;
}

function keyRows(files: CredentialFiles, technicalUserId: string, now: Date): CredentialRecord[] {
  const rows = (kind: 'ssh-key' | 'ssh-ca', bytes: Buffer): CredentialRecord[] =>
    readSshKeyFile(bytes).map(({ algorithm, blob, fingerprint, comment }) => ({
      id: randomUUID(),
      technicalUserId,
      kind,
      algorithm,
      blob,
      fingerprint,
      comment,
      addedAt: now,
    }));
  const all = [
    ...(files.sshKeys ?? []).flatMap((bytes) => rows('ssh-key', bytes)),
    ...(files.sshAuthorities ?? []).flatMap((bytes) => rows('ssh-ca', bytes)),
  ];
  return [...new Map(all.map((row) => [`${row.kind} ${row.fingerprint}`, row])).values()];
}

async function hashed(tools: Tools, password: string, user: TechnicalUserRecord): Promise<string> {
  const sender = await tools.store.senders.find(user.sender);
  const enterprise =
    sender === undefined ? undefined : await tools.store.enterprises.find(sender.enterprise);
  const context = [user.username, user.sender, ...(enterprise?.name?.split(/\s+/) ?? [])];
  const problem = passwordProblem(password, [...context, enterprise?.name ?? ''], tools.refused);
  if (problem !== undefined) throw invalid('password', problem);
  return tools.hash.make(password.normalize('NFC'));
}
