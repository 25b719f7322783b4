import { z } from 'zod';

/** Lines of one page unless asked otherwise, and at most. */
const pageLinesDefault = 50;
const pageLinesMax = 200;

/** Query of every list: lines after a mark that the page before gave as `next`. */
export const pageQuery = {
  after: z
    .string()
    .max(300)
    .optional()
    .describe('`next` of the page before; absent for the first page.'),
  max: z.coerce
    .number()
    .int()
    .min(1)
    .max(pageLinesMax)
    .default(pageLinesDefault)
    .describe('Lines of a page.'),
};

/** A page of a list. `next` is absent on the last one. */
export function pageOf<T extends z.ZodType>(
  item: T,
): z.ZodObject<{ items: z.ZodArray<T>; next: z.ZodOptional<z.ZodString> }> {
  return z.object({
    items: z.array(item),
    next: z.string().optional().describe('Hand it in as `after` for the page that follows.'),
  });
}
