import { randomUUID } from 'node:crypto';
import { Failure, parseEnterpriseNumber } from '../../vocabulary/index.ts';
import { fittingRights } from './application-rights.ts';
import { isRole } from './caller.ts';
import type { Caller, Role } from './caller.ts';
import { enterpriseIn, invalid, openForm } from './form.ts';
import type { Form } from './form.ts';
import { capacities } from './person.ts';
import type { Capacity, PersonRecord, RoleRecord } from './person.ts';
import { shownPerson } from './person-shown.ts';
import type { PeopleRows } from './people-ports.ts';
import type { QualityRecord } from './qualities.ts';
import { resolvePerson, reviewOf } from './resolve-person.ts';
import type { Resolved } from './resolve-person.ts';
import { actionFor, capacitiesOf, managerRoles, qualityRoles, staffRoles } from './role-actions.ts';
import type { Appointment, ApplicationWish, Done, RoleReview } from './roles.ts';
import { isId, unknown } from './tools.ts';
import type { PeopleTools, Work } from './tools.ts';

/** Where somebody is to be appointed, and as what; the caller may. */
export interface Place {
  readonly role: Role;
  readonly enterprise?: string;
  readonly quality?: QualityRecord;
}

/** An appointment that was checked against the rows as they are. */
interface Prepared extends Place {
  readonly resolved: Resolved;
  readonly capacity?: Capacity;
  readonly facts: Readonly<Record<string, string>>;
  readonly replaces?: { readonly role: RoleRecord; readonly person: PersonRecord };
  readonly applications: readonly Required<ApplicationWish>[];
}

/**
 * Says where, and asks the matrix.
 *
 * @throws Failure `access.denied`, `registration.unknown`, `registration.invalid` (the role)
 */
export async function placeOf(
  tools: PeopleTools,
  caller: Caller,
  wish: Pick<Appointment, 'role' | 'enterprise' | 'qualityId'>,
): Promise<Place> {
  const { role } = wish;
  if (!isRole(role)) throw invalid('role', 'role');
  const place = await whereabouts(tools.store, caller, { ...wish, role });
  const { enterprise, quality } = place;
  await tools.authority.demand(caller, actionFor(caller, 'appoint', role), {
    enterprise,
    qualityId: quality?.id,
    what: quality === undefined ? `enterprise ${enterprise ?? '-'}` : `quality ${quality.id}`,
  });
  if (qualityRoles.includes(role) && quality === undefined) throw unknown('quality');
  const needsEnterprise = !staffRoles.includes(role) && role !== 'SP' && role !== 'REP';
  if (needsEnterprise && enterprise === undefined) throw unknown('enterprise');
  return place;
}

async function whereabouts(
  rows: PeopleRows,
  caller: Caller,
  { role, ...wish }: { role: Role; enterprise?: string; qualityId?: string },
): Promise<Place> {
  if (staffRoles.includes(role)) return { role };
  if (qualityRoles.includes(role)) {
    const id = wish.qualityId ?? caller.qualityId ?? '';
    const quality = isId(id) ? await rows.quality(id) : undefined;
    // A quality that is not there is answered as one out of sight.
    return quality === undefined ? { role } : { role, quality, enterprise: quality.enterprise };
  }
  const given = wish.enterprise ?? caller.enterprise;
  const enterprise = given === undefined ? undefined : parseEnterpriseNumber(given);
  return enterprise === undefined ? { role } : { role, enterprise };
}

/** Checks everything against the rows; writes nothing. */
export async function prepareAppointment(
  tools: PeopleTools,
  caller: Caller,
  rows: PeopleRows,
  o: { readonly place: Place; readonly wish: Appointment; readonly prefix?: string },
): Promise<Prepared> {
  const { place, wish, prefix = '' } = o;
  const { role, quality } = place;
  const country = await openPlace(rows, place);
  const form = openForm();
  const needsInsz = country === 'BE' && !staffRoles.includes(role);
  const resolved = await resolvePerson(tools, caller, rows, {
    ...{ form, prefix, needsInsz, wish: wish.person },
  });
  const capacity = capacityIn(form, prefix, role, wish.capacity);
  const facts = factsIn(form, place, wish.facts ?? {});
  const applications =
    quality === undefined || role !== 'USR'
      ? []
      : await fittingRights(rows, form, quality.type, wish.applications ?? []);
  form.settle();
  await refuseTwice(rows, place, resolved);
  const replaces = await incumbent(caller, rows, place);
  return {
    ...{ ...place, resolved, facts, applications },
    ...(capacity === undefined ? {} : { capacity }),
    ...(replaces === undefined ? {} : { replaces }),
  };
}

/** The country of a place where somebody can be appointed. */
async function openPlace(rows: PeopleRows, place: Place): Promise<string | undefined> {
  if (place.enterprise === undefined) return undefined;
  const enterprise = await rows.enterpriseFacts(place.enterprise);
  if (enterprise === undefined) throw unknown('enterprise');
  if (enterprise.state === 'closed') throw guard(place.role, 'enterprise-closed');
  const wakes = managerRoles.includes(place.role);
  if (place.quality?.state === 'suspended' && !wakes) throw guard(place.role, 'quality-suspended');
  return enterprise.country;
}

/** A refusal by what the rows hold; nobody tried what he may not. */
export function guard(role: string, rule: string): Failure {
  return new Failure('access.guard', { role, rule });
}

function capacityIn(
  form: Form,
  prefix: string,
  role: Role,
  text: string | undefined,
): Capacity | undefined {
  const allowed = capacitiesOf[role];
  if (allowed.length === 0) return undefined;
  const capacity = capacities.find((one) => one === text);
  if ((text ?? '') === '') form.fault(`${prefix}capacity`, 'required');
  else if (capacity === undefined || !allowed.includes(capacity)) {
    form.fault(`${prefix}capacity`, 'capacity');
  }
  return capacity;
}

const factMax = 200;

/** What is noted with the role: the judgment of a curator, the number of a service provider. */
function factsIn(
  form: Form,
  { role, quality }: Place,
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  if (role === 'CUR') {
    const courtOrder = (given['courtOrder'] ?? '').trim();
    if (courtOrder === '' || courtOrder.length > factMax || /\p{C}/u.test(courtOrder)) {
      form.fault('courtOrder', 'court-order');
    }
    if (quality?.type !== 'employer') form.fault('qualityId', 'employer-only');
    return { courtOrder };
  }
  if (role !== 'SP') return {};
  const kind = given['kind'] ?? '';
  if (kind === 'natural-person') return { kind };
  if (kind !== 'legal-person') form.fault('kind', 'provider-kind');
  return { kind, provider: enterpriseIn(form, 'provider', given['provider'] ?? '') };
}

/** @throws Failure `registration.exists` when the person holds the role there already */
async function refuseTwice(
  rows: PeopleRows,
  { role, enterprise, quality }: Place,
  { person, isNew }: Resolved,
): Promise<void> {
  if (isNew) return;
  const held = await rows.rolesOf(person.id);
  const again = held.some(
    (one) => one.role === role && one.enterprise === enterprise && one.qualityId === quality?.id,
  );
  if (again) throw new Failure('registration.exists', { what: 'role', role });
}

/** Who holds the one post there is; he leaves it in the same transaction. */
async function incumbent(
  caller: Caller,
  rows: PeopleRows,
  { role, enterprise, quality }: Place,
): Promise<Prepared['replaces']> {
  const posts = role === 'CAM' ? (['CAM'] as const) : managerRoles;
  if (role !== 'CAM' && !managerRoles.includes(role)) return undefined;
  const holders = await rows.rolesIn({
    roles: posts,
    ...(role === 'CAM' || quality === undefined
      ? { enterprise: enterprise ?? '' }
      : { qualityId: quality.id }),
  });
  const held = holders.find(({ state }) => state === 'active' || state === 'blocked');
  if (held === undefined) return undefined;
  const mayReplaceCurator = role === 'CUR' || ['HD', 'operator'].includes(caller.role);
  if (held.role === 'CUR' && !mayReplaceCurator) {
    throw guard(role, 'curator-in-place');
  }
  const person = await rows.person(held.personId);
  return person === undefined ? undefined : { role: held, person };
}

/** What is shown before it takes effect. */
export function reviewOfAppointment(prepared: Prepared): RoleReview {
  const { role, enterprise, quality, capacity, resolved, replaces, applications } = prepared;
  return {
    ...{ act: 'appoint', role, person: reviewOf(resolved), state: 'active' },
    ...(enterprise === undefined ? {} : { enterprise }),
    ...(quality === undefined ? {} : { qualityId: quality.id }),
    ...(capacity === undefined ? {} : { capacity }),
    ...(replaces && { replaces: reviewOf({ person: replaces.person, isNew: false }) }),
    ...(applications.length === 0 ? {} : { applications }),
  };
}

/** Writes it all: the person when new, the end of the one before, the role, and its effects. */
export async function writeAppointment(
  tools: PeopleTools,
  caller: Caller,
  work: Work,
  prepared: Prepared,
): Promise<Done> {
  const { role, resolved, replaces, capacity, facts } = prepared;
  await writePerson(work, resolved);
  // A curator ends nobody's role but another curator's: managers are suspended.
  const ends = role !== 'CUR' || replaces?.role.role === 'CUR';
  if (replaces !== undefined && ends) await endRole(work, replaces.role, 'replaced');
  if (role === 'CUR') await suspendManagers(work, prepared);
  const assignment: RoleRecord = {
    ...{ id: randomUUID(), personId: resolved.person.id, role, facts, state: 'active' },
    ...(prepared.enterprise === undefined ? {} : { enterprise: prepared.enterprise }),
    ...(prepared.quality === undefined ? {} : { qualityId: prepared.quality.id }),
    ...(capacity === undefined ? {} : { capacity }),
    ...{ validFrom: work.at, createdBy: caller.name },
  };
  await writeRole(work, assignment, capacity);
  await wakeQuality(work, prepared);
  for (const { application, role: applicationRole } of prepared.applications) {
    await work.rows.insertRight({
      ...{ assignmentId: assignment.id, application, applicationRole },
      ...{ grantedBy: caller.name, grantedAt: work.at },
    });
  }
  if (role === 'CAM') await manageUnmanaged(caller, work, assignment);
  const person = await shownPerson(tools, resolved.person);
  const done: Done = { person, assignment, isNew: resolved.isNew };
  await tools.invitations.invite({ ...done, caller }, work.trx);
  return done;
}

async function writePerson({ rows, note }: Work, resolved: Resolved): Promise<void> {
  if (!resolved.isNew) return;
  const { person, inszHash } = resolved;
  const outcome = await rows.insertPerson({ ...person, ...(inszHash && { inszHash }) });
  // Registered by somebody else between the two steps.
  if (outcome === 'username-taken') throw invalid('username', 'username-taken');
  if (outcome === 'insz-taken') throw new Failure('access.confirmation', { why: 'changed' });
  const { username, language } = person;
  note({
    event: 'user_created',
    action: 'person.register',
    target: `person ${person.id}`,
    after: { username, language },
  });
}

async function writeRole(
  { rows, note, at }: Work,
  assignment: RoleRecord,
  capacity: Capacity | undefined,
): Promise<void> {
  const { id, role, personId, enterprise, qualityId, facts } = assignment;
  if ((await rows.insertRole({ ...assignment, at })) === 'taken') {
    throw new Failure('access.confirmation', { why: 'changed' });
  }
  note({
    ...{ event: 'privilege_permissions_changed', action: 'role.appoint', target: `role ${id}` },
    ...{ enterprise, qualityId },
    after: { role, person: personId, state: 'active', capacity, ...facts },
  });
}

/** Ends a role and everything that was opened with it. */
export async function endRole(work: Work, role: RoleRecord, reason: string): Promise<void> {
  const { rows, at, note } = work;
  const from = ['active', 'blocked', 'suspended'] as const;
  const done = await rows.changeRole({ id: role.id, from, to: 'deleted', validTo: at, at });
  if (!done) throw new Failure('access.confirmation', { why: 'changed' });
  await rows.endAccess({ of: { assignmentId: role.id }, reason, at });
  note({
    ...{ event: 'privilege_permissions_changed', action: 'role.end', target: `role ${role.id}` },
    ...{ enterprise: role.enterprise, qualityId: role.qualityId },
    before: { role: role.role, person: role.personId, state: role.state },
    after: { state: 'deleted', reason },
  });
}

/** The managers of an employer in bankruptcy keep their record and lose their access. */
async function suspendManagers(work: Work, { quality }: Place): Promise<void> {
  const { rows, at, note } = work;
  if (quality === undefined) return;
  for (const role of await rows.rolesIn({ qualityId: quality.id, roles: ['AM', 'COAM'] })) {
    const from = ['active', 'blocked'] as const;
    if (!(await rows.changeRole({ id: role.id, from, to: 'suspended', at }))) continue;
    await rows.endAccess({ of: { assignmentId: role.id }, reason: 'curator', at });
    note({
      ...{ event: 'privilege_permissions_changed', action: 'role.suspend' },
      ...{ target: `role ${role.id}`, enterprise: role.enterprise, qualityId: role.qualityId },
      before: { state: role.state },
      after: { state: 'suspended', reason: 'curator' },
    });
  }
}

/** A suspended quality works again as soon as somebody manages it. */
async function wakeQuality(work: Work, { role, quality }: Place): Promise<void> {
  const { rows, at, note } = work;
  if (quality?.state !== 'suspended' || !managerRoles.includes(role)) return;
  await rows.updateQuality(quality.id, { state: 'active', at });
  note({
    ...{ event: 'authz_change', action: 'quality.resume', target: `quality ${quality.id}` },
    ...{ enterprise: quality.enterprise, qualityId: quality.id },
    before: { state: 'suspended' },
    after: { state: 'active' },
  });
}

/** The chief access manager is access manager of what nobody manages. */
async function manageUnmanaged(caller: Caller, work: Work, cam: RoleRecord): Promise<void> {
  const { rows, at } = work;
  const { enterprise = '', personId, capacity } = cam;
  for (const quality of await rows.qualitiesOf(enterprise)) {
    if (quality.state !== 'active') continue;
    const managers = await rows.rolesIn({ qualityId: quality.id, roles: managerRoles });
    if (managers.some(({ state }) => state === 'active' || state === 'blocked')) continue;
    const role: RoleRecord = {
      ...{ id: randomUUID(), personId, role: 'AM', enterprise, qualityId: quality.id },
      ...(capacity === undefined ? {} : { capacity }),
      ...{ state: 'active', facts: {}, validFrom: at, createdBy: caller.name },
    };
    await writeRole(work, role, capacity);
  }
}
