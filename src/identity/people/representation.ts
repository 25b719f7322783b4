import { prepareAppointment, writeAppointment } from './appoint.ts';
import type { Caller } from './caller.ts';
import { enterpriseIn, openForm } from './form.ts';
import type { Done } from './roles.ts';
import { act, isId, unknown } from './tools.ts';
import type { PeopleTools } from './tools.ts';

/**
 * Grants what somebody asked for: he becomes representative of the enterprise he asked for it in, or
 * of the one the help desk names. The role and the end of the case are one act.
 *
 * @throws Failure `access.denied`, `registration.unknown`, `registration.exists` (he is already)
 */
export async function grantRepresentation(
  tools: PeopleTools,
  caller: Caller,
  o: { readonly caseId: string; readonly enterprise?: string },
): Promise<Done> {
  await tools.authority.demand(caller, 'representative.create', { what: 'case' });
  const request = isId(o.caseId) ? await tools.store.supportCase(o.caseId) : undefined;
  if (request?.kind !== 'representative-access') throw unknown('case');
  const form = openForm();
  const enterprise = enterpriseIn(form, 'enterprise', o.enterprise ?? request.enterprise ?? '');
  form.settle();
  const place = { role: 'REP', enterprise } as const;
  const person = { personId: request.personId };
  const wish = { act: 'appoint', role: 'REP', enterprise, person } as const;
  return act(tools, caller, async (work) => {
    const { rows, at, note } = work;
    if (!(await rows.closeCase({ id: o.caseId, by: caller.name, at }))) throw unknown('case');
    note({
      ...{ event: 'authz_admin', action: 'case.close', target: `case ${o.caseId}`, enterprise },
      after: { state: 'done', kind: request.kind },
    });
    const prepared = await prepareAppointment(tools, caller, rows, { place, wish });
    return writeAppointment(tools, caller, work, prepared);
  });
}
