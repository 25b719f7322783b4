import { Failure } from '../../vocabulary/index.ts';
import { typedUsername } from '../technical-user-name.ts';
import { sourceOf } from '../source.ts';
import { linkedCertificate, type CertificateProblem } from './certificate-login.ts';
import {
  failuresMax,
  lockName,
  loginCodes,
  recordRefusal,
  tryPassword,
  type FirstFactor,
} from './proof.ts';
import type { AssignmentRecord, Factor, SignInAudit, SignInPerson } from './ports.ts';
import { trySecondFactor, type SecondFactorWish } from './second-factor.ts';
import {
  callerIn,
  callerOf,
  renewSession,
  startSession,
  type OpenSession,
  type SessionKeys,
} from './sessions.ts';
import { afterFirstFactor, afterStrongLogin, ranks, requireStage } from './stages.ts';
import { personAsCaller, type Origin, type SignInTools } from './tools.ts';

/** `refused` is all there is to say to whoever stands at the door, whatever the reason. */
export type SignInOutcome =
  | { readonly outcome: 'refused' }
  | ({ readonly outcome: 'started' } & SessionKeys)
  | { readonly outcome: 'certificate'; readonly problem: CertificateProblem };

/** From the door to a session in one role. Every step hands out a new token. */
export interface SignIn {
  /**
   * User name and password, or the one-time code in its place. With a certificate (DER, as TLS has
   * proven it) both are asked for: what is wrong with it is told only when the password is right.
   */
  byPassword(
    o: Origin & {
      readonly username: string;
      readonly password: string;
      readonly certificate?: Buffer;
    },
  ): Promise<SignInOutcome>;
  /** The certificate of the TLS connection, DER. */
  byCertificate(o: Origin & { readonly certificate: Buffer }): Promise<SignInOutcome>;
  /** @throws Failure `signin.code-refused`, `signin.stage` */
  secondFactor(session: OpenSession, wish: SecondFactorWish): Promise<SessionKeys>;
  /** Where the session stands once a step outside this face, such as an enrolment, is done. */
  advance(session: OpenSession, addFactor?: Factor): Promise<SessionKeys>;
  /** Roles to choose from; one alone is never asked for. */
  roles(session: OpenSession): Promise<readonly AssignmentRecord[]>;
  /** @throws Failure `signin.stage`, `registration.unknown` (the role, or the quality) */
  chooseRole(session: OpenSession, assignmentId: string, qualityId?: string): Promise<SessionKeys>;
  /** Another role of the same person, or another quality of the enterprise, without a new login. */
  switchRole(session: OpenSession, assignmentId: string, qualityId?: string): Promise<SessionKeys>;
  /** Adds a certificate to a session begun with a password. @throws Failure `signin.certificate` */
  stepUp(session: OpenSession, o: { readonly certificate: Buffer }): Promise<SessionKeys>;
  /**
   * Whether a session may open an application as far as its factors go.
   *
   * @throws Failure `signin.certificate-required`, `registration.unknown`
   */
  requireFactors(session: OpenSession, application: string): Promise<void>;
}

export function openSignIn(tools: SignInTools): SignIn {
  return {
    byPassword: (o) => byPassword(tools, o),
    byCertificate: (o) => byCertificate(tools, o),
    secondFactor: async (session, wish) => {
      requireStage(session, 'second-factor');
      const factor = await trySecondFactor(tools, session, wish);
      return proceed(tools, session, factor);
    },
    advance: (session, addFactor) => proceed(tools, session, addFactor),
    roles: (session) => tools.store.persons.assignments(session.personId, tools.clock.now()),
    chooseRole: async (session, assignmentId, qualityId) => {
      requireStage(session, 'role');
      return enter(tools, session, { assignmentId, qualityId });
    },
    switchRole: async (session, assignmentId, qualityId) => {
      requireStage(session, 'open');
      return enter(tools, session, { assignmentId, qualityId });
    },
    stepUp: (session, { certificate }) => stepUp(tools, session, certificate),
    async requireFactors({ factors }, application) {
      const needed = await tools.store.applications.needsCertificate(application);
      if (needed === undefined) {
        throw new Failure('registration.unknown', { what: 'application' });
      }
      if (needed && !factors.includes('certificate')) {
        throw new Failure('signin.certificate-required', { application });
      }
    },
  };
}

async function byPassword(
  tools: SignInTools,
  o: Parameters<SignIn['byPassword']>[0],
): Promise<SignInOutcome> {
  const origin: Origin = { ...o, source: sourceOf(o.source) };
  const username = typedUsername(o.username);
  const { source } = origin;
  const attempt = { username: lockName('password', username), source, passwordAlone: true };
  // Beyond the throttle nothing is looked up, hashed or written but the count on the lock.
  const { admitted, settled } = await tools.throttle.look(attempt);
  if (!admitted) return { outcome: 'refused' };
  const wish = { username, at: tools.clock.now(), purposes: loginCodes };
  const found = await tools.store.persons.atDoor({ ...wish, codeFailuresMax: failuresMax });
  const { person, roles = [], hasTotp = false, ...secrets } = found ?? {};
  const barred = person?.active !== true || roles.length === 0;
  const proof = await tryPassword(tools, {
    ...{ username, person, typed: o.password, source, atTheDoor: true, barred, settled, secrets },
  });
  if (!proof.ok || person === undefined) {
    await recordRefusal(tools, { person, source, action: 'login.password' });
    return { outcome: 'refused' };
  }
  const entrant = { person, roles, proof, origin, hasTotp };
  if (o.certificate === undefined) return begin(tools, entrant);
  const linked = await linkedCertificate(tools, { der: o.certificate, person, source });
  if (!linked.ok) return { outcome: 'certificate', problem: linked.problem };
  return begin(tools, { ...entrant, certificateId: linked.certificate.id });
}

async function byCertificate(
  tools: SignInTools,
  o: Parameters<SignIn['byCertificate']>[0],
): Promise<SignInOutcome> {
  const origin: Origin = { ...o, source: sourceOf(o.source) };
  const linked = await linkedCertificate(tools, { der: o.certificate, source: origin.source });
  if (!linked.ok) return { outcome: 'certificate', problem: linked.problem };
  const person = await tools.store.persons.byId(linked.certificate.personId);
  const now = tools.clock.now();
  const roles = await tools.store.persons.assignments(linked.certificate.personId, now);
  if (person?.active !== true || roles.length === 0) {
    await recordRefusal(tools, { person, source: origin.source, action: 'login.certificate' });
    return { outcome: 'refused' };
  }
  if (tools.rules.certificateLogin === 'with-password') {
    return { outcome: 'certificate', problem: { code: 'AUTH_PASSWORD_NEEDED' } };
  }
  return open(tools, {
    ...{ person, roles, origin, factors: ['certificate'], certificateId: linked.certificate.id },
    stage: afterStrongLogin(roles),
  });
}

/** The first session of a login by password: where it stands depends on what was shown. */
async function begin(
  tools: SignInTools,
  o: {
    readonly person: SignInPerson;
    readonly roles: readonly AssignmentRecord[];
    readonly proof: Extract<FirstFactor, { readonly ok: true }>;
    readonly origin: Origin;
    readonly hasTotp: boolean;
    readonly certificateId?: string;
  },
): Promise<SignInOutcome> {
  const { proof, certificateId, roles } = o;
  const factors: Factor[] = [
    proof.factor,
    ...(certificateId === undefined ? [] : ['certificate' as const]),
  ];
  const { rules } = tools;
  const stage = afterFirstFactor({ ...o, factors, password: proof.password, rules });
  return open(tools, { ...o, factors, stage, roles });
}

async function open(
  tools: SignInTools,
  o: {
    readonly person: SignInPerson;
    readonly roles: readonly AssignmentRecord[];
    readonly stage: OpenSession['stage'];
    readonly factors: readonly Factor[];
    readonly origin: Origin;
    readonly certificateId?: string;
  },
): Promise<SignInOutcome> {
  const { person, stage, factors, origin, certificateId } = o;
  const role = stage === 'open' ? o.roles[0] : undefined;
  // One transaction, one commit: the session, the marks of the login, and the trail, which comes last.
  const keys = await tools.store.atomically(async (store, trx) => {
    const inside = { ...tools, store };
    const { keys: made, enterpriseOpened } = await startSession(inside, {
      ...{ person, stage, factors, origin, role, certificateId },
    });
    const { source } = origin;
    const entered = role === undefined ? [] : entriesOf({ person, role, source, enterpriseOpened });
    const success: TrailEntry = {
      caller: personAsCaller(person, origin.source),
      event: {
        ...{ event: 'authn_login_success', action: 'login', target: person.username },
        ...{ result: 'done', after: { stage, factors: factors.join('+') } },
      },
    };
    await tools.audit.recordAll([success, ...entered], trx);
    return made;
  });
  return { outcome: 'started', ...keys };
}

/** Moves a session on after a factor, an enrolment or a password change. */
async function proceed(
  tools: SignInTools,
  session: OpenSession,
  addFactor?: Factor,
): Promise<SessionKeys> {
  const { person, roles } = await readyPerson(tools, session);
  const factors = addFactor === undefined ? session.factors : [...session.factors, addFactor];
  const password = await tools.store.passwords.find(person.id);
  const hasTotp = (await tools.store.factors.totp(person.id)) !== undefined;
  const { rules } = tools;
  const stage = afterFirstFactor({ roles, factors, password, hasTotp, rules });
  const role = stage === 'open' ? roles[0] : undefined;
  const change = { stage, ...(addFactor === undefined ? {} : { addFactor }) };
  if (role === undefined) return renewSession(tools, session, change);
  const { source } = session;
  const into = { ...change, assignmentId: role.id };
  return renewInto(tools, { session, change: into, person, role, source });
}

async function readyPerson(
  tools: SignInTools,
  session: OpenSession,
): Promise<{ readonly person: SignInPerson; readonly roles: readonly AssignmentRecord[] }> {
  const person = await tools.store.persons.byId(session.personId);
  if (person?.active !== true) throw new Failure('signin.stage', { stage: 'ended' });
  const roles = await tools.store.persons.assignments(person.id, tools.clock.now());
  return { person, roles };
}

async function enter(
  tools: SignInTools,
  session: OpenSession,
  wish: { readonly assignmentId: string; readonly qualityId: string | undefined },
): Promise<SessionKeys> {
  const { person, roles } = await readyPerson(tools, session);
  const role = roles.find(({ id }) => id === wish.assignmentId);
  if (role === undefined) throw new Failure('registration.unknown', { what: 'role' });
  const qualityId = await selectedQuality(tools, role, wish.qualityId);
  const change = { stage: 'open', assignmentId: role.id, qualityId } as const;
  const { source } = session;
  return renewInto(tools, { session, change, person, role, source, before: session });
}

/** Managers of a whole enterprise may look at one of its qualities; others have theirs. */
async function selectedQuality(
  { store }: SignInTools,
  role: AssignmentRecord,
  wished: string | undefined,
): Promise<string | undefined> {
  if (wished === undefined || wished === role.qualityId) return undefined;
  const fits =
    ranks[role.role].selectsQuality &&
    role.enterprise !== undefined &&
    (await store.persons.hasQuality(role.enterprise, wished));
  if (!fits) throw new Failure('registration.unknown', { what: 'quality' });
  return wished;
}

type TrailEntry = Parameters<SignInAudit['recordAll']>[0][number];

interface Entry {
  readonly person: SignInPerson;
  readonly role: AssignmentRecord;
  readonly source: string;
  readonly before?: OpenSession;
}

/** What there is to say in the trail of somebody who came in. */
function entriesOf(o: Entry & { readonly enterpriseOpened: boolean }): readonly TrailEntry[] {
  const { person, role: assignment, source, before, enterpriseOpened } = o;
  const caller = callerIn({ person, assignment, source });
  const { enterprise } = assignment;
  const where = enterprise === undefined ? {} : { enterprise };
  const chosen: TrailEntry = {
    caller,
    event: {
      ...{ event: 'session_renewed', action: 'role.choose', target: person.username, ...where },
      result: 'done',
      ...(before?.caller === undefined ? {} : { before: { role: before.caller.role } }),
      after: { role: assignment.role },
    },
  };
  if (!enterpriseOpened || enterprise === undefined) return [chosen];
  const opened: TrailEntry = {
    caller,
    event: {
      ...{ event: 'authz_admin', action: 'enterprise.open', target: enterprise, enterprise },
      ...{ result: 'done', after: { state: 'active' } },
    },
  };
  return [chosen, opened];
}

/** Moves a session into a role, with its marks and its trail, or not at all. */
function renewInto(
  tools: SignInTools,
  o: Entry & {
    readonly session: OpenSession;
    readonly change: Parameters<typeof renewSession>[2];
  },
): Promise<SessionKeys> {
  return tools.store.atomically(async (store, trx) => {
    const inside = { ...tools, store };
    const keys = await renewSession(inside, o.session, o.change);
    const mark = { personId: o.person.id, assignment: o.role, at: tools.clock.now() };
    const marked = await store.persons.markLogin(mark);
    await tools.audit.recordAll(entriesOf({ ...o, ...marked }), trx);
    return keys;
  });
}

async function stepUp(tools: SignInTools, session: OpenSession, der: Buffer): Promise<SessionKeys> {
  requireStage(session, 'open', 'second-factor');
  const { person } = await readyPerson(tools, session);
  const linked = await linkedCertificate(tools, { der, person, source: session.source });
  if (!linked.ok) throw new Failure('signin.certificate', { problem: linked.problem.code });
  const keys =
    session.stage === 'open'
      ? await renewSession(tools, session, {
          ...{ stage: 'open', addFactor: 'certificate', certificateId: linked.certificate.id },
        })
      : await proceed(tools, session, 'certificate');
  await tools.audit.record(callerOf(session), {
    ...{ event: 'authn_login_success', action: 'login.step-up', target: person.username },
    ...{ result: 'done', after: { fingerprint: linked.certificate.fingerprint } },
  });
  return keys;
}
