import { Failure } from '../../vocabulary/index.ts';
import { passwordPoints } from '../throttle.ts';
import { canonicalPassword, passwordUnitsMax } from './password-policies.ts';
import type {
  AtDoor,
  CodePurpose,
  CodeRecord,
  Factor,
  PasswordRecord,
  SignInPerson,
} from './ports.ts';
import { canonicalCode } from './secret-codes.ts';
import { callerOf, type OpenSession } from './sessions.ts';
import { nobodyAt, personAsCaller, systemCaller, type SignInTools } from './tools.ts';

/** Wrong tries in a row, from anywhere, after which a factor is disabled (NIST 800-63B-4, 3.2.2). */
export const failuresMax = 100;
/** Wrong tries at one code that was sent: it is void then. */
export const codeFailuresMax = 5;

export type Authenticator = 'password' | 'second-factor' | 'certificate' | 'email-code';

/**
 * The name under which tries at one factor of one account are counted. The colon keeps it apart from
 * every user name, so that guesses at a person never touch a technical user of the same name.
 */
export function lockName(authenticator: Authenticator, username: string): string {
  return `${authenticator}:${username}`;
}

export type FirstFactor =
  | { readonly ok: false }
  | {
      readonly ok: true;
      readonly factor: Extract<Factor, 'password' | 'code'>;
      readonly password?: PasswordRecord;
    };

/** The codes that stand in the place of a password. */
export const loginCodes: readonly CodePurpose[] = ['initial', 'password-reset'];

/**
 * Tries a password, or the one-time code that stands in its place, once: one hash whatever the
 * account is. The throttle was asked before.
 */
export async function tryPassword(
  tools: SignInTools,
  o: {
    readonly username: string;
    readonly person: SignInPerson | undefined;
    readonly typed: string;
    readonly source: string;
    /** Nothing else is known of whoever types it; false within a session. */
    readonly atTheDoor: boolean;
    /** Decided beforehand: the account may not come in, whatever is typed. */
    readonly barred?: boolean;
    /** The throttle has nothing to change when it is right. */
    readonly settled?: boolean;
    /** What there is to hold it against. */
    readonly secrets: Pick<AtDoor, 'password' | 'code'>;
  },
): Promise<FirstFactor> {
  const { store, throttle, hash, clock } = tools;
  const { person, source } = o;
  const { password, code } = o.secrets;
  const attempt = { username: lockName('password', o.username), source };
  const usable = password?.disabledAt === undefined ? password : undefined;
  const phc = usable?.phc ?? code?.hash;
  const matches = await hash.matches(phc ?? (await tools.decoy()), typedAs(o.typed, usable, code));
  const right = matches && phc !== undefined && person !== undefined && o.barred !== true;
  if (!right) {
    await countWrong(tools, {
      ...o,
      attempt,
      ...(usable === undefined && code !== undefined ? { code } : {}),
    });
    return { ok: false };
  }
  if (usable === undefined) {
    const mine = code !== undefined && (await store.codes.use(code.id, clock.now()));
    if (!mine) return { ok: false };
  } else {
    await settlePassword(tools, person.id, usable, o.typed);
  }
  if (o.settled !== true) await throttle.reward(attempt);
  return usable === undefined
    ? { ok: true, factor: 'code' }
    : { ok: true, factor: 'password', password: usable };
}

function typedAs(
  typed: string,
  password: PasswordRecord | undefined,
  code: CodeRecord | undefined,
): string {
  const bounded = typed.length > passwordUnitsMax ? '' : typed;
  if (password === undefined && code !== undefined) return canonicalCode(bounded) ?? '';
  return canonicalPassword(bounded);
}

async function settlePassword(
  { store, hash }: SignInTools,
  personId: string,
  password: PasswordRecord,
  typed: string,
): Promise<void> {
  if (password.failures > 0) await store.passwords.succeed(personId);
  if (!hash.outdated(password.phc)) return;
  await store.passwords.rehash(personId, password.phc, await hash.make(canonicalPassword(typed)));
}

async function countWrong(
  tools: SignInTools,
  o: {
    readonly attempt: { readonly username: string; readonly source: string };
    readonly person: SignInPerson | undefined;
    readonly atTheDoor: boolean;
    readonly code?: CodeRecord;
  },
): Promise<void> {
  const { person } = o;
  await tools.throttle.punish({
    ...o.attempt,
    points: passwordPoints,
    passwordAlone: o.atTheDoor,
    accountExists: person !== undefined,
  });
  if (o.code !== undefined) await tools.store.codes.fail(o.code.id);
  if (person === undefined) return;
  const at = tools.clock.now();
  const { failures, disabled } = await tools.store.passwords.fail(person.id, failuresMax, at);
  if (disabled) await tellDisabled(tools, person, 'password', failures);
}

/** A factor was tried wrongly too often: it opens nothing until it is replaced. */
export async function tellDisabled(
  tools: SignInTools,
  person: SignInPerson,
  factor: 'password' | 'totp',
  failures: number,
): Promise<void> {
  await tools.audit.record(systemCaller, {
    ...{ event: 'authn_login_fail_max', action: 'factor.disable', target: person.username },
    ...{ result: 'done', after: { factor, failures } },
  });
  if (person.email === undefined) return;
  await tools.letters.send({
    template: 'password-disabled',
    to: person.email,
    language: person.language,
    data: { name: nameOf(person), username: person.username },
  });
}

export function nameOf({ firstName, lastName }: SignInPerson): string {
  return `${firstName} ${lastName}`;
}

/**
 * Asks the password again within a session, or, for somebody who came in by certificate and may have
 * none, that this was a moment ago (ASVS 7.5.1).
 *
 * @throws Failure `identity.refused`, `signin.reauthenticate`
 */
export async function requirePassword(
  tools: SignInTools,
  session: OpenSession,
  typed: string | undefined,
): Promise<SignInPerson> {
  const person = await tools.store.persons.byId(session.personId);
  if (person === undefined) throw new Failure('signin.stage', { stage: 'ended' });
  if (typed === undefined) {
    const age = tools.clock.now().getTime() - session.authenticatedAt.getTime();
    const fresh = session.factors.includes('certificate') && age <= freshMs;
    if (!fresh) throw new Failure('signin.reauthenticate', {});
    return person;
  }
  const { username } = person;
  const { source } = session;
  const attempt = { username: lockName('password', username), source };
  const admitted = await tools.throttle.admits({ ...attempt, passwordAlone: false });
  const password = admitted ? await tools.store.passwords.find(person.id) : undefined;
  const secrets = password === undefined ? {} : { password };
  const asked = { username, person, typed, source, atTheDoor: false, secrets };
  const proof = admitted ? await tryPassword(tools, asked) : { ok: false as const };
  if (!proof.ok) {
    await tools.audit.record(callerOf(session), {
      ...{ event: 'authn_login_fail', action: 'password.confirm', target: username },
      result: 'refused',
    });
    throw new Failure('identity.refused');
  }
  return person;
}

const freshMs = 5 * 60_000;

/** A failed login in the trail: by name when the account exists, as a hint at most otherwise. */
export async function recordRefusal(
  tools: SignInTools,
  o: {
    readonly person: SignInPerson | undefined;
    readonly source: string;
    readonly action: string;
    readonly facts?: Readonly<Record<string, string>>;
  },
): Promise<void> {
  const { person, source, action, facts } = o;
  const caller = person === undefined ? nobodyAt(source) : personAsCaller(person, source);
  await tools.audit.record(caller, {
    ...{ event: 'authn_login_fail', action, target: person?.username ?? 'unknown account' },
    result: 'refused',
    ...(facts === undefined ? {} : { after: facts }),
  });
}
