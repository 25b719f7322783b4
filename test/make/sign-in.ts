import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import {
  argon2Hash,
  loginThrottle,
  openSigningIn,
  openTrust,
  sealedBox,
  type Caller,
  type IdentityEvent,
  type LetterName,
  type OpenSession,
  type Role,
  type SecretHash,
  type SessionKeys,
  type SignInAct,
  type SignInAudit,
  type SigningIn,
  type SignInRules,
  type SignInStore,
} from '../../src/identity/index.ts';
import { registrationStore, signInStore } from '../../src/storage/index.ts';
import { enterpriseNumberOf, Failure, type EnterpriseNumber } from '../../src/vocabulary/index.ts';
import { manualClock, type ManualClock } from './clock.ts';
import { countingSecretHash, testRules } from './signing.ts';
import { testDatabase, type TestDatabase } from './database.ts';

export type AuditEntry = Parameters<SignInAudit['record']>[1] & { readonly caller: Caller };

export interface SentLetter {
  readonly template: LetterName;
  readonly to: string;
  readonly language: string;
  readonly data: Readonly<Record<string, string>>;
  readonly secret: boolean;
}

export interface TestPerson {
  readonly id: string;
  readonly username: string;
  readonly enterprise: EnterpriseNumber;
  readonly assignments: readonly string[];
  readonly qualityId: string;
}

/** Signing in on a real database, with letters and the trail collected. */
export interface SignInHouse extends SigningIn {
  readonly database: TestDatabase;
  readonly store: SignInStore;
  readonly clock: ManualClock;
  readonly audit: AuditEntry[];
  readonly letters: SentLetter[];
  readonly events: IdentityEvent[];
  readonly hash: SecretHash & { readonly calls: string[] };
  /** Acts that the matrix refuses from now on. */
  readonly refused: Set<SignInAct>;
  readonly inszHash: (insz: string) => Buffer;
  readonly trust: ReturnType<typeof openTrust>;
  /** A second gateway on the same database, with a throttle and caches of its own. */
  another(rules?: Partial<SignInRules>): SigningIn;
  person(o?: {
    readonly username?: string;
    readonly password?: string | null;
    readonly roles?: readonly Role[];
    readonly language?: 'nl' | 'fr' | 'de' | 'en';
    readonly email?: string | null;
    readonly country?: string;
    readonly enterprise?: EnterpriseNumber;
    readonly insz?: string;
    readonly enterpriseState?: 'registered' | 'active';
  }): Promise<TestPerson>;
  /** The session behind a token, as a request would open it. */
  at(keys: Pick<SessionKeys, 'token'>): Promise<OpenSession>;
  login(username: string, password: string, source?: string): Promise<SessionKeys>;
  close(): Promise<void>;
}

export const source = '192.0.2.10';
export const goodPassword = 'vier paarden bij de oude sluisdeur';

let made = 0;

export async function signInHouse(
  o: {
    readonly rules?: Partial<SignInRules>;
    readonly realHash?: boolean;
    readonly start?: string;
  } = {},
): Promise<SignInHouse> {
  const database = await testDatabase();
  const { knex } = database;
  const clock = manualClock(o.start);
  const audit: AuditEntry[] = [];
  const letters: SentLetter[] = [];
  const events: IdentityEvent[] = [];
  const refused = new Set<SignInAct>();
  const counting = countingSecretHash();
  const hash =
    o.realHash === true
      ? { ...argon2Hash().peppered(randomBytes(32)), calls: counting.calls }
      : counting;
  const store = signInStore(knex);
  const registration = registrationStore(knex);
  const key = randomBytes(32);
  const inszHash = (insz: string): Buffer => createHmac('sha256', key).update(insz).digest();
  const journal = {
    record: (event: IdentityEvent) => {
      events.push(event);
      return Promise.resolve();
    },
  };
  const trust = openTrust({ store: registration.trust, clock, journal, allowSha1: false });
  const box = sealedBox(randomBytes(32));
  const another = (rules: Partial<SignInRules> = {}): SigningIn =>
    openSigningIn({
      ...{ store, clock, hash, trust, inszHash, box, refused: new Set<string>() },
      throttle: loginThrottle({ store: registration.throttle, journal, clock }),
      audit: {
        record: (caller, entry) => {
          audit.push({ ...entry, caller });
          return Promise.resolve();
        },
        recordAll: (entries) => {
          audit.push(...entries.map(({ caller, event }) => ({ ...event, caller })));
          return Promise.resolve();
        },
      },
      gate: {
        require: (_caller, act) =>
          refused.has(act)
            ? Promise.reject(new Failure('access.denied', { action: act }))
            : Promise.resolve(),
      },
      letters: {
        send: ({ secret = false, ...letter }) => {
          letters.push({ ...letter, secret });
          return Promise.resolve();
        },
      },
      rules: { ...testRules, ...o.rules, ...rules },
    });
  const signing = another();
  const house: SignInHouse = {
    ...signing,
    ...{ database, store, clock, audit, letters, events, hash, refused, inszHash, trust, another },
    person: (wish = {}) => insertPerson(house, wish),
    async at({ token }) {
      const session = await house.sessions.open(token, { source });
      if (session === undefined) throw new Error('the token opens no session');
      return session;
    },
    async login(username, password, from = source) {
      const outcome = await house.signIn.byPassword({ username, password, source: from });
      if (outcome.outcome !== 'started') throw new Error(`login: ${outcome.outcome}`);
      return outcome;
    },
    close: () => database.drop(),
  };
  return house;
}

async function insertPerson(
  house: SignInHouse,
  wish: Parameters<SignInHouse['person']>[0] & object,
): Promise<TestPerson> {
  const { knex } = house.database;
  made += 1;
  const id = randomUUID();
  const at = house.clock.now();
  const username = wish.username ?? `person${String(made).padStart(4, '0')}`;
  const enterprise = wish.enterprise ?? enterpriseNumberOf(3_000_000 + made);
  await knex('enterprise')
    .insert({
      ...{ number: enterprise, name: `Molen ${made}`, country: wish.country ?? 'BE' },
      ...{ registered_at: at, state: wish.enterpriseState ?? 'active' },
    })
    .onConflict('number')
    .ignore();
  await knex('quality_type')
    .insert({ code: 'employer', labels: '{}', ordinal: 1 })
    .onConflict('code')
    .ignore();
  const qualityId = randomUUID();
  const known = await knex('quality')
    .where({ enterprise, type: 'employer' })
    .first<{ id: string } | undefined>();
  if (known === undefined) {
    await knex('quality').insert({
      ...{ id: qualityId, enterprise, type: 'employer', email: `quality${made}@example.org` },
      ...{ activated_at: at, changed_at: at },
    });
  }
  const quality = known?.id ?? qualityId;
  await knex('person').insert({
    ...{ id, username, last_name: 'Peeters', first_name: 'Anke', language: wish.language ?? 'nl' },
    email: wish.email === undefined ? `${username}@example.org` : wish.email,
    ...{ created_at: at, changed_at: at },
    ...(wish.insz === undefined ? {} : { insz_hash: house.inszHash(wish.insz) }),
  });
  const assignments: string[] = [];
  for (const role of wish.roles ?? ['USR']) {
    const assignment = randomUUID();
    const staff = role === 'HD' || role === 'OP';
    const ofQuality = ['AM', 'COAM', 'USR', 'CUR'].includes(role);
    await knex('role_assignment').insert({
      ...{ id: assignment, person_id: id, role, state: 'active', valid_from: at },
      ...{ enterprise: staff ? null : enterprise, quality_id: ofQuality ? quality : null },
      ...{ created_by: 'test', created_at: at, changed_at: at },
    });
    assignments.push(assignment);
  }
  const password = wish.password === undefined ? goodPassword : wish.password;
  if (password !== null) {
    await house.store.passwords.set(id, {
      phc: await house.hash.make(password),
      ...{ policy: 'modern', standsAlone: true, changedAt: at },
    });
  }
  return { id, username, enterprise, assignments, qualityId: quality };
}
