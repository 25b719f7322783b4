import { z } from 'zod';
import { Failure } from '../../../vocabulary/index.ts';
import { endpoint } from '../endpoint.ts';
import { line } from '../fields.ts';
import { application, given, usableApplication } from '../shapes.ts';

const label = line(200);
const labelsGiven = z.strictObject({ nl: label, fr: label, de: label, en: label });
const code = z
  .string()
  .max(60)
  .regex(/^[a-z][a-z0-9-]*$/);
const roleCode = z.string().min(1).max(60);

/** Secured applications: the catalogue, and opening one. */
export const applicationEndpoints = [
  endpoint({
    method: 'GET',
    path: '/applications',
    id: 'listUsableApplications',
    tag: 'applications',
    summary: 'What the caller may open now, in the role of the session',
    action: ['application.use', 'self.access'],
    answer: z.object({ items: z.array(usableApplication) }),
    act: async ({ caller, parts }) => ({
      items: await parts.identity.applications.usable(caller),
    }),
  }),
  endpoint({
    method: 'POST',
    path: '/applications/:code/openings',
    id: 'openApplication',
    tag: 'applications',
    summary: 'Opens an application, or explains why not and who can change that',
    action: ['application.use', 'self.access'],
    params: z.strictObject({ code }),
    body: z.strictObject({ role: roleCode.optional() }),
    answer: z.object({
      code: z.string(),
      role: z.string().optional(),
      certificateRequired: z.boolean(),
    }),
    errors: ['access.guard', 'registration.invalid', 'signin.certificate-required'],
    async act({ caller, session, params, body, parts }) {
      const { applications, signIn } = parts.identity;
      const opened = await applications.open(caller, { application: params.code, ...given(body) });
      if (session !== undefined) await signIn.requireFactors(session, params.code);
      else if (opened.certificateRequired) {
        // An API token has shown no certificate, and cannot.
        throw new Failure('signin.certificate-required', { application: params.code });
      }
      return opened;
    },
  }),
  endpoint({
    method: 'GET',
    path: '/application-catalogue',
    id: 'listApplications',
    tag: 'applications',
    summary: 'Every application there is',
    action: ['quality.read', 'application.manage'],
    answer: z.object({ items: z.array(application) }),
    act: async ({ parts }) => ({ items: await parts.identity.applications.catalogue() }),
  }),
  endpoint({
    method: 'PUT',
    path: '/application-catalogue/:code',
    id: 'saveApplication',
    tag: 'applications',
    summary: 'Adds or replaces an application',
    action: 'application.manage',
    params: z.strictObject({ code }),
    body: z.strictObject({
      labels: labelsGiven,
      qualityTypes: z.array(line(40)).max(50),
      roles: z.array(z.strictObject({ code: roleCode, labels: labelsGiven })).max(50),
      certificateRequired: z.boolean(),
      ordinal: z.int().min(0).max(10_000),
    }),
    errors: ['registration.invalid'],
    act: ({ caller, params, body, parts }) =>
      parts.identity.applications.save(caller, { ...body, code: params.code }),
  }),
];
