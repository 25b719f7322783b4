import type { Action } from './actions.ts';
import { cells } from './matrix.ts';
import type { MatrixRole, Within } from './matrix.ts';

/** What an act is about. Absent parts are not the target's: an enterprise has no quality. */
export interface Target {
  readonly enterprise?: string | undefined;
  readonly qualityId?: string | undefined;
  readonly personId?: string | undefined;
  /** Of the assignment, where the target is one. */
  readonly role?: string | undefined;
}

/** Why not: the role never may, or not there. */
export type DenialRule = 'role' | 'enterprise' | 'quality' | 'self';

export type Permission =
  | { readonly allowed: true; readonly within: Within }
  | { readonly allowed: false; readonly rule: DenialRule };

/** Who asks: a caller, or a technical user by its role alone. */
export interface Asker {
  readonly role: MatrixRole | 'system' | 'person';
  readonly enterprise?: string;
  readonly qualityId?: string;
  readonly personId?: string;
}

const reach = new Map<string, Within>(
  cells.map(([role, action, within]) => [`${role} ${action}`, within]),
);

/** Whether the role may do this to the target. Knows nothing but the matrix; asks nobody else. */
export function permits(asker: Asker, action: Action, target: Target): Permission {
  const within = reach.get(`${asker.role} ${action}`);
  if (within === undefined) return { allowed: false, rule: 'role' };
  const broken = brokenBound(within, asker, target);
  return broken === undefined ? { allowed: true, within } : { allowed: false, rule: broken };
}

/** Whether the role has the action at all, somewhere. */
export function mayEver(role: Asker['role'], action: Action): boolean {
  return reach.has(`${role} ${action}`);
}

function brokenBound(within: Within, asker: Asker, target: Target): DenialRule | undefined {
  switch (within) {
    case 'all':
      return undefined;
    case 'enterprise':
      return same(asker.enterprise, target.enterprise) ? undefined : 'enterprise';
    case 'quality':
      if (!same(asker.enterprise, target.enterprise)) return 'enterprise';
      return same(asker.qualityId, target.qualityId) ? undefined : 'quality';
    case 'self':
      return same(asker.personId, target.personId) ? undefined : 'self';
  }
}

/** Two absences are not the same thing: what is nowhere is in nobody's reach. */
function same(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && one === other;
}

/**
 * Whether the caller may know that this exists. A target out of sight is answered as if it were not
 * there, so that trying identifiers teaches nothing.
 */
export function sees(caller: Asker, target: Target): boolean {
  switch (caller.role) {
    case 'HD':
    case 'OP':
    case 'operator':
    case 'system':
      return true;
    case 'LR':
    case 'CAM':
    case 'COCAM':
      return same(caller.enterprise, target.enterprise) || same(caller.personId, target.personId);
    case 'AM':
    case 'COAM':
    case 'CUR':
      return same(caller.qualityId, target.qualityId) || same(caller.personId, target.personId);
    case 'USR':
    case 'SP':
    case 'REP':
    case 'TU':
    case 'person':
      return same(caller.personId, target.personId);
  }
}
