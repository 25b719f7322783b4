import { z } from 'zod';
import type { SessionKeys } from '../../identity/index.ts';
import type { Cookies } from './endpoint.ts';
import { instant } from './fields.ts';

export const stage = z
  .enum(['password-change', 'second-factor', 'enrolment', 'role', 'open'])
  .meta({ id: 'Stage', description: 'What the login still waits for; `open` has a role.' });

/** How far a login is, and the token that unsafe requests repeat in `x-csrf-token`. */
export const sessionState = z
  .object({
    stage,
    csrf: z.string(),
    idleUntil: instant,
    absoluteUntil: instant,
  })
  .meta({ id: 'SessionState' });

type State = Pick<SessionKeys, 'stage' | 'csrf' | 'idleUntil' | 'absoluteUntil'>;

/** The part of new keys that a page may see: the token is in the cookie alone. */
export function granted({ stage: at, csrf, idleUntil, absoluteUntil }: SessionKeys): State {
  return { stage: at, csrf, idleUntil, absoluteUntil };
}

/** Hands over a new session. */
export function grant(cookies: Cookies, keys: SessionKeys): State {
  cookies.give(keys);
  return granted(keys);
}

/** The session of an endpoint that takes no API token: there is one, which its type cannot know. */
export function inSession<T>(session: T | undefined): T {
  if (session === undefined) throw new TypeError('a session was expected');
  return session;
}
