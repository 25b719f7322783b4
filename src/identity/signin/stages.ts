import { Failure } from '../../vocabulary/index.ts';
import type { Role } from '../people/caller.ts';
import { passwordPolicy, policyNames, type PasswordPolicy } from './password-policies.ts';
import type { AssignmentRecord, Factor, PasswordRecord, SessionStage } from './ports.ts';
import type { SignInRules } from './tools.ts';

/** What a role means at the door. */
export const ranks: Readonly<
  Record<Role, { readonly staff: boolean; readonly selectsQuality: boolean }>
> = {
  LR: { staff: false, selectsQuality: false },
  CAM: { staff: false, selectsQuality: true },
  COCAM: { staff: false, selectsQuality: true },
  AM: { staff: false, selectsQuality: false },
  COAM: { staff: false, selectsQuality: false },
  USR: { staff: false, selectsQuality: false },
  SP: { staff: false, selectsQuality: false },
  CUR: { staff: false, selectsQuality: false },
  REP: { staff: false, selectsQuality: false },
  HD: { staff: true, selectsQuality: false },
  OP: { staff: true, selectsQuality: false },
};

/** The policy for somebody's next password: staff when any of his roles is. */
export function policyFor(
  roles: readonly AssignmentRecord[],
  { policies }: Pick<SignInRules, 'policies'>,
): PasswordPolicy {
  return roles.some(({ role }) => ranks[role].staff) ? policies.staff : policies.enterprise;
}

/**
 * Where a login stands. The code that came in a letter must first become a password; one factor asks
 * for a second, or for its enrolment, unless a long password may stand alone; then the role is
 * chosen, if there is more than one.
 */
export function afterFirstFactor(o: {
  readonly factors: readonly Factor[];
  readonly roles: readonly AssignmentRecord[];
  readonly password: PasswordRecord | undefined;
  readonly hasTotp: boolean;
  readonly rules: SignInRules;
}): SessionStage {
  const shown = (factor: Factor): boolean => o.factors.includes(factor);
  if (shown('code') && !shown('password')) return 'password-change';
  if (shown('totp') || shown('backup-code') || shown('certificate')) {
    return afterStrongLogin(o.roles);
  }
  if (o.hasTotp) return 'second-factor';
  return mayStandAlone(o) ? afterStrongLogin(o.roles) : 'enrolment';
}

function mayStandAlone(o: {
  readonly password: PasswordRecord | undefined;
  readonly rules: SignInRules;
  readonly roles: readonly AssignmentRecord[];
}): boolean {
  const { password, rules, roles } = o;
  if (rules.secondFactor === 'mandatory' || password === undefined) return false;
  // Persons of enterprises abroad have no Belgian card: the app is their way to prove more.
  if (roles.some(({ country }) => country !== undefined && country !== 'BE')) return false;
  const made = policyNames.find((name) => name === password.policy);
  const madeUnder = made === undefined ? undefined : passwordPolicy(made);
  const asks = policyFor(roles, rules).secondFactor || madeUnder?.secondFactor !== false;
  return password.standsAlone && !asks;
}

/** With one role the choice is skipped. */
export function afterStrongLogin(roles: readonly AssignmentRecord[]): 'role' | 'open' {
  return roles.length === 1 ? 'open' : 'role';
}

/** @throws Failure `signin.stage` */
export function requireStage(
  { stage }: { readonly stage: SessionStage },
  ...stages: readonly SessionStage[]
): void {
  if (!stages.includes(stage)) throw new Failure('signin.stage', { stage });
}
