import { z } from 'zod';
import { endpoint } from '../endpoint.ts';
import { instant, password } from '../fields.ts';
import { grant, sessionState } from '../session-state.ts';
import { given } from '../shapes.ts';

const typedCode = z.string().min(1, 'required').max(60);

const sheet = z
  .object({
    codes: z.array(z.object({ number: z.int(), code: z.string() })),
  })
  .meta({ id: 'BackupCodes', description: 'Shown this once: print them, do not keep them.' });

/** Password and authenticator app: chosen by the person alone. */
export const factorEndpoints = [
  endpoint({
    method: 'GET',
    path: '/me/password/requirements',
    id: 'showPasswordRequirements',
    tag: 'me',
    summary: 'The rules in force for the password of this person, one sentence each',
    action: 'own',
    stages: ['password-change', 'enrolment', 'open'],
    answer: z.object({ policy: z.string(), rules: z.array(z.string()) }),
    act: ({ session, parts }) => parts.identity.passwords.requirements(session),
  }),
  endpoint({
    method: 'PUT',
    path: '/me/password',
    id: 'changePassword',
    tag: 'me',
    summary: 'Chooses the first password, or another one; other sessions end unless told not to',
    action: 'own',
    stages: ['password-change', 'open'],
    rate: 'login',
    bodyBytesMax: 8 * 1024,
    body: z.strictObject({
      password,
      current: password.optional().describe('Needed unless the login is at `password-change`.'),
      keepOtherSessions: z.boolean().optional(),
    }),
    answer: sessionState,
    errors: [
      'password.refused',
      'identity.refused',
      'identity.busy',
      'signin.stage',
      'signin.reauthenticate',
    ],
    async act({ session, body, cookies, parts }) {
      const { passwords, signIn } = parts.identity;
      if (session.stage === 'password-change') {
        await passwords.choose(session, body.password);
        return grant(cookies, await signIn.advance(session, 'password'));
      }
      const { current = '', keepOtherSessions: keepOthers } = body;
      const wish = { current, password: body.password, ...given({ keepOthers }) };
      return grant(cookies, await passwords.change(session, wish));
    },
  }),
  endpoint({
    method: 'GET',
    path: '/me/second-factor',
    id: 'showSecondFactor',
    tag: 'me',
    summary: 'Whether an app is in force, and how many back-up codes are left',
    action: 'own',
    stages: ['enrolment', 'open'],
    answer: z.object({
      app: z.enum(['none', 'active', 'disabled']),
      activatedAt: instant.optional(),
      backupCodesLeft: z.int(),
    }),
    act: ({ session, parts }) => parts.identity.factors.state(session),
  }),
  endpoint({
    method: 'POST',
    path: '/me/second-factor/enrolment',
    id: 'beginEnrolment',
    tag: 'me',
    summary: 'Asks for the password again and gives what an authenticator app needs',
    action: 'own',
    stages: ['enrolment', 'open'],
    rate: 'login',
    body: z.strictObject({
      password: password.optional(),
      code: typedCode.optional().describe('Of the app in force, when there is one.'),
    }),
    answer: z.object({
      uri: z.string().describe('otpauth://'),
      qrSvg: z.string().describe('The same as a picture.'),
      manual: z.object({
        issuer: z.string(),
        account: z.string(),
        secret: z.string().describe('Base32 in groups of four.'),
        type: z.string(),
        algorithm: z.string(),
        digits: z.int(),
        periodSeconds: z.int(),
      }),
    }),
    errors: [
      'identity.refused',
      'identity.busy',
      'signin.code-refused',
      'signin.stage',
      'signin.reauthenticate',
    ],
    act: ({ session, body, parts }) => parts.identity.factors.begin(session, given(body)),
  }),
  endpoint({
    method: 'POST',
    path: '/me/second-factor/enrolment/proof',
    id: 'proveEnrolment',
    tag: 'me',
    summary: 'Proves the app by a code; gives the back-up codes, which are not in force yet',
    action: 'own',
    stages: ['enrolment', 'open'],
    rate: 'login',
    body: z.strictObject({ code: typedCode }),
    answer: sheet,
    errors: ['signin.code-refused', 'signin.stage', 'identity.busy'],
    act: ({ session, body, parts }) => parts.identity.factors.prove(session, body),
  }),
  endpoint({
    method: 'POST',
    path: '/me/second-factor/enrolment/activation',
    id: 'activateEnrolment',
    tag: 'me',
    summary: '"Activate and print": app and codes are in force from now on',
    action: 'own',
    stages: ['enrolment', 'open'],
    answer: sessionState,
    errors: ['signin.stage'],
    async act({ session, cookies, parts }) {
      const { factors, signIn } = parts.identity;
      await factors.activate(session);
      return grant(cookies, await signIn.advance(session, 'totp'));
    },
  }),
  endpoint({
    method: 'POST',
    path: '/me/second-factor/backup-codes',
    id: 'regenerateBackupCodes',
    tag: 'me',
    summary: 'New back-up codes; the old ones are void',
    action: 'own',
    rate: 'login',
    body: z.strictObject({ password, code: typedCode }),
    answer: sheet,
    errors: [
      'identity.refused',
      'identity.busy',
      'signin.code-refused',
      'signin.stage',
      'signin.reauthenticate',
    ],
    act: ({ session, body, parts }) => parts.identity.factors.regenerate(session, body),
  }),
];
