import { z } from 'zod';
import { problemArticle, type SignInOutcome } from '../../../identity/index.ts';
import type { Language } from '../../../vocabulary/index.ts';
import { endpoint, type Cookies } from '../endpoint.ts';
import { password, typedUsername } from '../fields.ts';
import { RequestRefused } from '../problem.ts';
import { grant, sessionState } from '../session-state.ts';

/** From the door to a session. Every step hands out a new token in a new cookie. */
export const loginEndpoints = [
  endpoint({
    method: 'POST',
    path: '/login/password',
    id: 'loginByPassword',
    tag: 'login',
    summary: 'User name and password, or the one-time code in its place',
    action: 'public',
    rate: 'login',
    body: z.strictObject({
      username: typedUsername,
      password,
      withCertificate: z
        .boolean()
        .optional()
        .describe('Also asks for the certificate of the connection.'),
    }),
    answer: sessionState,
    bodyBytesMax: 8 * 1024,
    errors: ['identity.refused', 'identity.busy', 'signin.certificate'],
    async act({ body, source, userAgent, clientCertificate, cookies, language, parts }) {
      const certificate = body.withCertificate === true ? clientCertificate : undefined;
      if (body.withCertificate === true && certificate === undefined) throw noCertificate(language);
      const outcome = await parts.identity.signIn.byPassword({
        ...{ username: body.username, password: body.password, source, userAgent },
        ...(certificate === undefined ? {} : { certificate }),
      });
      return begun(outcome, { cookies, language });
    },
  }),
  endpoint({
    method: 'POST',
    path: '/login/certificate',
    id: 'loginByCertificate',
    tag: 'login',
    summary: 'The certificate of the connection, on the port that asks for one',
    action: 'public',
    rate: 'login',
    answer: sessionState,
    errors: ['identity.refused', 'identity.busy', 'signin.certificate'],
    async act({ source, userAgent, clientCertificate: certificate, cookies, language, parts }) {
      if (certificate === undefined) throw noCertificate(language);
      const outcome = await parts.identity.signIn.byCertificate({ certificate, source, userAgent });
      return begun(outcome, { cookies, language });
    },
  }),
  endpoint({
    method: 'POST',
    path: '/login/second-factor',
    id: 'loginSecondFactor',
    tag: 'login',
    summary: 'The code of the app, or a back-up code',
    action: 'own',
    stages: ['second-factor'],
    rate: 'login',
    body: z.union([
      z.strictObject({ code: z.string().min(1, 'required').max(20) }),
      z.strictObject({
        backupCode: z.string().min(1, 'required').max(60),
        number: z.int().min(1).max(100).optional().describe('The one printed before it.'),
      }),
    ]),
    answer: sessionState,
    errors: ['signin.code-refused', 'signin.stage', 'identity.busy'],
    async act({ session, body, cookies, parts }) {
      const wish =
        'code' in body
          ? body
          : {
              backupCode: body.backupCode,
              ...(body.number === undefined ? {} : { number: body.number }),
            };
      return grant(cookies, await parts.identity.signIn.secondFactor(session, wish));
    },
  }),
];

/** @throws RequestRefused `identity.refused` for whatever reason, `signin.certificate` with its own */
function begun(
  outcome: SignInOutcome,
  { cookies, language }: { readonly cookies: Cookies; readonly language: Language },
): ReturnType<typeof grant> {
  if (outcome.outcome === 'refused') throw new RequestRefused('identity.refused');
  if (outcome.outcome === 'started') return grant(cookies, outcome);
  const { code, linkedUntil } = outcome.problem;
  throw certificateRefused(code, language, linkedUntil);
}

function noCertificate(language: Language): RequestRefused {
  return certificateRefused('AUTH_CLIENT_ENV', language);
}

/** Tells the code of ours, the older spelling people search for, and what to do. */
export function certificateRefused(
  rule: Parameters<typeof problemArticle>[0],
  language: Language,
  linkedUntil?: Date,
): RequestRefused {
  const { aliases, advice } = problemArticle(rule);
  return new RequestRefused('signin.certificate', {
    ...{ rule, detail: advice[language] },
    ...(aliases[0] === undefined ? {} : { alias: aliases[0] }),
    ...(linkedUntil === undefined ? {} : { linkedUntil: linkedUntil.toISOString() }),
  });
}
