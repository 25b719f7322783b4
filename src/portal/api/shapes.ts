import { z } from 'zod';
import type { PersonWish } from '../../identity/index.ts';
import { instant, language, line } from './fields.ts';

// What answers are made of. Whatever else a record holds does not leave the house.

export const labels = z
  .object({ nl: z.string(), fr: z.string(), de: z.string(), en: z.string() })
  .meta({ id: 'Labels' });

export const role = z
  .enum(['LR', 'CAM', 'COCAM', 'AM', 'COAM', 'USR', 'SP', 'CUR', 'REP', 'HD', 'OP'])
  .meta({ id: 'Role', description: 'Named in four languages in docs/access.md.' });

export const assignmentState = z.enum(['active', 'blocked', 'suspended', 'deleted']);

export const capacity = z.enum([
  'employee',
  'director',
  'managing-director',
  'manager',
  'founder',
  'partner',
  'member',
]);

export const facts = z.record(z.string(), z.string());

export const assignment = z
  .object({
    id: z.string(),
    personId: z.string(),
    role,
    enterprise: z.string().optional(),
    qualityId: z.string().optional(),
    capacity: capacity.optional(),
    state: assignmentState,
    validFrom: instant,
    validTo: instant.optional(),
    facts,
    createdBy: z.string(),
  })
  .meta({ id: 'Appointment', description: 'A person in a role.' });

/** How a person is called and reached, wherever he is shown. */
const named = {
  username: z.string(),
  lastName: z.string(),
  firstName: z.string(),
  title: z.string().optional(),
  language,
  email: z.string().optional(),
};

export const person = z
  .object({
    id: z.string(),
    ...named,
    inszEnd: z.string().optional().describe('Its last two digits.'),
    state: z.enum(['active', 'blocked']),
    createdAt: instant,
    firstLoginAt: instant.optional(),
    lastLoginAt: instant.optional(),
  })
  .meta({ id: 'Person' });

export const personRow = z
  .object({
    personId: z.string(),
    assignmentId: z.string(),
    ...named,
    role,
    state: assignmentState,
    enterprise: z.string().optional(),
    qualityId: z.string().optional(),
  })
  .meta({ id: 'PersonRow', description: 'A person in one role.' });

export const personReview = z
  .object({
    personId: z.string().optional().describe('Absent: to be registered.'),
    ...named,
    language: z.string(),
    insz: z.string().optional().describe('As entered; it cannot change between the two steps.'),
  })
  .meta({ id: 'PersonReview' });

export const usableApplication = z
  .object({
    code: z.string(),
    labels,
    roles: z.array(z.object({ code: z.string(), labels })),
    certificateRequired: z.boolean(),
    by: z.enum(['role', 'grant']),
    grantedAt: instant.optional(),
    grantedBy: z.string().optional(),
  })
  .meta({ id: 'UsableApplication' });

export const application = z
  .object({
    code: z.string(),
    labels,
    qualityTypes: z.array(z.string()),
    roles: z.array(z.object({ code: z.string(), labels })),
    certificateRequired: z.boolean(),
    ordinal: z.int(),
  })
  .meta({ id: 'Application' });

export const qualityField = z
  .object({
    name: z.string(),
    kind: z.enum(['text', 'digits', 'date', 'email', 'phone', 'nsso']),
    required: z.boolean(),
    min: z.int().optional(),
    max: z.int().optional(),
    labels,
  })
  .meta({ id: 'QualityField' });

export const qualityType = z
  .object({
    code: z.string(),
    labels,
    fields: z.array(qualityField),
    needsEntitlement: z.boolean(),
    ordinal: z.int(),
  })
  .meta({ id: 'QualityType' });

export const quality = z
  .object({
    id: z.string(),
    enterprise: z.string(),
    type: z.string(),
    email: z.string().optional(),
    data: facts,
    state: z.enum(['active', 'suspended']),
    activatedAt: instant,
    labels,
    manager: personReview.extend({ role: z.string() }).optional(),
    applications: z.array(application),
  })
  .meta({ id: 'Quality' });

export const done = z
  .object({
    person,
    assignment,
    isNew: z.boolean().describe('The person was registered by this act.'),
  })
  .meta({ id: 'Done' });

export const confirmation = z
  .string()
  .min(1, 'required')
  .max(20_000)
  .describe('What the plan gave: bound to its content and to the caller, good for 15 minutes.');

export const confirmed = z.strictObject({ confirmation });

/** A person that is there (by `personId` alone), or one to be registered. */
export const personWish = z.strictObject({
  personId: z.uuid().optional(),
  insz: z.string().max(20).optional().describe('Needed in Belgian enterprises.'),
  username: z.string().max(60).optional(),
  lastName: line(60).optional(),
  firstName: line(60).optional(),
  title: line(30).optional(),
  language: z.string().max(5).optional(),
  email: z.string().max(254).optional(),
});

/** What is missing is found by the room, together with everything else that is wrong. */
export function personWished(wish: z.output<typeof personWish>): PersonWish {
  const { personId, lastName = '', firstName = '', language: spoken = '', ...rest } = wish;
  if (personId !== undefined) return { personId };
  return { lastName, firstName, language: spoken, ...given(rest) };
}

/** Without the fields that were not given. */
export function given<T extends object>(values: T): Given<T> {
  const present = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as Given<T>;
}

type Given<T> = { [K in keyof T]: Exclude<T[K], undefined> };
