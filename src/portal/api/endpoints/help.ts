import { z } from 'zod';
import { findProblem, problemArticles, type ProblemArticle } from '../../../identity/index.ts';
import type { Language } from '../../../vocabulary/index.ts';
import { endpoint } from '../endpoint.ts';
import { line } from '../fields.ts';
import { contactDays } from '../problem-texts.ts';

const article = z
  .object({
    code: z.string(),
    aliases: z.array(z.string()).describe('As older systems wrote it; the first is the one shown.'),
    title: z.string(),
    advice: z.string(),
  })
  .meta({ id: 'Article' });

/** For people who are stuck: open to anybody. */
export const helpEndpoints = [
  endpoint({
    method: 'GET',
    path: '/contact',
    id: 'showContact',
    tag: 'help',
    summary: 'Whom to call, and when',
    action: 'public',
    answer: z.object({
      phone: z.string().optional(),
      email: z.string().optional(),
      url: z.string().optional(),
      hours: z.string().describe('Such as 7-20, Brussels time.'),
      says: z.string(),
    }),
    act({ parts: { contact }, language }) {
      const says = contactDays[language].replace('{hours}', contact.hours);
      return Promise.resolve({ ...contact, says });
    },
  }),
  endpoint({
    method: 'GET',
    path: '/articles',
    id: 'findArticles',
    tag: 'help',
    summary: 'What a code means, in any spelling, and what to do',
    action: 'public',
    query: z.strictObject({
      text: line(200).optional().describe('Case, `-`, `_` and blanks do not matter.'),
    }),
    answer: z.object({ items: z.array(article) }),
    act({ query: { text }, language }) {
      const found = text === undefined ? undefined : findProblem(text);
      const all = text === undefined ? problemArticles : found === undefined ? [] : [found];
      return Promise.resolve({ items: all.map((one) => articleIn(one, language)) });
    },
  }),
];

function articleIn(
  { code, aliases, title, advice }: ProblemArticle,
  language: Language,
): z.output<typeof article> {
  return { code, aliases: [...aliases], title: title[language], advice: advice[language] };
}
