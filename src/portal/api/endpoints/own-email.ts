import { z } from 'zod';
import { endpoint } from '../endpoint.ts';
import { email, password } from '../fields.ts';
import { given } from '../shapes.ts';

/** A person's own address: the new one counts once a code sent there has come back. */
export const emailEndpoints = [
  endpoint({
    method: 'POST',
    path: '/me/email-changes',
    id: 'askEmailChange',
    tag: 'me',
    summary: 'Sends a code to the new address',
    action: 'own',
    rate: 'login',
    body: z.strictObject({ address: email, password: password.optional() }),
    status: 202,
    answer: z.object({ state: z.literal('sent') }),
    errors: [
      'registration.invalid',
      'identity.refused',
      'identity.busy',
      'signin.stage',
      'signin.reauthenticate',
    ],
    async act({ session, body: { address, ...rest }, parts }) {
      await parts.identity.emailChange.request(session, { address, ...given(rest) });
      return { state: 'sent' as const };
    },
  }),
  endpoint({
    method: 'PUT',
    path: '/me/email',
    id: 'confirmEmail',
    tag: 'me',
    summary: 'Stores the address that the code was sent to, and tells the old one',
    action: 'own',
    rate: 'login',
    body: z.strictObject({ code: z.string().min(1, 'required').max(60) }),
    answer: z.object({ email: z.string() }),
    errors: ['signin.code-refused', 'signin.stage', 'identity.busy'],
    act: ({ session, body, parts }) => parts.identity.emailChange.confirm(session, body),
  }),
];
