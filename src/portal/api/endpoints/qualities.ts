import { z } from 'zod';
import { endpoint } from '../endpoint.ts';
import { email, enterpriseNumber, id, line } from '../fields.ts';
import {
  confirmed,
  facts,
  given,
  personReview,
  personWish,
  personWished,
  quality,
  qualityType,
} from '../shapes.ts';
import { revisionSeen, versioned } from '../version.ts';

const params = z.strictObject({ id });
const ofEnterprise = z.strictObject({
  enterprise: enterpriseNumber.optional().describe("Without: the caller's."),
});
const shown = z.object({ ...quality.shape, version: z.string() });
const types = z.object({ items: z.array(qualityType) });
const label = line(200);
const labelsGiven = z.strictObject({ nl: label, fr: label, de: label, en: label });
const wordCode = z
  .string()
  .max(40)
  .regex(/^[a-z][a-z0-9-]*$/);

const planned = z
  .object({
    review: z.object({
      enterprise: z.string(),
      type: z.string(),
      email: z.string().optional(),
      data: facts,
      manager: personReview,
    }),
    confirmation: z.string(),
  })
  .meta({ id: 'PlannedActivation' });

/** Qualities: what there is, what an enterprise took on, and who manages it. */
export const qualityEndpoints = [
  endpoint({
    method: 'GET',
    path: '/quality-types',
    id: 'listQualityTypes',
    tag: 'qualities',
    summary: 'The catalogue: every type with the data it asks for',
    action: ['quality.read', 'quality-type.manage'],
    answer: types,
    act: async ({ parts }) => ({ items: await parts.identity.qualities.types() }),
  }),
  endpoint({
    method: 'PUT',
    path: '/quality-types/:code',
    id: 'saveQualityType',
    tag: 'qualities',
    summary: 'Adds or replaces a type',
    action: 'quality-type.manage',
    params: z.strictObject({ code: wordCode }),
    body: z.strictObject({
      labels: labelsGiven,
      fields: z
        .array(
          z.strictObject({
            name: z
              .string()
              .max(40)
              .regex(/^[a-z][A-Za-z0-9]*$/),
            kind: z.enum(['text', 'digits', 'date', 'email', 'phone', 'nsso']),
            required: z.boolean(),
            min: z.int().min(0).max(1000).optional(),
            max: z.int().min(1).max(1000).optional(),
            labels: labelsGiven,
          }),
        )
        .max(50),
      needsEntitlement: z.boolean(),
      ordinal: z.int().min(0).max(10_000),
    }),
    errors: ['registration.invalid'],
    act({ caller, params: { code }, body, parts }) {
      const fields = body.fields.map(({ min, max, ...rest }) => ({
        ...rest,
        ...given({ min, max }),
      }));
      return parts.identity.qualities.saveType(caller, { ...body, code, fields });
    },
  }),
  endpoint({
    method: 'GET',
    path: '/qualities/offered',
    id: 'listOfferedQualities',
    tag: 'qualities',
    summary: 'Types that the enterprise could still activate',
    action: 'quality.activate',
    query: ofEnterprise,
    answer: types,
    errors: ['registration.unknown'],
    act: async ({ caller, query, parts }) => ({
      items: await parts.identity.qualities.offered(caller, query.enterprise),
    }),
  }),
  endpoint({
    method: 'GET',
    path: '/qualities',
    id: 'listQualities',
    tag: 'qualities',
    summary: 'Active qualities of the enterprise that the caller may see',
    action: 'quality.read',
    query: ofEnterprise,
    answer: z.object({ items: z.array(quality) }),
    errors: ['registration.unknown'],
    act: async ({ caller, query, parts }) => ({
      items: await parts.identity.qualities.list(caller, query.enterprise),
    }),
  }),
  endpoint({
    method: 'GET',
    path: '/qualities/:id',
    id: 'showQuality',
    tag: 'qualities',
    summary: 'A quality with its data, its manager and its applications',
    action: 'quality.read',
    params,
    answer: shown,
    act: async ({ caller, params: { id: qualityId }, parts }) =>
      versioned(await parts.identity.qualities.show(caller, qualityId)),
  }),
  endpoint({
    method: 'PATCH',
    path: '/qualities/:id',
    id: 'editQuality',
    tag: 'qualities',
    summary: 'Changes the e-mail of a quality; its applications are not edited here',
    action: 'quality.edit',
    params,
    asksVersion: true,
    body: z.strictObject({ email }),
    answer: shown,
    errors: ['registration.invalid', 'access.guard'],
    async act({ caller, params: { id: qualityId }, body, version, parts }) {
      const wish = { ...body, seen: revisionSeen(version) };
      return versioned(await parts.identity.qualities.edit(caller, qualityId, wish));
    },
  }),
  endpoint({
    method: 'POST',
    path: '/qualities/plans',
    id: 'planQuality',
    tag: 'qualities',
    summary: 'Checks an activation with its data and its access manager; nothing is written',
    action: 'quality.activate',
    body: z.strictObject({
      type: line(40),
      enterprise: enterpriseNumber.optional(),
      email: z.string().max(254).optional(),
      data: z.record(z.string().max(40), z.string().max(1000)).optional(),
      manager: z.strictObject({ person: personWish, capacity: z.string().max(30) }).optional(),
    }),
    answer: planned,
    errors: ['registration.invalid', 'registration.exists', 'registration.unknown', 'access.guard'],
    act({ caller, body, parts }) {
      const { manager, type, ...rest } = body;
      return parts.identity.qualities.plan(caller, {
        ...{ type, ...given(rest) },
        ...(manager === undefined
          ? {}
          : { manager: { ...manager, person: personWished(manager.person) } }),
      });
    },
  }),
  endpoint({
    method: 'POST',
    path: '/qualities',
    id: 'confirmQuality',
    tag: 'qualities',
    summary: 'Activates what was planned',
    action: 'quality.activate',
    body: confirmed,
    answer: quality,
    status: 201,
    errors: [
      'registration.invalid',
      'registration.exists',
      'registration.unknown',
      'access.guard',
      'access.confirmation',
    ],
    act: ({ caller, body, parts }) => parts.identity.qualities.confirm(caller, body.confirmation),
  }),
  endpoint({
    method: 'POST',
    path: '/qualities/:id/suspension',
    id: 'suspendQuality',
    tag: 'qualities',
    summary: 'Suspends a quality until an access manager is appointed again',
    action: 'quality.suspend',
    params,
    answer: quality,
    errors: ['access.guard'],
    act: ({ caller, params: { id: qualityId }, parts }) =>
      parts.identity.qualities.suspend(caller, qualityId),
  }),
  endpoint({
    method: 'PUT',
    path: '/enterprises/:number/entitlements/:type',
    id: 'entitleEnterprise',
    tag: 'qualities',
    summary: 'Lets an enterprise activate a type that is not for everybody',
    action: 'entitlement.manage',
    params: z.strictObject({ number: enterpriseNumber, type: wordCode }),
    errors: ['registration.invalid', 'registration.exists'],
    act: ({ caller, params: { number, type }, parts }) =>
      parts.identity.qualities.entitle(caller, { enterprise: number, type }),
  }),
];
