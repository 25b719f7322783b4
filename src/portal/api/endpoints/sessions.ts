import { z } from 'zod';
import type { AssignmentRecord } from '../../../identity/index.ts';
import { endpoint } from '../endpoint.ts';
import { id, instant, language } from '../fields.ts';
import { menuOf } from '../menu.ts';
import { grant, sessionState, stage } from '../session-state.ts';
import { role } from '../shapes.ts';

const everyStage = ['password-change', 'second-factor', 'enrolment', 'role', 'open'] as const;

const roleToChoose = z
  .object({
    id: z.string(),
    role,
    enterprise: z.string().optional(),
    enterpriseName: z.string().optional(),
    country: z.string().optional(),
    qualityId: z.string().optional(),
    qualityType: z.string().optional(),
  })
  .meta({ id: 'RoleToChoose' });

const session = z
  .object({
    id: z.string(),
    username: z.string(),
    stage,
    factors: z.array(z.string()),
    language,
    role: roleToChoose.optional(),
    selectedQualityId: z.string().optional(),
    authenticatedAt: instant,
    idleUntil: instant,
    absoluteUntil: instant,
  })
  .meta({ id: 'Session' });

const sessionLine = z.object({
  id: z.string(),
  current: z.boolean(),
  stage,
  factors: z.array(z.string()),
  source: z.string(),
  userAgent: z.string(),
  createdAt: instant,
  seenAt: instant,
  absoluteUntil: instant,
});

const choice = z.strictObject({
  appointment: id.describe('One of the roles offered.'),
  quality: id.optional().describe('For managers of an enterprise: the quality to work in.'),
});

/** The session of a person: its role, its menu, its language, and the others he has. */
export const sessionEndpoints = [
  endpoint({
    method: 'GET',
    path: '/session',
    id: 'showSession',
    tag: 'session',
    summary: 'Who is logged in, how far, and in which role',
    action: 'own',
    stages: everyStage,
    answer: session,
    act({ session: it }) {
      const { caller, assignment, ...rest } = it;
      const selected = caller?.qualityId;
      return Promise.resolve({
        ...rest,
        ...(assignment === undefined ? {} : { role: roleOf(assignment) }),
        ...(selected === undefined ? {} : { selectedQualityId: selected }),
      });
    },
  }),
  endpoint({
    method: 'DELETE',
    path: '/session',
    id: 'logout',
    tag: 'session',
    summary: 'Logs out: the session ends on the server, the cookies are cleared',
    action: 'own',
    stages: everyStage,
    async act({ session: it, cookies, parts }) {
      await parts.identity.sessions.logout(it);
      cookies.clear();
    },
  }),
  endpoint({
    method: 'GET',
    path: '/session/roles',
    id: 'listOwnRoles',
    tag: 'session',
    summary: 'Roles to choose from',
    action: 'own',
    stages: ['role', 'open'],
    answer: z.object({ items: z.array(roleToChoose) }),
    async act({ session: it, parts }) {
      return { items: (await parts.identity.signIn.roles(it)).map(roleOf) };
    },
  }),
  endpoint({
    method: 'PUT',
    path: '/session/role',
    id: 'chooseRole',
    tag: 'session',
    summary: 'Chooses the one role of the session, or switches to another without a new login',
    action: 'own',
    stages: ['role', 'open'],
    body: choice,
    answer: sessionState,
    errors: ['registration.unknown', 'signin.stage'],
    async act({ session: it, body, cookies, parts }) {
      const { signIn } = parts.identity;
      const { appointment, quality } = body;
      const keys =
        it.stage === 'role'
          ? await signIn.chooseRole(it, appointment, quality)
          : await signIn.switchRole(it, appointment, quality);
      return grant(cookies, keys);
    },
  }),
  endpoint({
    method: 'PUT',
    path: '/session/language',
    id: 'chooseLanguage',
    tag: 'session',
    summary: 'The language of answers and letters, from now on and at later logins',
    action: 'own',
    stages: everyStage,
    body: z.strictObject({ language }),
    act: ({ session: it, body, parts }) =>
      parts.identity.sessions.chooseLanguage(it, body.language),
  }),
  endpoint({
    method: 'POST',
    path: '/session/certificate',
    id: 'stepUp',
    tag: 'session',
    summary: 'Adds the certificate of the connection to the session, for what asks for one',
    action: 'own',
    stages: ['second-factor', 'open'],
    rate: 'login',
    answer: sessionState,
    errors: ['signin.certificate', 'signin.stage'],
    async act({ session: it, clientCertificate, cookies, parts }) {
      const certificate = clientCertificate ?? Buffer.alloc(0);
      return grant(cookies, await parts.identity.signIn.stepUp(it, { certificate }));
    },
  }),
  endpoint({
    method: 'GET',
    path: '/session/menu',
    id: 'showMenu',
    tag: 'session',
    summary: 'What the role may do, at the level of the enterprise or of the selected quality',
    action: 'own',
    answer: z.object({
      items: z.array(
        z.object({
          id: z.string(),
          label: z.string().describe('In the language of the session.'),
          path: z.string().describe('Where its data are.'),
        }),
      ),
    }),
    act({ session: { caller, language: spoken } }) {
      return Promise.resolve({ items: caller === undefined ? [] : menuOf(caller, spoken) });
    },
  }),
  endpoint({
    method: 'GET',
    path: '/sessions',
    id: 'listSessions',
    tag: 'session',
    summary: "The person's sessions, newest first",
    action: 'own',
    answer: z.object({ items: z.array(sessionLine) }),
    act: async ({ session: it, parts }) => ({ items: await parts.identity.sessions.list(it) }),
  }),
  endpoint({
    method: 'DELETE',
    path: '/sessions',
    id: 'endOtherSessions',
    tag: 'session',
    summary: 'Ends all sessions of the person but this one',
    action: 'own',
    answer: z.object({ ended: z.int() }),
    act: async ({ session: it, parts }) => ({
      ended: await parts.identity.sessions.endOthers(it),
    }),
  }),
  endpoint({
    method: 'DELETE',
    path: '/sessions/:id',
    id: 'endSession',
    tag: 'session',
    summary: "Ends one of the person's sessions",
    action: 'own',
    params: z.strictObject({ id }),
    act: ({ session: it, params, parts }) => parts.identity.sessions.end(it, params.id),
  }),
];

function roleOf({
  id: appointment,
  ...rest
}: AssignmentRecord): Omit<AssignmentRecord, 'personId'> {
  return { id: appointment, ...rest };
}
