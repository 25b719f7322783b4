import { randomUUID } from 'node:crypto';
import { Failure, type Language } from '../../vocabulary/index.ts';
import type { Caller } from '../people/caller.ts';
import {
  canonicalPassword,
  charactersOf,
  passwordFault,
  type PasswordFault,
  type PasswordPolicy,
} from './password-policies.ts';
import type { CodePurpose, SignInPerson, SignInStore, Transaction } from './ports.ts';
import { nameOf, requirePassword } from './proof.ts';
import { canonicalCode, newCode } from './secret-codes.ts';
import { callerOf, renewSession, type OpenSession, type SessionKeys } from './sessions.ts';
import { policyFor, requireStage } from './stages.ts';
import { describePolicy, sayPasswordFault } from './texts.ts';
import type { SignInTools } from './tools.ts';

/** Passwords are chosen by the person alone; others can only have a one-time code sent. */
export interface Passwords {
  /** The rules in force for this person, for the page where a password is chosen. */
  requirements(
    session: OpenSession,
    language?: Language,
  ): Promise<{ readonly policy: PasswordPolicy['name']; readonly rules: readonly string[] }>;
  /**
   * The first password, or the one after a reset, at stage `password-change`. The session stays where
   * it is; `signIn.advance(session, 'password')` moves it on.
   *
   * @throws Failure `password.refused` (facts rule, fact, says), `signin.stage`
   */
  choose(session: OpenSession, password: string): Promise<SessionKeys>;
  /** Another password; ends the person's other sessions unless told not to, and tells him by letter. */
  change(
    session: OpenSession,
    o: {
      readonly current: string;
      readonly password: string;
      readonly keepOthers?: boolean;
    },
  ): Promise<SessionKeys>;
  /**
   * A one-time code to the person's address, of 72 hours; his password opens nothing from now on and
   * his sessions end. Nobody but the letter carries the code.
   *
   * @throws Failure `access.denied`, `registration.unknown`, `registration.invalid` (no address)
   */
  reset(caller: Caller, personId: string): Promise<void>;
  /** The code for somebody's first login: called by whoever registers him, in that transaction. */
  issueInitial(
    caller: Caller,
    personId: string,
    within?: { readonly store: SignInStore; readonly trx: Transaction },
  ): Promise<void>;
}

/** A code for a first login or after a reset lives for three days. */
export const codeHours = 72;
const hourMs = 3_600_000;

export function openPasswords(tools: SignInTools): Passwords {
  return {
    async requirements(session, language) {
      const policy = await policyOf(tools, session.personId);
      return { policy: policy.name, rules: describePolicy(policy, language ?? session.language) };
    },
    choose: (session, password) => choose(tools, session, password),
    change: (session, wish) => change(tools, session, wish),
    async reset(caller, personId) {
      await tools.gate.require(caller, 'password.reset', { personId });
      await resetPassword(tools, caller, personId);
    },
    async issueInitial(caller, personId, within) {
      const issue = (store: SignInStore, trx: Transaction): Promise<void> =>
        sendCode(tools, { store, trx, caller, personId, purpose: 'initial' });
      await (within === undefined
        ? tools.store.atomically(issue)
        : issue(within.store, within.trx));
    },
  };
}

async function policyOf(tools: SignInTools, personId: string): Promise<PasswordPolicy> {
  const roles = await tools.store.persons.assignments(personId, tools.clock.now());
  return policyFor(roles, tools.rules);
}

async function choose(
  tools: SignInTools,
  session: OpenSession,
  password: string,
): Promise<SessionKeys> {
  requireStage(session, 'password-change');
  const person = await tools.store.persons.byId(session.personId);
  if (person === undefined) throw new Failure('signin.stage', { stage: 'ended' });
  await setPassword(tools, { session, person, password });
  return renewSession(tools, session, { stage: 'password-change', addFactor: 'password' });
}

async function change(
  tools: SignInTools,
  session: OpenSession,
  wish: Parameters<Passwords['change']>[1],
): Promise<SessionKeys> {
  requireStage(session, 'open');
  const person = await requirePassword(tools, session, wish.current);
  await setPassword(tools, { session, person, password: wish.password });
  if (wish.keepOthers !== true) {
    await tools.store.sessions.endOf({
      ...{ personId: person.id, except: session.id },
      ...{ at: tools.clock.now(), reason: 'password-changed' },
    });
  }
  return renewSession(tools, session, { stage: 'open', addFactor: 'password' });
}

async function setPassword(
  tools: SignInTools,
  o: { readonly session: OpenSession; readonly person: SignInPerson; readonly password: string },
): Promise<void> {
  const { session, person, password } = o;
  const { store, hash, clock } = tools;
  const policy = await policyOf(tools, person.id);
  const context = await store.persons.context(person.id);
  const alone = tools.rules.secondFactor === 'optional' && !(await hasSecond(tools, session));
  const { refused } = tools;
  const fault = passwordFault(password, { policy, context, alone, refused });
  if (fault !== undefined) throw refusal(fault, session.language);
  const text = canonicalPassword(password);
  const before = await store.passwords.find(person.id);
  if (before !== undefined && (await hash.matches(before.phc, text))) {
    throw refusal({ rule: 'same-as-before' }, session.language);
  }
  const phc = await hash.make(text);
  const standsAlone = !policy.secondFactor && charactersOf(text) >= policy.charactersAlone;
  const at = clock.now();
  await store.atomically(async (inside, trx) => {
    await inside.passwords.set(person.id, { phc, policy: policy.name, standsAlone, changedAt: at });
    await inside.codes.voidAll(person.id, ['initial', 'password-reset'], at);
    await tools.audit.record(
      callerOf(session),
      {
        ...{ event: 'authn_password_change', action: 'password.change', target: person.username },
        ...{ result: 'done', after: { policy: policy.name } },
      },
      trx,
    );
    await tellPerson(tools, person, 'password-changed', trx);
  });
}

async function hasSecond({ store }: SignInTools, session: OpenSession): Promise<boolean> {
  if (session.factors.some((factor) => factor === 'certificate')) return true;
  return (await store.factors.totp(session.personId)) !== undefined;
}

function refusal(fault: PasswordFault, language: Language): Failure {
  const says = sayPasswordFault(fault, language);
  return new Failure('password.refused', {
    rule: fault.rule,
    ...(fault.fact === undefined ? {} : { fact: fault.fact }),
    says,
  });
}

/** A letter about a change to every address at which the person can be reached (NIST, 4.6). */
export async function tellPerson(
  tools: SignInTools,
  person: SignInPerson,
  template: 'password-changed' | 'factor-changed' | 'factor-reset' | 'certificate-changed',
  trx?: Transaction,
): Promise<void> {
  const others = await tools.store.persons.otherAddresses(person.id);
  const addresses = new Set([...(person.email === undefined ? [] : [person.email]), ...others]);
  for (const to of addresses) {
    const { language, username } = person;
    const data = { name: nameOf(person), username };
    await tools.letters.send({ template, to, language, data }, trx);
  }
}

/** What a reset does once it is allowed. */
export async function resetPassword(
  tools: SignInTools,
  caller: Caller,
  personId: string,
): Promise<void> {
  const at = tools.clock.now();
  await tools.store.atomically(async (store, trx) => {
    await store.passwords.disable(personId, at);
    await store.sessions.endOf({ personId, at, reason: 'password-reset' });
    await sendCode(tools, { store, trx, caller, personId, purpose: 'password-reset' });
  });
}

async function sendCode(
  tools: SignInTools,
  o: {
    readonly store: SignInStore;
    readonly trx: Transaction;
    readonly caller: Caller;
    readonly personId: string;
    readonly purpose: Extract<CodePurpose, 'initial' | 'password-reset'>;
  },
): Promise<void> {
  const { store, trx, caller, personId, purpose } = o;
  const person = await store.persons.byId(personId);
  if (person === undefined) throw new Failure('registration.unknown', { what: 'person' });
  if (person.email === undefined) {
    throw new Failure('registration.invalid', {
      what: 'person',
      why: 'there is no e-mail address to send a code to',
    });
  }
  const createdAt = tools.clock.now();
  const code = newCode();
  await store.codes.voidAll(personId, ['initial', 'password-reset'], createdAt);
  await store.codes.insert({
    ...{ id: randomUUID(), personId, purpose, facts: {}, failures: 0 },
    hash: await tools.hash.make(canonicalCode(code) ?? code),
    ...{ createdBy: caller.name, createdAt },
    expiresAt: new Date(createdAt.getTime() + codeHours * hourMs),
  });
  await tools.letters.send(
    {
      template: purpose === 'initial' ? 'initial-code' : 'reset-code',
      ...{ to: person.email, language: person.language, secret: true },
      data: {
        ...{ name: nameOf(person), username: person.username, code, hours: String(codeHours) },
        address: tools.rules.portalUrl ?? '',
      },
    },
    trx,
  );
  await tools.audit.record(
    caller,
    {
      ...{ event: 'authn_password_change', action: `password.${purpose}`, target: person.username },
      result: 'done',
    },
    trx,
  );
}
