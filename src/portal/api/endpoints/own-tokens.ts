import { z } from 'zod';
import { endpoint } from '../endpoint.ts';
import { id, instant, line, password } from '../fields.ts';
import { given } from '../shapes.ts';

const token = z
  .object({
    id: z.string(),
    name: z.string(),
    assignmentId: z.string(),
    createdAt: instant,
    expiresAt: instant,
    lastUsedAt: instant.optional(),
    revokedAt: instant.optional(),
  })
  .meta({ id: 'ApiToken' });

/** Tokens for programs: one person, one role, for a time. */
export const tokenEndpoints = [
  endpoint({
    method: 'GET',
    path: '/me/api-tokens',
    id: 'listApiTokens',
    tag: 'me',
    summary: "The person's API tokens",
    action: 'own',
    answer: z.object({ items: z.array(token) }),
    act: async ({ session, parts }) => ({ items: await parts.identity.tokens.list(session) }),
  }),
  endpoint({
    method: 'POST',
    path: '/me/api-tokens',
    id: 'createApiToken',
    tag: 'me',
    summary: 'Makes a token that acts in the role of this session; it is shown this once',
    action: 'own',
    rate: 'login',
    body: z.strictObject({
      name: line(60),
      days: z.int().min(1).max(366),
      password: password.optional(),
    }),
    status: 201,
    answer: z.object({ token: z.string(), view: token }),
    errors: [
      'registration.invalid',
      'identity.refused',
      'identity.busy',
      'signin.stage',
      'signin.reauthenticate',
    ],
    act: ({ session, body, parts }) => {
      const { name, days, ...rest } = body;
      return parts.identity.tokens.create(session, { name, days, ...given(rest) });
    },
  }),
  endpoint({
    method: 'DELETE',
    path: '/me/api-tokens/:id',
    id: 'revokeApiToken',
    tag: 'me',
    summary: 'Revokes one of them',
    action: 'own',
    params: z.strictObject({ id }),
    act: ({ session, params, parts }) => parts.identity.tokens.revoke(session, params.id),
  }),
];
