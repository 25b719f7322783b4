import { z } from 'zod';
import { endpoint } from '../endpoint.ts';
import { enterpriseNumber, id, instant, line } from '../fields.ts';
import { pageOf, pageQuery } from '../page.ts';
import { inSession } from '../session-state.ts';
import { done, facts, given } from '../shapes.ts';

const caseState = z.enum(['open', 'approved', 'done', 'refused']);

const helpDeskCase = z
  .object({
    id: z.string(),
    kind: z.enum([
      'new-codes',
      'username',
      'second-factor',
      'enterprise-number',
      'representative-access',
      'conversion',
      'other',
    ]),
    personId: z.string().optional(),
    enterprise: z.string().optional(),
    facts,
    state: caseState,
    openedAt: instant,
    dueOn: z.string().optional().describe('YYYY-MM-DD, in working days.'),
    alarmOn: z.string().optional(),
    alarmedAt: instant.optional(),
    closedAt: instant.optional(),
    closedBy: z.string().optional(),
  })
  .meta({ id: 'Case' });

const params = z.strictObject({ id });
const note = line(1000);

/** Cases of the help desk, and what it may do for a person who is stuck. */
export const helpDeskEndpoints = [
  endpoint({
    method: 'GET',
    path: '/cases',
    id: 'listCases',
    tag: 'help-desk',
    summary: 'Cases, oldest first',
    action: 'case.manage',
    query: z.strictObject({ ...pageQuery, state: caseState.optional() }),
    answer: pageOf(helpDeskCase),
    async act({ caller, query: { max, after, state }, parts }) {
      const found = await parts.identity.cases.list(caller, {
        max: max + 1,
        ...given({ after }),
        ...(state === undefined ? {} : { states: [state] }),
      });
      const items = found.slice(0, max);
      const last = items.at(-1);
      return found.length > max && last !== undefined ? { items, next: last.id } : { items };
    },
  }),
  endpoint({
    method: 'GET',
    path: '/cases/:id',
    id: 'showCase',
    tag: 'help-desk',
    summary: 'A case with its dates',
    action: 'case.manage',
    params,
    answer: helpDeskCase,
    act: ({ caller, params: { id: caseId }, parts }) => parts.identity.cases.show(caller, caseId),
  }),
  endpoint({
    method: 'POST',
    path: '/cases',
    id: 'openCase',
    tag: 'help-desk',
    summary: 'Asks the help desk for something',
    action: 'case.open',
    byToken: false,
    body: z.strictObject({
      kind: z.enum(['enterprise-number', 'representative-access', 'conversion', 'other']),
      note,
    }),
    status: 201,
    answer: helpDeskCase,
    errors: ['registration.exists', 'registration.invalid'],
    act: ({ session, body, parts }) => parts.identity.cases.open(inSession(session), body),
  }),
  endpoint({
    method: 'POST',
    path: '/cases/:id/closing',
    id: 'closeCase',
    tag: 'help-desk',
    summary: 'Grants or refuses a case',
    action: 'case.manage',
    params,
    body: z.strictObject({ outcome: z.enum(['done', 'refused']), note }),
    errors: ['registration.exists', 'registration.invalid', 'access.guard'],
    act: ({ caller, params: { id: caseId }, body, parts }) =>
      parts.identity.cases.close(caller, caseId, body),
  }),
  endpoint({
    method: 'POST',
    path: '/cases/:id/conversion',
    id: 'carryOutConversion',
    tag: 'help-desk',
    summary: 'Makes the new account that a conversion asks for, and ends the old one',
    action: 'conversion.carry-out',
    params,
    status: 201,
    answer: done,
    errors: ['registration.exists', 'registration.invalid', 'access.guard'],
    act: ({ caller, params: { id: caseId }, parts }) =>
      parts.identity.enterpriseAccess.carryOutConversion(caller, caseId),
  }),
  endpoint({
    method: 'POST',
    path: '/cases/:id/representation',
    id: 'grantRepresentation',
    tag: 'help-desk',
    summary: 'Makes whoever asked for it a representative, and ends the case',
    action: 'representative.create',
    params,
    body: z.strictObject({
      enterprise: enterpriseNumber.optional().describe('Without: the one it was asked in.'),
    }),
    status: 201,
    answer: done,
    errors: ['registration.exists', 'registration.invalid', 'access.guard'],
    act: ({ caller, params: { id: caseId }, body, parts }) =>
      parts.identity.enterpriseAccess.grantRepresentation(caller, { caseId, ...given(body) }),
  }),
  endpoint({
    method: 'POST',
    path: '/cases/:id/approval',
    id: 'approveSecondFactorReset',
    tag: 'help-desk',
    summary: 'A second colleague approves the reset of a second factor',
    action: 'second-factor.reset',
    params,
    errors: ['registration.exists', 'access.guard'],
    act: ({ caller, params: { id: caseId }, parts }) =>
      parts.identity.recovery.approveSecondFactorReset(caller, caseId),
  }),
  endpoint({
    method: 'POST',
    path: '/persons/:id/second-factor-reset',
    id: 'resetSecondFactor',
    tag: 'help-desk',
    summary: 'Voids a lost app and its codes: at once after a call-back, else with a colleague',
    action: 'second-factor.reset',
    params,
    body: z.union([z.strictObject({ callBack: note }), z.strictObject({ note })]),
    answer: z.object({ done: z.boolean(), case: helpDeskCase.optional() }),
    errors: ['registration.exists', 'registration.invalid', 'access.guard'],
    act: ({ caller, params: { id: personId }, body, parts }) =>
      parts.identity.recovery.resetSecondFactor(caller, personId, body),
  }),
  endpoint({
    method: 'POST',
    path: '/persons/:id/password-reset',
    id: 'resetPassword',
    tag: 'persons',
    summary: 'Sends a one-time code; the old password opens nothing, and nobody else sees the code',
    action: 'user.reset-password',
    params,
    errors: ['registration.invalid', 'access.guard'],
    act: ({ caller, params: { id: personId }, parts }) =>
      parts.identity.passwords.reset(caller, personId),
  }),
  endpoint({
    method: 'POST',
    path: '/persons/:id/unlock',
    id: 'unlockPerson',
    tag: 'persons',
    summary: 'Ends the locks that wrong guesses made',
    action: 'login.unlock',
    params,
    answer: z.object({ locks: z.int() }),
    errors: ['access.guard'],
    act: async ({ caller, params: { id: personId }, parts }) => ({
      locks: await parts.identity.recovery.unlock(caller, personId),
    }),
  }),
  endpoint({
    method: 'DELETE',
    path: '/persons/:id/sessions',
    id: 'endSessionsOfPerson',
    tag: 'persons',
    summary: 'Ends every session of a person the caller answers for',
    action: 'session.end',
    params,
    answer: z.object({ ended: z.int() }),
    errors: ['access.guard'],
    act: async ({ caller, params: { id: personId }, parts }) => ({
      ended: await parts.identity.sessions.endOf(caller, personId),
    }),
  }),
];
