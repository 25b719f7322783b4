import { z } from 'zod';
import { endpoint } from '../endpoint.ts';
import { id, instant } from '../fields.ts';
import { pageOf, pageQuery } from '../page.ts';
import { given } from '../shapes.ts';

const line = z
  .object({
    id: z.string(),
    startedAt: instant,
    endedAt: instant,
    by: z.string(),
    sha256: z.string().describe('Of the file, to know it again.'),
    failure: z.string().optional().describe('Why the list was not read to its end.'),
    added: z.int(),
    already: z.int(),
    refusedTotal: z.int(),
  })
  .meta({ id: 'MandateImport' });

const result = z.object({
  ...line.shape,
  refused: z
    .array(z.object({ line: z.int(), reason: z.string() }))
    .describe('The first thousand lines that were not added.'),
});

/** Results of lists of mandates, for the help desk that is asked why one failed (ACC-87). */
export const mandateImportEndpoints = [
  endpoint({
    method: 'GET',
    path: '/mandate-imports',
    id: 'listMandateImports',
    tag: 'help-desk',
    summary: 'Lists of mandates that were read in, newest first',
    action: 'mandate-import.support',
    query: z.strictObject(pageQuery),
    answer: pageOf(line),
    async act({ query: { max, after }, parts }) {
      const found = await parts.mandates.imports({ max: max + 1, ...given({ after }) });
      const items = found.slice(0, max);
      const last = items.at(-1);
      return found.length > max && last !== undefined ? { items, next: last.id } : { items };
    },
  }),
  endpoint({
    method: 'GET',
    path: '/mandate-imports/:id',
    id: 'showMandateImport',
    tag: 'help-desk',
    summary: 'The result of one list, line by line',
    action: 'mandate-import.support',
    params: z.strictObject({ id }),
    answer: result,
    errors: ['registration.unknown'],
    act: ({ params: { id: importId }, parts }) => parts.mandates.importNamed(importId),
  }),
];
