import { z } from 'zod';
import { endpoint } from '../endpoint.ts';
import { id, instant, line } from '../fields.ts';
import { given } from '../shapes.ts';

const shown = z
  .object({
    known: z.boolean().describe('False until somebody confirmed name and address.'),
    name: z.string(),
    address: z.object({
      street: z.string(),
      postalCode: z.string(),
      city: z.string(),
      country: z.string().describe('ISO 3166-1 alpha-2.'),
    }),
    confirmedAt: instant.optional(),
  })
  .meta({ id: 'SenderForm' });

/** The first login of a sender (ACC-88): the form is filled in with what is known already. */
export const senderFormEndpoints = [
  endpoint({
    method: 'GET',
    path: '/sender-form',
    id: 'showSenderForm',
    tag: 'qualities',
    summary:
      'Name and address under which the quality sends; before a first confirmation, a proposal',
    action: 'messages.manage',
    query: z.strictObject({ quality: id.optional().describe("Without: the caller's.") }),
    answer: shown,
    errors: ['registration.unknown'],
    act: ({ caller, query, parts }) => parts.identity.senderForm.show(caller, query.quality),
  }),
  endpoint({
    method: 'PUT',
    path: '/sender-form',
    id: 'confirmSenderForm',
    tag: 'qualities',
    summary: 'Confirms or corrects them, and goes on',
    action: 'messages.manage',
    body: z.strictObject({
      quality: id.optional(),
      name: line(80),
      address: z.strictObject({
        street: line(80),
        postalCode: line(12),
        city: line(80),
        country: z.string().regex(/^[A-Za-z]{2}$/),
      }),
    }),
    answer: shown,
    errors: ['registration.invalid', 'registration.unknown'],
    act: ({ caller, body: { quality: qualityId, ...wish }, parts }) =>
      parts.identity.senderForm.confirm(caller, { ...wish, ...given({ qualityId }) }),
  }),
];
