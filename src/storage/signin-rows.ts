import type { AssignmentRecord, SignInPerson } from '../identity/index.ts';

// Persons and their roles as every part of signing in reads them.

export interface PersonRow {
  readonly id: string;
  readonly username: string;
  readonly first_name: string;
  readonly last_name: string;
  readonly language: SignInPerson['language'];
  readonly email: string | null;
  readonly state: string;
  readonly first_login_at: Date | null;
}

export interface AssignmentRow {
  readonly assignment_id: string | null;
  readonly role: AssignmentRecord['role'];
  readonly enterprise: AssignmentRecord['enterprise'] | null;
  readonly enterprise_name: string | null;
  readonly country: string | null;
  readonly quality_id: string | null;
  readonly quality_type: string | null;
}

/** Of `role_in_force a` with its enterprise `e` and quality `q`. */
export const assignmentColumns = `a.id as assignment_id, a.role, a.enterprise,
  e.name as enterprise_name, e.country, a.quality_id, q.type as quality_type`;

export const assignmentJoins = `left join enterprise e on e.number = a.enterprise
  left join quality q on q.id = a.quality_id`;

/**
 * Whether a role in force is so at `:at` too. The view says the rest: asked at every request, so that
 * a block, a closed enterprise or a suspended quality counts at once.
 */
export const assignmentInForce = `a.valid_from <= :at and (a.valid_to is null or a.valid_to > :at)`;

/** Common table expressions: `opened` gives the enterprise that its chief access manager opened. */
export const markLoginSql = `marked as (
    update person set last_login_at = :markedAt,
      first_login_at = coalesce(first_login_at, :markedAt)
    where id = :markedPerson),
  opened as (
    update enterprise set state = 'active'
    where number = :markedEnterprise and state = 'registered' returning number)`;

/** Values for `markLoginSql`; without a role nobody came in yet, and nothing is marked. */
export function markOf(o: {
  readonly personId: string;
  readonly assignment: AssignmentRecord | undefined;
  readonly at: Date;
}): Readonly<Record<'markedPerson' | 'markedEnterprise', string | null> & { markedAt: Date }> {
  const { personId, assignment, at: markedAt } = o;
  const enterprise = assignment?.role === 'CAM' ? assignment.enterprise : undefined;
  const markedPerson = assignment === undefined ? null : personId;
  return { markedAt, markedPerson, markedEnterprise: enterprise ?? null };
}

export function personOf(row: PersonRow): SignInPerson {
  return {
    id: row.id,
    username: row.username,
    firstName: row.first_name,
    lastName: row.last_name,
    language: row.language,
    ...(row.email === null ? {} : { email: row.email }),
    active: row.state === 'active',
    ...(row.first_login_at === null ? {} : { firstLoginAt: row.first_login_at }),
  };
}

export function assignmentOf(row: AssignmentRow): AssignmentRecord | undefined {
  if (row.assignment_id === null) return undefined;
  return {
    id: row.assignment_id,
    role: row.role,
    ...(row.enterprise === null || row.enterprise === undefined
      ? {}
      : { enterprise: row.enterprise }),
    ...(row.enterprise_name === null ? {} : { enterpriseName: row.enterprise_name }),
    ...(row.country === null ? {} : { country: row.country }),
    ...(row.quality_id === null ? {} : { qualityId: row.quality_id }),
    ...(row.quality_type === null ? {} : { qualityType: row.quality_type }),
  };
}
