import { Failure } from '../../vocabulary/index.ts';
import { endRole, prepareAppointment, reviewOfAppointment, writeAppointment } from './appoint.ts';
import type { Caller } from './caller.ts';
import type { AssignmentState, PersonRecord, RoleRecord } from './person.ts';
import { shownPerson } from './person-shown.ts';
import type { PeopleRows } from './people-ports.ts';
import { reviewOf } from './resolve-person.ts';
import { actionFor, managerRoles } from './role-actions.ts';
import type { Appointment, Done, RoleReview, StateChange } from './roles.ts';
import { isId, unknown } from './tools.ts';
import type { PeopleTools, Work } from './tools.ts';

/** A change of somebody's role that was checked against the rows as they are. */
interface PreparedChange {
  readonly wish: StateChange;
  readonly role: RoleRecord;
  readonly person: PersonRecord;
  readonly successor?: Awaited<ReturnType<typeof prepareAppointment>>;
}

const steps = {
  block: { from: ['active'], to: 'blocked' },
  unblock: { from: ['blocked'], to: 'active' },
  delete: { from: ['active', 'blocked', 'suspended'], to: 'deleted' },
} as const satisfies Record<
  StateChange['act'],
  { from: readonly AssignmentState[]; to: AssignmentState }
>;

/**
 * Finds the role, and asks the matrix and the guards that no role is above.
 *
 * @throws Failure `access.denied`, `access.guard`, `registration.unknown`
 */
export async function roleToChange(
  tools: PeopleTools,
  caller: Caller,
  wish: StateChange,
): Promise<RoleRecord> {
  const role = isId(wish.assignmentId) ? await tools.store.role(wish.assignmentId) : undefined;
  if (role === undefined || role.state === 'deleted') throw unknown('role');
  const action = actionFor(caller, 'change-state', role.role);
  const what = `role ${role.id}`;
  await tools.authority.demand(caller, action, { ...role, what });
  if (caller.personId === role.personId) {
    await tools.authority.forbid(caller, action, { what, rule: 'own-account' });
  }
  return role;
}

/** Checks everything against the rows; writes nothing. */
export async function prepareChange(
  tools: PeopleTools,
  caller: Caller,
  rows: PeopleRows,
  wish: StateChange,
): Promise<PreparedChange> {
  const role = await rows.role(wish.assignmentId);
  const person = role === undefined ? undefined : await rows.person(role.personId);
  if (role === undefined || person === undefined) throw unknown('role');
  const states: readonly AssignmentState[] = steps[wish.act].from;
  if (!states.includes(role.state)) throw refusal(role, 'state-already');
  const leaves = wish.act === 'delete' && managerRoles.includes(role.role);
  if (!leaves || role.state === 'suspended') return { wish, role, person };
  if (wish.successor === undefined) {
    if (wish.suspendQuality === true) return { wish, role, person };
    throw refusal(role, 'successor-needed');
  }
  const successor = await prepareSuccessor(tools, caller, rows, { role, wish: wish.successor });
  return { wish, role, person, successor };
}

async function prepareSuccessor(
  tools: PeopleTools,
  caller: Caller,
  rows: PeopleRows,
  o: { readonly role: RoleRecord; readonly wish: NonNullable<StateChange['successor']> },
): Promise<NonNullable<PreparedChange['successor']>> {
  const quality = await rows.quality(o.role.qualityId ?? '');
  if (quality === undefined) throw unknown('quality');
  const place = { role: 'AM', enterprise: quality.enterprise, quality } as const;
  const wish: Appointment = { act: 'appoint', role: 'AM', ...o.wish };
  return prepareAppointment(tools, caller, rows, { place, wish, prefix: 'successor.' });
}

function refusal({ role }: RoleRecord, rule: string): Failure {
  return new Failure('access.guard', { role, rule });
}

export function reviewOfChange({ wish, role, person, successor }: PreparedChange): RoleReview {
  const { enterprise, qualityId, capacity } = role;
  return {
    ...{ act: wish.act, role: role.role, state: steps[wish.act].to },
    ...(enterprise === undefined ? {} : { enterprise }),
    ...(qualityId === undefined ? {} : { qualityId }),
    ...(capacity === undefined ? {} : { capacity }),
    person: reviewOf({ person, isNew: false }),
    ...(successor && { successor: reviewOfAppointment(successor).person }),
    ...(suspends(wish) ? { suspendsQuality: true } : {}),
  };
}

function suspends({ act, successor, suspendQuality }: StateChange): boolean {
  return act === 'delete' && successor === undefined && suspendQuality === true;
}

/** Writes the change; what was open with the role is cut in the same transaction. */
export async function writeChange(
  tools: PeopleTools,
  caller: Caller,
  work: Work,
  prepared: PreparedChange,
): Promise<Done> {
  const { wish, role, person, successor } = prepared;
  if (successor !== undefined) {
    // The appointment ends the role of whom it replaces.
    await writeAppointment(tools, caller, work, successor);
  } else if (wish.act === 'delete') {
    await endRole(work, role, 'deleted');
    if (managerRoles.includes(role.role) && suspends(wish)) await suspendQuality(work, role);
  } else {
    await switchState(work, role, wish.act);
  }
  const state = steps[wish.act].to;
  const assignment = { ...role, state };
  return { person: await shownPerson(tools, person), assignment, isNew: false };
}

async function switchState(work: Work, role: RoleRecord, act: 'block' | 'unblock'): Promise<void> {
  const { rows, at, note } = work;
  const { from, to } = steps[act];
  const done = await rows.changeRole({ id: role.id, from, to, at });
  if (!done) throw new Failure('access.confirmation', { why: 'changed' });
  if (act === 'block') {
    await rows.endAccess({ of: { assignmentId: role.id }, reason: 'blocked', at });
  }
  note({
    ...{ event: 'privilege_permissions_changed', action: `role.${act}`, target: `role ${role.id}` },
    ...{ enterprise: role.enterprise, qualityId: role.qualityId },
    before: { role: role.role, person: role.personId, state: role.state },
    after: { state: to },
  });
}

/** Nobody works in the quality any more, and its channels are shut. */
export async function suspendQuality(
  { rows, at, note }: Work,
  { qualityId = '' }: Pick<RoleRecord, 'qualityId'>,
): Promise<void> {
  const quality = await rows.quality(qualityId);
  if (quality === undefined) throw unknown('quality');
  if (quality.state === 'suspended') throw new Failure('access.guard', { rule: 'state-already' });
  await rows.updateQuality(quality.id, { state: 'suspended', at });
  await rows.endAccess({ of: { qualityId: quality.id }, reason: 'quality-suspended', at });
  await rows.cutChannels({ enterprise: quality.enterprise, type: quality.type });
  note({
    ...{ event: 'authz_change', action: 'quality.suspend', target: `quality ${quality.id}` },
    ...{ enterprise: quality.enterprise, qualityId: quality.id },
    before: { state: 'active' },
    after: { state: 'suspended' },
  });
}
