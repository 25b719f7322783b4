import { actions, mayEver } from '../../identity/index.ts';
import type { Access, ApiIdentity } from './ports.ts';

const known: ReadonlySet<string> = new Set(actions);

/** What the frame asks, answered by the room of identity. */
export function accessOf(identity: ApiIdentity): Access {
  return {
    openSession: (token, origin) => identity.sessions.open(token, origin),
    openToken: (token, origin) => identity.tokens.open(token, origin),
    knows: (action) => known.has(action),
    mayEver: (role, action) => mayEver(role, action),
    refused: (caller, { action, target }) =>
      identity.audit.record(caller, {
        ...{ event: 'authz_fail', action, target, result: 'refused' },
        after: { rule: 'role' },
      }),
  };
}
