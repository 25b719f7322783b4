import { randomUUID } from 'node:crypto';
import {
  Failure,
  parseEnterpriseNumber,
  parseInsz,
  type Insz,
  type Language,
} from '../../vocabulary/index.ts';
import type { Caller } from '../people/caller.ts';
import { sourceOf } from '../source.ts';
import { passwordPoints } from '../throttle.ts';
import { noteOf, openCase } from './cases.ts';
import { tellPerson } from './passwords.ts';
import type {
  CaseRecord,
  RecoveryRequest,
  SignInPerson,
  SignInStore,
  Transaction,
} from './ports.ts';
import { lockName, nameOf } from './proof.ts';
import { systemCaller, type SignInTools } from './tools.ts';

/** How somebody who cannot come in gets help, and what the help desk may do for him. */
export interface Recovery {
  /**
   * Asks for a forgotten user name, or for new codes, by enterprise number and national number. It
   * always ends the same way and tells nothing: whatever there is to say goes to the address that is
   * registered.
   */
  request(o: {
    readonly kind: RecoveryRequest['kind'];
    readonly enterprise: string;
    readonly insz: string;
    readonly language: Language;
    readonly source: string;
  }): Promise<void>;
  /** Looks into what was asked; gives how many requests those were. Called by a timer. */
  settle(): Promise<number>;
  /**
   * Ends the locks of a person by hand, and forgets his wrong tries.
   *
   * @throws Failure `access.denied`, `registration.unknown`
   */
  unlock(caller: Caller, personId: string): Promise<number>;
  /**
   * Voids app and back-up codes of a person who has lost them. With a call-back to a number known
   * before it happens at once; without one it becomes a case that a second colleague approves.
   *
   * @throws Failure `access.denied`, `registration.unknown`
   */
  resetSecondFactor(
    caller: Caller,
    personId: string,
    proof: { readonly callBack: string } | { readonly note: string },
  ): Promise<{ readonly done: true } | { readonly done: false; readonly case: CaseRecord }>;
  /** @throws Failure `access.denied` (by the colleague who asked), `registration.unknown` */
  approveSecondFactorReset(caller: Caller, caseId: string): Promise<void>;
}

const requestsPerRunMax = 200;
const authenticators = ['password', 'second-factor', 'certificate', 'email-code'] as const;

export function openRecovery(tools: SignInTools): Recovery {
  return {
    request: (o) => request(tools, o),
    async settle() {
      let settled = 0;
      while (settled < requestsPerRunMax && (await settleOne(tools))) settled += 1;
      return settled;
    },
    unlock: (caller, personId) => unlock(tools, caller, personId),
    resetSecondFactor: (caller, personId, proof) => askReset(tools, caller, personId, proof),
    approveSecondFactorReset: (caller, caseId) => approveReset(tools, caller, caseId),
  };
}

/** One row whatever was typed: the answer takes as long for numbers that lead nowhere. */
async function request(
  { store, clock, inszHash, throttle }: SignInTools,
  o: Parameters<Recovery['request']>[0],
): Promise<void> {
  const source = sourceOf(o.source);
  const attempt = { username: lockName('password', 'recovery'), source };
  // Asking costs what a wrong password costs: nobody floods a mailbox, or the help desk.
  if (!(await throttle.admits({ ...attempt, passwordAlone: false }))) return;
  await throttle.punish({
    ...{ ...attempt, points: passwordPoints, passwordAlone: false, accountExists: false },
  });
  const { kind, language } = o;
  await store.cases.addRequest({
    ...{ id: randomUUID(), kind, language, source, requestedAt: clock.now() },
    enterprise: parseEnterpriseNumber(o.enterprise) ?? noEnterprise,
    inszHash: inszHash(parseInsz(o.insz) ?? noInsz),
  });
}

const noEnterprise = '0000000000';
/** Hashed in the place of a number that is none. */
const noInsz = '00000000000' as Insz;

/** Taking a request away and doing what it asks are one transaction: none is lost or done twice. */
function settleOne(tools: SignInTools): Promise<boolean> {
  return tools.store.atomically(async (store, trx) => {
    const asked = await store.cases.takeRequest();
    if (asked === undefined) return false;
    const person = await store.persons.byNumbers(asked.enterprise, asked.inszHash);
    const known = person?.active === true && person.email !== undefined;
    await tools.audit.record(
      { ...systemCaller, source: asked.source },
      {
        ...{ event: 'authn_password_change', action: `recovery.${asked.kind}` },
        target: person?.username ?? 'unknown account',
        result: known ? 'done' : 'refused',
      },
      trx,
    );
    if (known) await help(tools, { asked, person, store, trx });
    return true;
  });
}

async function help(
  tools: SignInTools,
  o: {
    readonly asked: RecoveryRequest;
    readonly person: SignInPerson;
    readonly store: SignInStore;
    readonly trx: Transaction;
  },
): Promise<void> {
  const { asked, person, store, trx } = o;
  const letter = { to: person.email ?? '', language: person.language };
  const data = { name: nameOf(person), username: person.username };
  if (asked.kind === 'username') {
    await tools.letters.send({ ...letter, template: 'username-reminder', data }, trx);
    return;
  }
  if ((await store.cases.openOf(person.id, 'new-codes')) !== undefined) return;
  const { dueOn = '' } = await openCase(tools, {
    ...{ caller: { ...systemCaller, source: asked.source }, kind: 'new-codes' },
    ...{ personId: person.id, enterprise: asked.enterprise, facts: {}, within: { store, trx } },
  });
  await tools.letters.send(
    { ...letter, template: 'case-opened', data: { ...data, due: dueOn } },
    trx,
  );
}

async function unlock(tools: SignInTools, caller: Caller, personId: string): Promise<number> {
  await tools.gate.require(caller, 'lock.release', { personId });
  const person = await personOf(tools, personId);
  let released = 0;
  for (const authenticator of authenticators) {
    const username = lockName(authenticator, person.username);
    released += await tools.throttle.release({ username, by: caller.name });
  }
  // What the hundredth try disabled stays so: that factor has to be replaced.
  const password = await tools.store.passwords.find(personId);
  if (password?.disabledAt === undefined) await tools.store.passwords.succeed(personId);
  const totp = await tools.store.factors.totp(personId);
  if (totp?.disabledAt === undefined) await tools.store.factors.succeed(personId);
  await tools.audit.record(caller, {
    ...{ event: 'authn_login_unlock', action: 'lock.release', target: person.username },
    ...{ result: 'done', after: { released } },
  });
  return released;
}

async function personOf({ store }: SignInTools, id: string): Promise<SignInPerson> {
  const person = await store.persons.byId(id);
  if (person === undefined) throw new Failure('registration.unknown', { what: 'person' });
  return person;
}

async function askReset(
  tools: SignInTools,
  caller: Caller,
  personId: string,
  proof: Parameters<Recovery['resetSecondFactor']>[2],
): ReturnType<Recovery['resetSecondFactor']> {
  await tools.gate.require(caller, 'second-factor.reset', { personId });
  const person = await personOf(tools, personId);
  const proven = 'callBack' in proof;
  const facts = proven
    ? { proof: 'call-back', callBack: noteOf(proof.callBack), askedBy: caller.name }
    : { proof: 'second-person', note: noteOf(proof.note), askedBy: caller.name };
  if (proven && facts.callBack === '') {
    throw new Failure('registration.invalid', { what: 'call-back', why: 'say whom was called' });
  }
  const record = await openCase(tools, { caller, kind: 'second-factor', personId, facts });
  if (!proven) return { done: false, case: record };
  await reset(tools, { caller, person, caseId: record.id });
  return { done: true };
}

async function approveReset(tools: SignInTools, caller: Caller, caseId: string): Promise<void> {
  const record = await tools.store.cases.find(caseId);
  const { personId } = record ?? {};
  if (record?.kind !== 'second-factor' || personId === undefined || record.state !== 'open') {
    throw new Failure('registration.unknown', { what: 'case' });
  }
  await tools.gate.require(caller, 'second-factor.reset', { personId });
  if (record.facts['askedBy'] === caller.name) {
    const facts = { action: 'second-factor.reset', rule: 'second-person' };
    await tools.audit.record(caller, {
      ...{ event: 'authz_fail', action: 'second-factor.approve', target: `case ${caseId}` },
      ...{ result: 'refused', after: { rule: 'second-person' } },
    });
    throw new Failure('access.denied', facts);
  }
  await reset(tools, { caller, person: await personOf(tools, personId), caseId });
}

async function reset(
  tools: SignInTools,
  o: { readonly caller: Caller; readonly person: SignInPerson; readonly caseId: string },
): Promise<void> {
  const { caller, person, caseId } = o;
  const at = tools.clock.now();
  await tools.store.atomically(async (store, trx) => {
    const change = { id: caseId, from: ['open'], to: 'done', at, by: caller.name } as const;
    const mine = await store.cases.change(change);
    if (!mine) throw new Failure('registration.unknown', { what: 'case' });
    const removed = await store.factors.remove(person.id);
    await store.sessions.endOf({ personId: person.id, at, reason: 'second-factor-reset' });
    await tools.audit.record(
      caller,
      {
        ...{ event: 'authn_factor_change', action: 'second-factor.reset', target: person.username },
        ...{ result: 'done', before: { active: removed }, after: { active: false, case: caseId } },
      },
      trx,
    );
    await tellPerson(tools, person, 'factor-reset', trx);
  });
}
