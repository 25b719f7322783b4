import { createHash } from 'node:crypto';
import type { Caller, OpenSession } from '../../src/identity/index.ts';
import type { ApiSettings } from '../../src/portal/index.ts';
import type { Access } from '../../src/portal/api/ports.ts';

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

const caller: Caller = {
  name: 'jan12345',
  role: 'AM',
  personId: 'p',
  source: '127.0.0.1',
  language: 'fr',
};

const session: OpenSession = {
  id: 's',
  username: 'jan12345',
  source: '127.0.0.1',
  idleUntil: new Date('2026-03-02T08:30:00Z'),
  absoluteUntil: new Date('2026-03-02T20:00:00Z'),
  personId: 'p',
  stage: 'open',
  factors: ['password'],
  caller,
  language: 'fr',
  csrfHash: sha256('csrf'),
  authenticatedAt: new Date('2026-03-02T08:00:00Z'),
};

const stages: Readonly<Record<string, OpenSession>> = {
  open: session,
  early: { ...session, stage: 'enrolment' },
};

/** What the frame asks, answered from a few lines: cookies `open` and `early`, token `api`. */
export function fakeAccess(): { readonly access: Access; readonly refused: string[] } {
  const refused: string[] = [];
  const access: Access = {
    openSession: (token) => Promise.resolve(stages[token]),
    openToken: (token) => Promise.resolve(token === 'api' ? caller : undefined),
    knows: (action) => action.startsWith('user.') || action === 'cam.appoint',
    mayEver: (role, action) => role === 'AM' && action.startsWith('user.'),
    refused(_caller, { action }) {
      refused.push(action);
      return Promise.resolve();
    },
  };
  return { access, refused };
}

/** Narrow enough for a test to reach every limit. */
export const apiSettings: ApiSettings = {
  limits: {
    sourceRequestsPerMinuteMax: 50,
    sessionRequestsPerMinuteMax: 40,
    loginRequestsPerMinuteMax: 5,
    recoveryRequestsPerMinuteMax: 5,
  },
  proxies: { trusts: () => false },
};
