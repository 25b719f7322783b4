import { z } from 'zod';
import { endpoint } from '../endpoint.ts';
import { enterpriseNumber, instant, line } from '../fields.ts';
import {
  confirmed,
  done,
  facts,
  given,
  personReview,
  personWish,
  personWished,
} from '../shapes.ts';

const enterprise = z
  .object({
    number: z.string(),
    name: z.string().optional(),
    nsso: z.string().optional(),
    country: z.string(),
    address: facts.optional(),
    state: z.enum(['registered', 'active', 'closed']),
    eboxActivatedAt: instant.optional(),
    chiefAccessManager: personReview.optional(),
  })
  .meta({ id: 'Enterprise' });

const planned = z.object({ review: enterprise, confirmation: z.string() });
const opened = z.object({ case: z.string().describe('The case of the help desk.') });
const params = z.strictObject({ number: enterpriseNumber });

/** Enterprises. Their own people read the details; nobody edits them here. */
export const enterpriseEndpoints = [
  endpoint({
    method: 'GET',
    path: '/enterprise',
    id: 'showOwnEnterprise',
    tag: 'enterprises',
    summary: "The caller's enterprise and its chief access manager, to read",
    action: 'enterprise.read',
    answer: enterprise,
    errors: ['registration.unknown', 'access.guard'],
    act: ({ caller, parts }) => parts.identity.enterpriseAccess.show(caller),
  }),
  endpoint({
    method: 'GET',
    path: '/enterprises/:number',
    id: 'showEnterprise',
    tag: 'enterprises',
    summary: 'An enterprise and its chief access manager, to read',
    action: 'enterprise.read',
    params,
    answer: enterprise,
    act: ({ caller, params: { number }, parts }) =>
      parts.identity.enterpriseAccess.show(caller, number),
  }),
  endpoint({
    method: 'POST',
    path: '/enterprises',
    id: 'admitEnterprise',
    tag: 'enterprises',
    summary: 'Admits an enterprise with its legal representative',
    action: 'enterprise.admit',
    body: z.strictObject({
      number: enterpriseNumber,
      name: line(200),
      country: z
        .string()
        .regex(/^[A-Z]{2}$/)
        .optional(),
      representative: personWish,
    }),
    answer: done,
    status: 201,
    errors: ['registration.invalid', 'registration.exists', 'registration.unknown', 'access.guard'],
    act({ caller, body: { number, name, country, representative }, parts }) {
      return parts.identity.enterpriseAccess.admit(caller, {
        ...{ number, name, ...given({ country }) },
        representative: personWished(representative),
      });
    },
  }),
  endpoint({
    method: 'PUT',
    path: '/enterprise/ebox',
    id: 'activateEbox',
    tag: 'enterprises',
    summary: 'Activates the e-Box of the enterprise',
    action: 'ebox.activate',
    errors: ['access.guard', 'registration.exists', 'registration.unknown'],
    act: ({ caller, parts }) => parts.identity.enterpriseAccess.activateEbox(caller),
  }),
  endpoint({
    method: 'POST',
    path: '/enterprise/closing-plans',
    id: 'planClosing',
    tag: 'enterprises',
    summary: 'Shows what would be closed; nothing is written',
    action: 'enterprise.close',
    body: z.strictObject({ enterprise: enterpriseNumber.optional() }),
    answer: planned,
    errors: ['access.guard', 'registration.unknown', 'registration.invalid'],
    act: ({ caller, body, parts }) =>
      parts.identity.enterpriseAccess.planClosing(caller, body.enterprise),
  }),
  endpoint({
    method: 'POST',
    path: '/enterprise/closing',
    id: 'confirmClosing',
    tag: 'enterprises',
    summary: 'Ends the access of an enterprise: logins, sessions and channels; data are kept',
    action: 'enterprise.close',
    body: confirmed,
    answer: enterprise,
    errors: ['access.guard', 'registration.unknown', 'access.confirmation'],
    act: ({ caller, body, parts }) =>
      parts.identity.enterpriseAccess.confirmClosing(caller, body.confirmation),
  }),
  endpoint({
    method: 'POST',
    path: '/enterprise/number-requests',
    id: 'askForEnterpriseNumber',
    tag: 'help-desk',
    summary: 'Asks the help desk to add the enterprise number that an account lacks',
    action: 'case.open',
    answer: opened,
    status: 201,
    errors: ['access.guard', 'registration.exists', 'registration.unknown'],
    act: async ({ caller, parts }) => ({
      case: await parts.identity.enterpriseAccess.askForNumber(caller),
    }),
  }),
  endpoint({
    method: 'POST',
    path: '/enterprise/conversion-requests',
    id: 'askForConversion',
    tag: 'help-desk',
    summary: 'Asks to turn the account of a natural person into one of an enterprise',
    action: 'case.open',
    body: z.strictObject({
      to: z.enum(['employer', 'enterprise-without-personnel', 'service-provider-legal-person']),
      enterprise: enterpriseNumber,
      name: line(200),
    }),
    answer: opened,
    status: 201,
    errors: ['access.guard', 'registration.exists', 'registration.unknown', 'registration.invalid'],
    act: async ({ caller, body, parts }) => ({
      case: await parts.identity.enterpriseAccess.askForConversion(caller, body),
    }),
  }),
];
