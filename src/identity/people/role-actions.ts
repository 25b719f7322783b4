import type { Action } from './actions.ts';
import type { Caller, Role } from './caller.ts';
import type { Capacity } from './person.ts';
import type { ManagedVerb } from './people.ts';

/** Which row of the matrix is asked for an act upon somebody in a role. */
interface RoleActions {
  readonly appoint: Action;
  readonly 'change-state': Action;
  readonly edit: Action;
  readonly 'reset-password': Action;
}

function all(action: Action): RoleActions {
  return { appoint: action, 'change-state': action, edit: action, 'reset-password': action };
}

const actionsOf: Readonly<Record<Role, RoleActions>> = {
  LR: all('lr.appoint'),
  CAM: all('cam.appoint'),
  COCAM: { ...all('cocam.manage'), edit: 'cocam.edit', 'reset-password': 'cocam.edit' },
  AM: all('am.appoint'),
  COAM: all('coam.manage'),
  USR: {
    appoint: 'user.register',
    'change-state': 'user.change-state',
    edit: 'user.edit',
    'reset-password': 'user.reset-password',
  },
  SP: all('service-provider.appoint'),
  CUR: all('curator.register'),
  REP: all('representative.create'),
  HD: all('staff.appoint'),
  OP: all('staff.appoint'),
};

/** The help desk resets anybody's password; the rows of the roles are about managers. */
export function actionFor(
  caller: Pick<Caller, 'role'>,
  verb: 'appoint' | ManagedVerb,
  role: Role,
): Action {
  if (caller.role === 'HD' && verb === 'reset-password') return 'user.reset-password';
  return actionsOf[role][verb];
}

const officers = ['employee', 'director', 'managing-director', 'manager', 'founder'] as const;
const workers = [
  'employee',
  'director',
  'managing-director',
  'manager',
  'partner',
  'member',
] as const;

/** The capacities in which a role may be held; none: it is not asked. */
export const capacitiesOf: Readonly<Record<Role, readonly Capacity[]>> = {
  LR: [],
  CAM: officers,
  COCAM: officers,
  AM: officers,
  COAM: officers,
  USR: workers,
  SP: [],
  CUR: [],
  REP: [],
  HD: [],
  OP: [],
};

/** Roles held in a quality. */
export const qualityRoles: readonly Role[] = ['AM', 'COAM', 'USR', 'CUR'];
/** Roles outside every enterprise. */
export const staffRoles: readonly Role[] = ['HD', 'OP'];
/** Roles whose holder manages a quality. */
export const managerRoles: readonly Role[] = ['AM', 'CUR'];
