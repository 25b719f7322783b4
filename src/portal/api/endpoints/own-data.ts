import { z } from 'zod';
import { endpoint } from '../endpoint.ts';
import { language, instant } from '../fields.ts';
import { assignment, usableApplication } from '../shapes.ts';

/** What a person sees of himself. */
export const ownDataEndpoints = [
  endpoint({
    method: 'GET',
    path: '/me',
    id: 'showOwnData',
    tag: 'me',
    summary: 'Own data: name, number, language, e-mail, applications and the company e-mail',
    action: 'self.read',
    answer: z.object({
      personId: z.string(),
      username: z.string(),
      firstName: z.string(),
      lastName: z.string(),
      title: z.string().optional(),
      insz: z.string().optional(),
      language,
      email: z.string().optional(),
      applications: z.array(usableApplication),
      companyEmail: z.string().optional(),
    }),
    act: ({ caller, parts }) => parts.identity.people.own(caller),
  }),
  endpoint({
    method: 'GET',
    path: '/me/access',
    id: 'showOwnAccess',
    tag: 'me',
    summary: 'My access: every role with its applications and dates',
    action: 'self.access',
    answer: z.object({
      items: z.array(
        z.object({
          assignment,
          enterpriseName: z.string().optional(),
          enterpriseState: z.enum(['registered', 'active', 'closed']).optional(),
          qualityType: z.string().optional(),
          qualityState: z.enum(['active', 'suspended']).optional(),
          applications: z.array(usableApplication),
        }),
      ),
      asOf: instant,
    }),
    act: async ({ caller, parts }) => ({
      items: await parts.identity.people.access(caller),
      asOf: parts.clock.now(),
    }),
  }),
];
