import { randomUUID } from 'node:crypto';
import { Failure, parseEnterpriseNumber } from '../../vocabulary/index.ts';
import { endRole, prepareAppointment, writeAppointment } from './appoint.ts';
import type { Caller } from './caller.ts';
import { conversionTargets } from './enterprise-access.ts';
import type { ConversionTarget, EnterpriseAccess, EnterpriseView } from './enterprise-access.ts';
import { enterpriseIn, invalid, nameIn, openForm } from './form.ts';
import { sees } from './permits.ts';
import type { EnterpriseFacts, PeopleRows, SupportCase } from './people-ports.ts';
import type { RoleRecord } from './person.ts';
import { grantRepresentation } from './representation.ts';
import { reviewOf } from './resolve-person.ts';
import type { Appointment, Done } from './roles.ts';
import { act, isId, unknown } from './tools.ts';
import type { PeopleTools, Work } from './tools.ts';

const kind = 'closing';

/** The access of enterprises as a whole. */
export function openEnterpriseAccess(tools: PeopleTools): EnterpriseAccess {
  return {
    async show(caller, number) {
      return viewOf(tools.store, await inSight(tools, caller, number));
    },
    admit: (caller, wish) => admit(tools, caller, wish),
    activateEbox: (caller, number) => activateEbox(tools, caller, number),
    async planClosing(caller, number) {
      const enterprise = await closable(tools, caller, number);
      const review = await viewOf(tools.store, enterprise);
      const confirmation = tools.confirmations.seal(caller, kind, { number: enterprise.number });
      return { review, confirmation };
    },
    async confirmClosing(caller, confirmation) {
      const sealed = tools.confirmations.open(caller, kind, confirmation);
      return close(tools, caller, sealed.number);
    },
    close: (caller, number) => close(tools, caller, number),
    askForNumber: (caller) => askForNumber(tools, caller),
    addNumber: (caller, wish) => addNumber(tools, caller, wish),
    askForConversion: (caller, wish) => askForConversion(tools, caller, wish),
    grantRepresentation: (caller, wish) => grantRepresentation(tools, caller, wish),
    carryOutConversion: (caller, caseId) => carryOutConversion(tools, caller, caseId),
  };
}

/** @throws Failure `access.denied`, `registration.unknown`, `access.guard` (`number-missing`) */
async function inSight(
  tools: PeopleTools,
  caller: Caller,
  given: string | undefined,
): Promise<EnterpriseFacts> {
  const enterprise = await known(tools, caller, given);
  const what = `enterprise ${enterprise.number}`;
  await tools.authority.demand(caller, 'enterprise.read', { enterprise: enterprise.number, what });
  return enterprise;
}

async function known(
  tools: PeopleTools,
  caller: Caller,
  given: string | undefined,
): Promise<EnterpriseFacts> {
  const number = given === undefined ? caller.enterprise : parseEnterpriseNumber(given);
  if (given === undefined && number === undefined) {
    throw new Failure('access.guard', { rule: 'number-missing' });
  }
  const facts = number === undefined ? undefined : await tools.store.enterpriseFacts(number);
  const isOwn = facts !== undefined && facts.number === caller.enterprise;
  if (facts === undefined || !(isOwn || sees(caller, { enterprise: facts.number }))) {
    throw unknown('enterprise');
  }
  return facts;
}

async function viewOf(rows: PeopleRows, facts: EnterpriseFacts): Promise<EnterpriseView> {
  const [cam] = await rows.rolesIn({ enterprise: facts.number, roles: ['CAM'] });
  const person = cam === undefined ? undefined : await rows.person(cam.personId);
  return {
    ...facts,
    ...(person && { chiefAccessManager: reviewOf({ person, isNew: false }) }),
  };
}

async function admit(
  tools: PeopleTools,
  caller: Caller,
  wish: Parameters<EnterpriseAccess['admit']>[1],
): Promise<Done> {
  await tools.authority.demand(caller, 'enterprise.admit', { what: 'enterprise' });
  const form = openForm();
  const number = enterpriseIn(form, 'number', wish.number);
  const name = nameIn(form, 'name', wish.name);
  const country = (wish.country ?? 'BE').toUpperCase();
  if (!/^[A-Z]{2}$/.test(country)) form.fault('country', 'characters');
  form.settle();
  return act(tools, caller, async (work) => {
    const { rows, at, note } = work;
    if (!(await rows.admitEnterprise({ number, name, country, at }))) {
      throw new Failure('registration.exists', { what: 'enterprise', enterprise: number });
    }
    const target = `enterprise ${number}`;
    note({
      ...{ event: 'authz_change', action: 'enterprise.admit', target, enterprise: number },
      after: { state: 'registered', name, country },
    });
    return appointIn(tools, caller, work, {
      ...{ act: 'appoint', role: 'LR', enterprise: number, person: wish.representative },
    });
  });
}

/** An appointment as part of another act, which has asked the matrix. */
async function appointIn(
  tools: PeopleTools,
  caller: Caller,
  work: Work,
  wish: Appointment & { readonly role: 'LR' | 'CAM' | 'SP' },
): Promise<Done> {
  const place = {
    role: wish.role,
    ...(wish.enterprise === undefined ? {} : { enterprise: wish.enterprise }),
  };
  const prepared = await prepareAppointment(tools, caller, work.rows, { place, wish });
  return writeAppointment(tools, caller, work, prepared);
}

async function activateEbox(tools: PeopleTools, caller: Caller, given?: string): Promise<void> {
  const { number } = await known(tools, caller, given);
  const what = `enterprise ${number}`;
  await tools.authority.demand(caller, 'ebox.activate', { enterprise: number, what });
  await act(tools, caller, async ({ rows, at, note }) => {
    if (!(await rows.activateEbox(number, at))) {
      throw new Failure('access.guard', { rule: 'state-already' });
    }
    note({ event: 'authz_change', action: 'ebox.activate', target: what, enterprise: number });
  });
}

async function closable(
  tools: PeopleTools,
  caller: Caller,
  given: string | undefined,
): Promise<EnterpriseFacts> {
  const enterprise = await known(tools, caller, given);
  const { number, state } = enterprise;
  const what = `enterprise ${number}`;
  await tools.authority.demand(caller, 'enterprise.close', { enterprise: number, what });
  if (state === 'closed') throw new Failure('access.guard', { rule: 'enterprise-closed' });
  return enterprise;
}

/** Every way in is shut; what was received stays for as long as it is to be kept. */
async function close(tools: PeopleTools, caller: Caller, given?: string): Promise<EnterpriseView> {
  const { number, state } = await closable(tools, caller, given);
  return act(tools, caller, async ({ rows, at, note }) => {
    await rows.lockEnterprise(number);
    if (!(await rows.closeEnterprise(number, at))) {
      throw new Failure('access.guard', { rule: 'enterprise-closed' });
    }
    await rows.endAccess({ of: { enterprise: number }, reason: 'enterprise-closed', at });
    await rows.cutChannels({ enterprise: number });
    const target = `enterprise ${number}`;
    note({
      ...{ event: 'authz_change', action: 'enterprise.close', target, enterprise: number },
      before: { state },
      after: { state: 'closed' },
    });
    const facts = await rows.enterpriseFacts(number);
    if (facts === undefined) throw unknown('enterprise');
    return viewOf(rows, facts);
  });
}

/** The caller's own role, which has no enterprise number. */
async function ownRoleWithoutNumber(tools: PeopleTools, caller: Caller): Promise<RoleRecord> {
  const { personId, assignmentId = '' } = caller;
  await tools.authority.demand(caller, 'case.open', { personId, what: `person ${personId ?? ''}` });
  const role = isId(assignmentId) ? await tools.store.role(assignmentId) : undefined;
  if (role === undefined || role.personId !== personId) throw unknown('role');
  if (role.enterprise !== undefined) throw new Failure('access.guard', { rule: 'number-present' });
  return role;
}

async function askForNumber(tools: PeopleTools, caller: Caller): Promise<string> {
  const role = await ownRoleWithoutNumber(tools, caller);
  if (role.facts['kind'] === 'natural-person') {
    throw new Failure('access.guard', {
      rule: 'conversion-needed',
      to: conversionTargets.join(','),
    });
  }
  return openCase(tools, caller, {
    ...{ kind: 'enterprise-number', personId: role.personId, facts: { assignment: role.id } },
  });
}

async function openCase(
  tools: PeopleTools,
  caller: Caller,
  o: Pick<SupportCase, 'kind' | 'personId' | 'facts' | 'enterprise'>,
): Promise<string> {
  const id = randomUUID();
  await act(tools, caller, async ({ rows, at, note }) => {
    await rows.insertCase({ ...o, id, state: 'open', openedAt: at });
    note({ event: 'authz_change', action: 'case.open', target: `case ${id}`, after: o.facts });
  });
  return id;
}

async function addNumber(
  tools: PeopleTools,
  caller: Caller,
  wish: Parameters<EnterpriseAccess['addNumber']>[1],
): Promise<void> {
  await tools.authority.demand(caller, 'enterprise-number.add', { what: 'role' });
  const form = openForm();
  const enterprise = enterpriseIn(form, 'enterprise', wish.enterprise);
  form.settle();
  const role = isId(wish.assignmentId) ? await tools.store.role(wish.assignmentId) : undefined;
  if (role === undefined || role.state === 'deleted') throw unknown('role');
  if (role.enterprise !== undefined) throw new Failure('access.guard', { rule: 'number-present' });
  if (role.facts['kind'] === 'natural-person') {
    throw new Failure('access.guard', { rule: 'conversion-needed' });
  }
  if ((await tools.store.enterpriseFacts(enterprise)) === undefined) throw unknown('enterprise');
  await act(tools, caller, async ({ rows, at, note }) => {
    if (!(await rows.setRoleEnterprise({ id: role.id, enterprise, at }))) {
      throw new Failure('access.guard', { rule: 'number-present' });
    }
    const target = `role ${role.id}`;
    note({
      ...{ event: 'authz_change', action: 'enterprise-number.add', target, enterprise },
      after: { enterprise },
    });
    const { personId } = role;
    const asked = { kind: 'enterprise-number', personId, by: caller.name, at } as const;
    for (const id of await rows.closeCasesOf(asked)) {
      note({
        ...{ event: 'authz_admin', action: 'case.close', target: `case ${id}` },
        after: { state: 'done', kind: asked.kind },
      });
    }
  });
}

async function askForConversion(
  tools: PeopleTools,
  caller: Caller,
  wish: Parameters<EnterpriseAccess['askForConversion']>[1],
): Promise<string> {
  const role = await ownRoleWithoutNumber(tools, caller);
  if (role.role !== 'SP') throw unknown('role');
  const form = openForm();
  const enterprise = enterpriseIn(form, 'enterprise', wish.enterprise);
  const name = nameIn(form, 'name', wish.name);
  form.settle();
  const to = conversionTargets.find((target) => target === wish.to);
  if (to === undefined) throw invalid('to', 'provider-kind');
  return openCase(tools, caller, {
    ...{ kind: 'conversion', personId: role.personId, enterprise },
    facts: { assignment: role.id, to, name },
  });
}

/**
 * The person becomes chief access manager of the enterprise, or its service provider as a legal
 * person; the account without a number ends in the same transaction.
 */
async function carryOutConversion(
  tools: PeopleTools,
  caller: Caller,
  caseId: string,
): Promise<Done> {
  await tools.authority.demand(caller, 'conversion.carry-out', { what: 'case' });
  const request = isId(caseId) ? await tools.store.supportCase(caseId) : undefined;
  if (request?.kind !== 'conversion' || request.enterprise === undefined) throw unknown('case');
  const { enterprise, facts, personId } = request;
  return act(tools, caller, async (work) => {
    const { rows, at } = work;
    if (!(await rows.closeCase({ id: caseId, by: caller.name, at }))) throw unknown('case');
    const old = await rows.role(facts['assignment'] ?? '');
    if (old === undefined) throw unknown('role');
    await rows.admitEnterprise({
      number: enterprise,
      name: facts['name'] ?? '',
      country: 'BE',
      at,
    });
    await rows.lockEnterprise(enterprise);
    await endRole(work, old, 'converted');
    const wish = conversionOf(facts['to'] as ConversionTarget, { enterprise, personId });
    return appointIn(tools, caller, work, wish);
  });
}

function conversionOf(
  to: ConversionTarget,
  o: { readonly enterprise: string; readonly personId: string },
): Appointment & { readonly role: 'CAM' | 'SP' } {
  const { enterprise, personId } = o;
  const common = { act: 'appoint', enterprise, person: { personId } } as const;
  if (to === 'service-provider-legal-person') {
    return { ...common, role: 'SP', facts: { kind: 'legal-person', provider: enterprise } };
  }
  const capacity = to === 'employer' ? 'manager' : 'founder';
  return { ...common, role: 'CAM', capacity };
}
