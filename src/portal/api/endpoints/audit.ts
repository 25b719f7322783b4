import { z } from 'zod';
import type { Caller } from '../../../identity/index.ts';
import { endpoint } from '../endpoint.ts';
import { enterpriseNumber, id, instant, line } from '../fields.ts';
import { pageOf, pageQuery } from '../page.ts';
import { given } from '../shapes.ts';

const event = z
  .object({
    seq: z.string(),
    at: instant,
    event: z.string().describe('Of the OWASP logging vocabulary.'),
    actor: z.string(),
    actingAs: z.string(),
    action: z.string(),
    target: z.string(),
    enterprise: z.string().optional(),
    qualityId: z.string().optional(),
    source: z.string(),
    result: z.enum(['done', 'refused', 'failed']),
    before: z.unknown().optional(),
    after: z.unknown().optional(),
  })
  .meta({ id: 'AuditEvent' });

const moment = z.iso.datetime({ offset: true });

/** The audit trail; chief access managers see that of their enterprise. */
export const auditEndpoints = [
  endpoint({
    method: 'GET',
    path: '/audit-events',
    id: 'listAuditEvents',
    tag: 'audit',
    summary: 'Who did what to whom, newest first',
    action: 'audit.read',
    query: z.strictObject({
      ...pageQuery,
      after: z
        .string()
        .regex(/^\d{1,18}$/)
        .optional(),
      actor: line(60).optional(),
      target: line(200).optional(),
      event: line(60).optional(),
      action: line(60).optional(),
      result: z.enum(['done', 'refused', 'failed']).optional(),
      enterprise: enterpriseNumber.optional(),
      qualityId: id.optional(),
      since: moment.optional(),
      until: moment.optional(),
    }),
    answer: pageOf(event),
    errors: ['registration.unknown'],
    async act({ caller, query, parts }) {
      const { after, max, since, until, enterprise, ...rest } = query;
      const { rows, next } = await parts.identity.audit.list({
        ...given(rest),
        ...given({ enterprise: caller.role === 'OP' ? enterprise : ownOf(caller, enterprise) }),
        ...(since === undefined ? {} : { since: new Date(since) }),
        ...(until === undefined ? {} : { until: new Date(until) }),
        ...(after === undefined ? {} : { before: BigInt(after) }),
        max,
      });
      const items = rows.map((row) => ({ ...row, seq: row.seq.toString() }));
      return { items, ...(next === undefined ? {} : { next: next.toString() }) };
    },
  }),
];

/** No enterprise has this number. */
const nowhere = '0000000000';

/** Whoever does not see everything sees his own enterprise; of another there is nothing. */
function ownOf(caller: Caller, asked: string | undefined): string {
  const { enterprise = nowhere } = caller;
  return asked === undefined || asked === enterprise ? enterprise : nowhere;
}
