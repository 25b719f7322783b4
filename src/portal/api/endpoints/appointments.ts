import { z } from 'zod';
import type { Action } from '../../../identity/index.ts';
import { endpoint, type Endpoint } from '../endpoint.ts';
import { enterpriseNumber, id, line } from '../fields.ts';
import {
  assignment,
  assignmentState,
  confirmed,
  done,
  given,
  personReview,
  personWish,
  personWished,
  usableApplication,
} from '../shapes.ts';

/** Roles that are given by appointment: in the address, in code, and the right it takes. */
const appointed = [
  ['legal-representative', 'LR', 'lr.appoint'],
  ['chief-access-manager', 'CAM', 'cam.appoint'],
  ['co-chief-access-manager', 'COCAM', 'cocam.manage'],
  ['access-manager', 'AM', 'am.appoint'],
  ['co-access-manager', 'COAM', 'coam.manage'],
  ['user', 'USR', 'user.register'],
  ['service-provider', 'SP', 'service-provider.appoint'],
  ['curator', 'CUR', 'curator.register'],
  ['representative', 'REP', 'representative.create'],
  ['help-desk', 'HD', 'staff.appoint'],
  ['operator', 'OP', 'staff.appoint'],
] as const satisfies readonly (readonly [string, string, Action])[];

/** Whoever may plan one of these may carry it out; the room asks again for which. */
const anyAppointment = [...new Set(appointed.map(([, , action]) => action))];
const anyStateChange = [
  'user.change-state',
  'coam.manage',
  'cocam.manage',
  'am.appoint',
  'cam.appoint',
  'lr.appoint',
  'staff.appoint',
  'service-provider.appoint',
  'curator.register',
  'representative.create',
] as const;
const anyManagement = [...new Set<Action>([...anyAppointment, ...anyStateChange])];

const refusals = ['registration.invalid', 'registration.exists', 'access.guard'] as const;

const review = z
  .object({
    act: z.enum(['appoint', 'block', 'unblock', 'delete']),
    role: z.string(),
    enterprise: z.string().optional(),
    qualityId: z.string().optional(),
    capacity: z.string().optional(),
    person: personReview,
    replaces: personReview.optional().describe('Who loses the role by it.'),
    applications: z
      .array(z.object({ application: z.string(), role: z.string().optional() }))
      .optional(),
    suspendsQuality: z.boolean().optional(),
    state: assignmentState.describe('Of the appointment afterwards.'),
  })
  .meta({ id: 'AppointmentReview' });

const planned = z.object({ review, confirmation: z.string() }).meta({ id: 'PlannedAppointment' });

const wish = z.strictObject({
  person: personWish,
  enterprise: enterpriseNumber.optional().describe("Without: the caller's."),
  qualityId: id.optional().describe("Without: the caller's."),
  capacity: z.string().max(30).optional(),
  applications: z
    .array(z.strictObject({ application: line(60), role: line(60).optional() }))
    .max(200)
    .optional(),
  facts: z
    .strictObject({
      provider: z.string().max(20).optional(),
      kind: z.string().max(30).optional(),
      courtOrder: line(100).optional(),
    })
    .optional(),
});

const planEndpoints: readonly Endpoint[] = appointed.map(([slug, code, action]) =>
  endpoint({
    method: 'POST',
    path: `/appointments/${slug}/plans`,
    id: `plan-${slug}`,
    tag: 'appointments',
    summary: `Checks the appointment of a ${slug.replaceAll('-', ' ')}; nothing is written`,
    action,
    body: wish,
    answer: planned,
    errors: [...refusals, 'registration.unknown'],
    act({ caller, body, parts }) {
      const { person, applications, facts, enterprise, qualityId, capacity } = body;
      return parts.identity.roles.plan(caller, {
        ...{ act: 'appoint', role: code, person: personWished(person) },
        ...given({ enterprise, qualityId, capacity }),
        ...(applications === undefined ? {} : { applications: applications.map(given) }),
        ...(facts === undefined ? {} : { facts: given(facts) }),
      });
    },
  }),
);

const params = z.strictObject({ id });
const rightParams = z.strictObject({ id, application: line(60) });
const rights = z.object({ items: z.array(usableApplication) });

/** Who is what, where. Every change is planned, reviewed and confirmed. */
export const appointmentEndpoints = [
  ...planEndpoints,
  endpoint({
    method: 'POST',
    path: '/appointments',
    id: 'confirmAppointment',
    tag: 'appointments',
    summary: 'Makes a planned appointment, or a planned change of one, take effect',
    action: anyManagement,
    body: confirmed,
    answer: done,
    status: 201,
    errors: [...refusals, 'registration.unknown', 'access.confirmation'],
    act: ({ caller, body, parts }) => parts.identity.roles.confirm(caller, body.confirmation),
  }),
  endpoint({
    method: 'GET',
    path: '/appointments/:id',
    id: 'showAppointment',
    tag: 'appointments',
    summary: 'An appointment',
    action: ['people.search-quality', 'people.search-enterprise', 'self.read'],
    params,
    answer: assignment,
    act: ({ caller, params: { id: assignmentId }, parts }) =>
      parts.identity.roles.show(caller, assignmentId),
  }),
  endpoint({
    method: 'POST',
    path: '/appointments/:id/plans',
    id: 'planAppointmentChange',
    tag: 'appointments',
    summary: 'Checks a block, an unblock or a deletion; nothing is written',
    action: anyStateChange,
    params,
    body: z.strictObject({
      act: z.enum(['block', 'unblock', 'delete']),
      successor: z
        .strictObject({ person: personWish, capacity: z.string().max(30) })
        .optional()
        .describe('Deleting an access manager asks for this or for `suspendQuality`.'),
      suspendQuality: z.boolean().optional(),
    }),
    answer: planned,
    errors: refusals,
    act({ caller, params: { id: assignmentId }, body, parts }) {
      const { act, successor, suspendQuality } = body;
      return parts.identity.roles.plan(caller, {
        ...{ act, assignmentId },
        ...given({ suspendQuality }),
        ...(successor === undefined
          ? {}
          : { successor: { ...successor, person: personWished(successor.person) } }),
      });
    },
  }),
  endpoint({
    method: 'GET',
    path: '/appointments/:id/applications',
    id: 'listRights',
    tag: 'applications',
    summary: 'The applications that an appointment opens',
    action: ['user.assign', 'people.search-enterprise', 'self.access'],
    params,
    answer: rights,
    async act({ caller, params: { id: assignmentId }, parts }) {
      return { items: await parts.identity.applications.rightsOf(caller, assignmentId) };
    },
  }),
  endpoint({
    method: 'PUT',
    path: '/appointments/:id/applications/:application',
    id: 'grantRight',
    tag: 'applications',
    summary: 'Ticks an application for a user; in force at his next request',
    action: 'user.assign',
    params: rightParams,
    body: z.strictObject({ role: line(60).optional() }),
    answer: rights,
    errors: ['registration.invalid', 'access.guard'],
    async act({ caller, params: { id: assignmentId, application }, body, parts }) {
      const grant = { assignmentId, application, ...given(body) };
      return { items: await parts.identity.applications.grant(caller, grant) };
    },
  }),
  endpoint({
    method: 'DELETE',
    path: '/appointments/:id/applications/:application',
    id: 'withdrawRight',
    tag: 'applications',
    summary: 'Takes the tick away; in force at his next request',
    action: 'user.assign',
    params: rightParams,
    query: z.strictObject({ role: line(60).optional() }),
    answer: rights,
    errors: ['registration.invalid', 'access.guard'],
    async act({ caller, params: { id: assignmentId, application }, query, parts }) {
      const grant = { assignmentId, application, ...given(query) };
      return { items: await parts.identity.applications.withdraw(caller, grant) };
    },
  }),
  // What was added to an account without an enterprise number.
  endpoint({
    method: 'PUT',
    path: '/appointments/:id/enterprise',
    id: 'addEnterpriseNumber',
    tag: 'help-desk',
    summary: 'Adds the enterprise number that an account lacks',
    action: 'enterprise-number.add',
    params,
    body: z.strictObject({ enterprise: enterpriseNumber }),
    errors: [...refusals],
    act: ({ caller, params: { id: assignmentId }, body, parts }) =>
      parts.identity.enterpriseAccess.addNumber(caller, { assignmentId, ...body }),
  }),
];
