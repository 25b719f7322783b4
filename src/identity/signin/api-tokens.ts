import { randomUUID } from 'node:crypto';
import { Failure } from '../../vocabulary/index.ts';
import type { Caller } from '../people/caller.ts';
import { oneLine } from '../text.ts';
import { requirePassword } from './proof.ts';
import { isToken, newToken, tokenHash } from './secret-codes.ts';
import { callerIn, callerOf, type OpenSession } from './sessions.ts';
import { requireStage } from './stages.ts';
import type { Origin, SignInTools } from './tools.ts';

export interface ApiTokenView {
  readonly id: string;
  readonly name: string;
  readonly assignmentId: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly lastUsedAt?: Date;
  readonly revokedAt?: Date;
}

/** Tokens for programs. Each acts in the one role of the session that made it, as long as it holds. */
export interface ApiTokens {
  /** Undefined when unknown, revoked, over, or its role is no longer in force. */
  open(token: string, origin: Origin): Promise<Caller | undefined>;
  /**
   * The token is shown this once. Asks for the password again.
   *
   * @throws Failure `identity.refused`, `signin.stage`, `registration.invalid` (days, name, too many)
   */
  create(
    session: OpenSession,
    o: { readonly name: string; readonly days: number; readonly password?: string },
  ): Promise<{ readonly token: string; readonly view: ApiTokenView }>;
  list(session: OpenSession): Promise<readonly ApiTokenView[]>;
  /** @throws Failure `registration.unknown` */
  revoke(session: OpenSession, id: string): Promise<void>;
}

const daysMax = 366;
const tokensMax = 20;
const nameCharactersMax = 60;
const touchEveryMs = 60_000;
const dayMs = 86_400_000;
/** Lets scanners find a token that was published by mistake. */
const prefix = 'sluis_';

export function openApiTokens(tools: SignInTools): ApiTokens {
  const { store, clock } = tools;
  return {
    async open(token, { source }) {
      if (!token.startsWith(prefix)) return undefined;
      const bare = token.slice(prefix.length);
      if (!isToken(bare)) return undefined;
      const now = clock.now();
      const found = await store.tokens.open(tokenHash(bare), now);
      if (found === undefined) return undefined;
      const usedAt = found.token.lastUsedAt?.getTime() ?? 0;
      if (now.getTime() - usedAt >= touchEveryMs) await store.tokens.touch(found.token.id, now);
      return callerIn({ ...found, source, qualityId: found.token.qualityId });
    },
    create: (session, wish) => create(tools, session, wish),
    async list(session) {
      return (await store.tokens.list(session.personId)).map(viewOf);
    },
    async revoke(session, id) {
      const { personId, username } = session;
      const done = await store.tokens.revoke({ id, personId, at: clock.now() });
      if (!done) throw new Failure('registration.unknown', { what: 'token' });
      await tools.audit.record(callerOf(session), {
        ...{ event: 'authn_token_revoked', action: 'token.revoke', target: username },
        ...{ result: 'done', after: { id } },
      });
    },
  };
}

async function create(
  tools: SignInTools,
  session: OpenSession,
  wish: Parameters<ApiTokens['create']>[1],
): ReturnType<ApiTokens['create']> {
  requireStage(session, 'open');
  const { caller, assignment } = session;
  if (caller === undefined || assignment === undefined) {
    throw new Failure('signin.stage', { stage: session.stage });
  }
  const name = oneLine(wish.name).trim();
  if (name === '' || name.length > nameCharactersMax) throw invalid('give the token a name');
  if (!Number.isInteger(wish.days) || wish.days < 1 || wish.days > daysMax) {
    throw invalid(`a token lives from 1 to ${daysMax} days`);
  }
  const person = await requirePassword(tools, session, wish.password);
  const createdAt = tools.clock.now();
  const { token, hash } = newToken();
  const record = {
    ...{ id: randomUUID(), tokenHash: hash, personId: person.id, name, createdAt },
    assignmentId: assignment.id,
    ...(caller.qualityId === undefined ? {} : { qualityId: caller.qualityId }),
    expiresAt: new Date(createdAt.getTime() + wish.days * dayMs),
  };
  const done = await tools.store.tokens.insert(record, tokensMax);
  if (!done) throw invalid(`a person may have ${tokensMax} tokens at one time`);
  await tools.audit.record(caller, {
    ...{ event: 'authn_token_created', action: 'token.create', target: person.username },
    ...{
      result: 'done',
      after: { id: record.id, name, expiresAt: record.expiresAt.toISOString() },
    },
  });
  return { token: `${prefix}${token}`, view: viewOf(record) };
}

function invalid(why: string): Failure {
  return new Failure('registration.invalid', { what: 'token', why });
}

function viewOf(record: ApiTokenView & { readonly id: string }): ApiTokenView {
  const { id, name, assignmentId, createdAt, expiresAt, lastUsedAt, revokedAt } = record;
  return {
    ...{ id, name, assignmentId, createdAt, expiresAt },
    ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
    ...(revokedAt === undefined ? {} : { revokedAt }),
  };
}
