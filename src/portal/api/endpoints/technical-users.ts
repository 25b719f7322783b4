import { z } from 'zod';
import { endpoint } from '../endpoint.ts';
import { bytesOf, id, instant, line, password, uploadedFile } from '../fields.ts';
import { given } from '../shapes.ts';

const technicalUser = z
  .object({
    username: z.string(),
    sender: z.string(),
    auth: z.enum(['publickey', 'publickey+password', 'password']),
    state: z.enum(['active', 'blocked', 'removed']),
    hasPassword: z.boolean(),
    createdAt: instant,
  })
  .meta({ id: 'TechnicalUser' });

const params = z.strictObject({ username: z.string().min(1).max(60) });
const files = z.array(uploadedFile).max(10).optional();
const refusals = [
  'registration.invalid',
  'registration.exists',
  'registration.unknown',
  'access.guard',
] as const;

/** Logins of the channels of a quality, as acts of its access managers. */
export const technicalUserEndpoints = [
  endpoint({
    method: 'GET',
    path: '/technical-users',
    id: 'listTechnicalUsers',
    tag: 'technical-users',
    summary: 'Technical users of a quality',
    action: 'technical-user.manage',
    query: z.strictObject({ quality: id.optional().describe("Without: the caller's.") }),
    answer: z.object({ items: z.array(technicalUser) }),
    errors: ['registration.unknown', 'registration.invalid'],
    act: async ({ caller, query, parts }) => ({
      items: await parts.identity.technicalAccounts.list(caller, query.quality),
    }),
  }),
  endpoint({
    method: 'POST',
    path: '/technical-users',
    id: 'registerTechnicalUser',
    tag: 'technical-users',
    summary: 'Registers a technical user with its contact, keys, certificates or password',
    action: 'technical-user.manage',
    bodyBytesMax: 512 * 1024,
    body: z.strictObject({
      username: z.string().min(1, 'required').max(60),
      quality: id.optional(),
      contact: z.strictObject({
        name: line(100),
        email: z.string().max(254),
        phone: line(30).optional(),
      }),
      auth: z.enum(['publickey', 'publickey+password', 'password']).optional(),
      password: password.optional(),
      sshKeys: files.describe('Public keys, base64 of the file or its text.'),
      certificates: files,
    }),
    status: 201,
    answer: technicalUser,
    errors: [...refusals, 'seal.unreadable', 'identity.busy'],
    async act({ caller, body, parts }) {
      const { username, quality: qualityId, contact, auth, sshKeys, certificates } = body;
      const { user } = await parts.identity.technicalAccounts.register(caller, {
        ...{ username, contact: { ...given(contact) } },
        ...given({ qualityId, auth, password: body.password }),
        ...(sshKeys === undefined ? {} : { sshKeys: sshKeys.map(keyBytes) }),
        ...(certificates === undefined ? {} : { certificates: certificates.map(bytesOf) }),
      });
      return user;
    },
  }),
  ...(
    [
      ['block', 'Refuses every login of a technical user and cuts its connections'],
      ['unblock', 'Lets a technical user in again'],
      ['remove', 'Removes a technical user for good; its name is never given out again'],
    ] as const
  ).map(([verb, summary]) =>
    endpoint({
      method: 'POST',
      path: `/technical-users/:username/${verb}`,
      id: `${verb}TechnicalUser`,
      tag: 'technical-users',
      summary,
      action: 'technical-user.manage',
      params,
      errors: refusals,
      act: ({ caller, params: { username }, parts }) =>
        parts.identity.technicalAccounts[verb](caller, username),
    }),
  ),
  endpoint({
    method: 'PUT',
    path: '/technical-users/:username/password',
    id: 'setTechnicalPassword',
    tag: 'technical-users',
    summary: 'Replaces the password of a technical user',
    action: 'technical-user.manage',
    params,
    bodyBytesMax: 8 * 1024,
    body: z.strictObject({ password }),
    errors: [...refusals, 'identity.busy'],
    act: ({ caller, params: { username }, body, parts }) =>
      parts.identity.technicalAccounts.setPassword(caller, { username, ...body }),
  }),
];

/** OpenSSH writes keys as lines of text, which are no base64 of anything. */
function keyBytes(file: string): Buffer {
  return /^(?:ssh-|ecdsa-|sk-|---- BEGIN)/.test(file) ? Buffer.from(file) : bytesOf(file);
}
