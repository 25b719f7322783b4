import { randomUUID } from 'node:crypto';
import { Failure, type Language } from '../../vocabulary/index.ts';
import type { Caller } from '../people/caller.ts';
import type {
  AssignmentRecord,
  Factor,
  OpenedSession,
  SessionRecord,
  SessionStage,
  SignInPerson,
} from './ports.ts';
import { isToken, newToken, tokenHash } from './secret-codes.ts';
import { personAsCaller, type Origin, type SignInTools } from './tools.ts';

/** A session as it stands at this request. */
export interface OpenSession {
  readonly id: string;
  readonly personId: string;
  readonly username: string;
  readonly stage: SessionStage;
  readonly factors: readonly Factor[];
  /** Only at stage `open`: who acts, in which role. Read anew at every request. */
  readonly caller?: Caller;
  readonly assignment?: AssignmentRecord;
  readonly language: Language;
  readonly csrfHash: Buffer;
  readonly authenticatedAt: Date;
  readonly idleUntil: Date;
  readonly absoluteUntil: Date;
  readonly source: string;
}

/** What a browser is handed: shown once, kept by nobody but it. */
export interface SessionKeys {
  readonly token: string;
  readonly csrf: string;
  readonly stage: SessionStage;
  readonly sessionId: string;
  readonly idleUntil: Date;
  readonly absoluteUntil: Date;
}

export interface SessionView {
  readonly id: string;
  readonly current: boolean;
  readonly stage: SessionStage;
  readonly factors: readonly Factor[];
  readonly source: string;
  readonly userAgent: string;
  readonly createdAt: Date;
  readonly seenAt: Date;
  readonly absoluteUntil: Date;
}

/** Sessions by reference token: nothing about them lies with the browser. */
export interface Sessions {
  /** Undefined for a token that is unknown, over, ended, or whose role is no longer in force. */
  open(token: string, origin: Origin): Promise<OpenSession | undefined>;
  /** Those of the person, newest first. */
  list(session: OpenSession): Promise<readonly SessionView[]>;
  logout(session: OpenSession): Promise<void>;
  /** Ends one of the person's own. @throws Failure `registration.unknown` */
  end(session: OpenSession, id: string): Promise<void>;
  /** Ends all of the person's but this one; gives how many those were. */
  endOthers(session: OpenSession): Promise<number>;
  /** Ends every session of somebody the caller answers for. @throws Failure `access.denied` */
  endOf(caller: Caller, personId: string): Promise<number>;
  /** The language of the page from now on, and of letters. */
  chooseLanguage(session: OpenSession, language: Language): Promise<void>;
  /** Forgets sessions that were over before the instant; gives how many. */
  prune(before: Date): Promise<number>;
}

const touchEveryMs = 60_000;
const pruneMax = 10_000;
const userAgentCharactersMax = 200;

export function openSessions(tools: SignInTools): Sessions {
  const { store, clock, audit } = tools;
  return {
    async open(token, origin) {
      if (!isToken(token)) return undefined;
      const now = clock.now();
      const found = await store.sessions.open(tokenHash(token), now);
      if (found === undefined) return undefined;
      const session = openSessionOf(found, origin.source);
      if (session.stage === 'open' && session.caller === undefined) return undefined;
      if (now.getTime() - found.session.seenAt.getTime() >= touchEveryMs) {
        await store.sessions.touch(session.id, now, idleEnd(tools, now));
      }
      return session;
    },
    async list(session) {
      const records = await store.sessions.list(session.personId, clock.now());
      return records.map((record) => viewOf(record, session.id));
    },
    async logout(session) {
      const ended = await store.sessions.end({
        ...{ id: session.id, at: clock.now(), reason: 'logout' },
      });
      if (ended) await recordEnd(tools, callerOf(session), session.username, 'logout', 1);
    },
    async end(session, id) {
      const own = await store.sessions.list(session.personId, clock.now());
      const known = own.some((one) => one.id === id);
      if (!known) throw new Failure('registration.unknown', { what: 'session' });
      await store.sessions.end({ id, at: clock.now(), reason: 'ended-by-person' });
      await recordEnd(tools, callerOf(session), session.username, 'ended-by-person', 1);
    },
    async endOthers(session) {
      const { personId, id: except } = session;
      const at = clock.now();
      const count = await store.sessions.endOf({ personId, except, at, reason: 'ended-by-person' });
      await recordEnd(tools, callerOf(session), session.username, 'ended-by-person', count);
      return count;
    },
    async endOf(caller, personId) {
      await tools.gate.require(caller, 'session.end', { personId });
      const person = await store.persons.byId(personId);
      if (person === undefined) throw new Failure('registration.unknown', { what: 'person' });
      const at = clock.now();
      const count = await store.sessions.endOf({ personId, at, reason: 'ended-by-manager' });
      await recordEnd(tools, caller, person.username, 'ended-by-manager', count);
      return count;
    },
    async chooseLanguage(session, language) {
      await store.persons.setLanguage(session.personId, language, clock.now());
      await audit.record(callerOf(session), {
        ...{ event: 'user_updated', action: 'language.choose', target: session.username },
        ...{ result: 'done', before: { language: session.language }, after: { language } },
      });
    },
    prune: (before) => store.sessions.prune(before, pruneMax),
  };
}

/** Who acts in a session, with a role or before one was chosen. */
export function callerOf(session: OpenSession): Caller {
  if (session.caller !== undefined) return session.caller;
  const { username: name, personId, id: sessionId, source, language } = session;
  return { name, role: 'person', personId, sessionId, source, language };
}

async function recordEnd(
  tools: SignInTools,
  caller: Caller,
  target: string,
  reason: string,
  sessions: number,
): Promise<void> {
  await tools.audit.record(caller, {
    ...{ event: 'session_ended', action: 'session.end', target, result: 'done' },
    after: { reason, sessions },
  });
}

function openSessionOf(
  { session, person, assignment }: OpenedSession,
  source: string,
): OpenSession {
  const caller =
    session.stage === 'open' && assignment !== undefined
      ? callerIn({
          person,
          assignment,
          source,
          sessionId: session.id,
          qualityId: session.qualityId,
        })
      : undefined;
  const { id, personId, stage, factors, csrfHash, authenticatedAt, idleUntil, absoluteUntil } =
    session;
  return {
    ...{
      id,
      personId,
      stage,
      factors,
      csrfHash,
      authenticatedAt,
      idleUntil,
      absoluteUntil,
      source,
    },
    username: person.username,
    language: person.language,
    ...(caller === undefined || assignment === undefined ? {} : { caller, assignment }),
  };
}

/** The caller that a role makes of a person. */
export function callerIn(o: {
  readonly person: SignInPerson;
  readonly assignment: AssignmentRecord;
  readonly source: string;
  readonly sessionId?: string;
  /** What a manager of the whole enterprise selected. */
  readonly qualityId?: string | undefined;
}): Caller {
  const { person, assignment, source, sessionId } = o;
  const qualityId = o.qualityId ?? assignment.qualityId;
  return {
    ...personAsCaller(person, source),
    role: assignment.role,
    assignmentId: assignment.id,
    ...(sessionId === undefined ? {} : { sessionId }),
    ...(assignment.enterprise === undefined ? {} : { enterprise: assignment.enterprise }),
    ...(qualityId === undefined ? {} : { qualityId }),
  };
}

function idleEnd(tools: SignInTools, now: Date): Date {
  return new Date(now.getTime() + tools.rules.idleMs);
}

/** Opens a session for somebody who has shown a first factor, and marks the login when it has a role. */
export async function startSession(
  tools: SignInTools,
  o: {
    readonly person: SignInPerson;
    readonly stage: SessionStage;
    readonly factors: readonly Factor[];
    readonly origin: Origin;
    readonly role?: AssignmentRecord | undefined;
    readonly certificateId?: string | undefined;
  },
): Promise<{ readonly keys: SessionKeys; readonly enterpriseOpened: boolean }> {
  const now = tools.clock.now();
  const { token, hash } = newToken();
  const csrf = newToken();
  const record: SessionRecord = {
    id: randomUUID(),
    tokenHash: hash,
    personId: o.person.id,
    ...(o.role === undefined ? {} : { assignmentId: o.role.id }),
    ...(o.certificateId === undefined ? {} : { certificateId: o.certificateId }),
    stage: o.stage,
    factors: o.factors,
    csrfHash: csrf.hash,
    source: o.origin.source,
    userAgent: (o.origin.userAgent ?? '').replace(/\p{C}+/gu, ' ').slice(0, userAgentCharactersMax),
    ...{ createdAt: now, authenticatedAt: now, seenAt: now },
    idleUntil: idleEnd(tools, now),
    absoluteUntil: new Date(now.getTime() + tools.rules.absoluteMs),
  };
  const begun = await tools.store.sessions.begin(record, o.role);
  return { keys: keysOf(record, token, csrf.token), ...begun };
}

/**
 * Moves a session on under a new token (ASVS 7.2.4): the old one opens nothing from then on.
 *
 * @throws Failure `signin.stage` when the session ended meanwhile
 */
export async function renewSession(
  tools: SignInTools,
  session: OpenSession,
  change: {
    readonly stage: SessionStage;
    readonly addFactor?: Factor;
    readonly assignmentId?: string | undefined;
    readonly qualityId?: string | undefined;
    readonly certificateId?: string;
  },
): Promise<SessionKeys> {
  const now = tools.clock.now();
  const { token, hash } = newToken();
  const csrf = newToken();
  const { addFactor, ...rest } = change;
  const factors =
    addFactor === undefined ? session.factors : [...new Set([...session.factors, addFactor])];
  const idleUntil = idleEnd(tools, now);
  const done = await tools.store.sessions.renew(session.id, {
    ...rest,
    ...{ tokenHash: hash, csrfHash: csrf.hash, factors, idleUntil },
    ...(addFactor === undefined ? {} : { authenticatedAt: now }),
  });
  if (!done) throw new Failure('signin.stage', { stage: 'ended' });
  return keysOf(
    { id: session.id, stage: change.stage, idleUntil, absoluteUntil: session.absoluteUntil },
    token,
    csrf.token,
  );
}

function keysOf(
  record: Pick<SessionRecord, 'id' | 'stage' | 'idleUntil' | 'absoluteUntil'>,
  token: string,
  csrf: string,
): SessionKeys {
  const { id: sessionId, stage, idleUntil, absoluteUntil } = record;
  return { token, csrf, stage, sessionId, idleUntil, absoluteUntil };
}

function viewOf(record: SessionRecord, currentId: string): SessionView {
  const { id, stage, factors, source, userAgent, createdAt, seenAt, absoluteUntil } = record;
  return {
    ...{ id, stage, factors, source, userAgent, createdAt, seenAt, absoluteUntil },
    current: id === currentId,
  };
}
