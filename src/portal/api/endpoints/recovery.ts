import { z } from 'zod';
import { endpoint } from '../endpoint.ts';
import { enterpriseNumber, insz } from '../fields.ts';

const numbers = z.strictObject({ enterprise: enterpriseNumber, insz });

/** For those who cannot log in. The answer is the same for everybody and says nothing. */
export const recoveryEndpoints = (
  [
    ['username', 'username', 'Has a forgotten user name sent to the registered address'],
    ['codes', 'new-codes', 'Asks for new codes: a case, promised within five working days'],
  ] as const
).map(([path, kind, summary]) =>
  endpoint({
    method: 'POST',
    path: `/recovery/${path}`,
    id: `recover-${path}`,
    tag: 'recovery',
    summary,
    action: 'public',
    rate: 'recovery',
    body: numbers,
    status: 202,
    answer: z.object({ state: z.literal('received') }),
    async act({ body, language, source, parts }) {
      await parts.identity.recovery.request({ kind, ...body, language, source });
      return { state: 'received' as const };
    },
  }),
);
