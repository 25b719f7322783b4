import { z } from 'zod';
import { endpoint } from '../endpoint.ts';
import { id, instant, language } from '../fields.ts';
import { pageOf, pageQuery } from '../page.ts';
import { given } from '../shapes.ts';

const state = z.enum(['pending', 'sent', 'held', 'dead']);

const letter = z
  .object({
    id: z.string(),
    template: z.string(),
    recipient: z.string(),
    language,
    subject: z.string(),
    secret: z.boolean(),
    state,
    attempts: z.int(),
    lastError: z.string().optional(),
    createdAt: instant,
    sentAt: instant.optional(),
  })
  .meta({ id: 'Letter' });

const params = z.strictObject({ id });

/** Letters that left, wait, or are held; for operators. Codes in them are never shown here. */
export const mailEndpoints = [
  endpoint({
    method: 'GET',
    path: '/letters',
    id: 'listLetters',
    tag: 'operations',
    summary: 'Letters, newest first',
    action: 'mail.manage',
    query: z.strictObject({ ...pageQuery, state: state.optional() }),
    answer: pageOf(letter),
    async act({ query: { max, after, state: only }, parts }) {
      const states = only === undefined ? {} : { states: [only] };
      const found = await parts.mail.list({ max: max + 1, ...states, ...given({ after }) });
      const items = found.slice(0, max);
      const last = items.at(-1);
      return found.length > max && last !== undefined ? { items, next: last.id } : { items };
    },
  }),
  endpoint({
    method: 'GET',
    path: '/letters/:id',
    id: 'showLetter',
    tag: 'operations',
    summary: 'A letter with its text; of one that carries a code, without',
    action: 'mail.manage',
    params,
    answer: z.object({ ...letter.shape, body: z.string() }),
    errors: ['mail.unknown'],
    act: ({ params: { id: letterId }, parts }) => parts.mail.show(letterId, { reveal: false }),
  }),
  endpoint({
    method: 'POST',
    path: '/letters/:id/release',
    id: 'releaseLetter',
    tag: 'operations',
    summary: 'Tries to deliver a held or given-up letter again',
    action: 'mail.manage',
    params,
    errors: ['mail.unknown', 'mail.not-sent'],
    act: ({ params: { id: letterId }, parts }) => parts.mail.release(letterId),
  }),
];
