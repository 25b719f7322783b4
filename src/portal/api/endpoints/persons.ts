import { z } from 'zod';
import { endpoint } from '../endpoint.ts';
import { email, enterpriseNumber, id, insz, language, line } from '../fields.ts';
import { pageOf, pageQuery } from '../page.ts';
import { assignment, assignmentState, given, person, personRow, role } from '../shapes.ts';
import { revisionSeen, versioned } from '../version.ts';

const search = ['people.search-quality', 'people.search-enterprise', 'self.read'] as const;
const shown = person.extend({ version: z.string() });
const params = z.strictObject({ id });

/** Persons: found by any of the criteria of a search, shown, changed, blocked. */
export const personEndpoints = [
  endpoint({
    method: 'GET',
    path: '/persons',
    id: 'findPersons',
    tag: 'persons',
    summary: 'Persons in their roles, by name; out of sight there is nobody',
    action: search,
    query: z
      .strictObject({
        ...pageQuery,
        quality: id.optional(),
        username: line(30).optional().describe('Its beginning.'),
        lastName: line(60).optional().describe('Its beginning, whatever case and accents.'),
        firstName: line(60).optional().describe('Its beginning, whatever case and accents.'),
        title: line(30).optional(),
        insz: insz.optional(),
        language: language.optional(),
        email: line(254).optional().describe('Its beginning.'),
        application: line(60).optional().describe('Only together with `quality`.'),
        role: role.optional(),
        state: assignmentState.optional(),
        enterprise: enterpriseNumber.optional().describe('For those who see every enterprise.'),
      })
      .refine(({ application, quality }) => application === undefined || quality !== undefined, {
        error: 'quality-first',
        path: ['application'],
      }),
    answer: pageOf(personRow),
    errors: ['registration.invalid'],
    async act({ caller, query, parts }) {
      const { after, max, ...criteria } = query;
      const { people } = parts.identity;
      const page = await people.find(caller, given(criteria), { ...given({ after }), max });
      return { items: page.rows, ...given({ next: page.next }) };
    },
  }),
  endpoint({
    method: 'GET',
    path: '/persons/:id',
    id: 'showPerson',
    tag: 'persons',
    summary: 'A person, with the roles the caller may see',
    action: search,
    params,
    answer: z.object({ ...shown.shape, roles: z.array(assignment) }),
    async act({ caller, params: { id: personId }, parts }) {
      const view = await parts.identity.people.show(caller, personId);
      return { ...versioned(view.person), roles: view.roles };
    },
  }),
  endpoint({
    method: 'PATCH',
    path: '/persons/:id',
    id: 'editPerson',
    tag: 'persons',
    summary: 'Changes language, title or e-mail of a person the caller manages',
    action: ['user.edit', 'cocam.edit'],
    params,
    asksVersion: true,
    body: z.strictObject({
      language: language.optional(),
      title: line(30).optional(),
      email: email.optional(),
    }),
    answer: shown,
    errors: ['registration.invalid', 'access.guard'],
    async act({ caller, params: { id: personId }, body, version, parts }) {
      const seen = revisionSeen(version);
      const edited = await parts.identity.people.edit(caller, personId, { ...given(body), seen });
      return versioned(edited);
    },
  }),
  endpoint({
    method: 'POST',
    path: '/persons/:id/block',
    id: 'blockPerson',
    tag: 'persons',
    summary: 'Blocks a whole identity, with every role; sessions and tokens end at once',
    action: 'person.block',
    params,
    errors: ['access.guard'],
    act: ({ caller, params: { id: personId }, parts }) =>
      parts.identity.people.block(caller, personId),
  }),
  endpoint({
    method: 'POST',
    path: '/persons/:id/unblock',
    id: 'unblockPerson',
    tag: 'persons',
    summary: 'Lets a blocked identity in again',
    action: 'person.block',
    params,
    errors: ['access.guard'],
    act: ({ caller, params: { id: personId }, parts }) =>
      parts.identity.people.unblock(caller, personId),
  }),
];
