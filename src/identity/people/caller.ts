import type { EnterpriseNumber } from '../../vocabulary/index.ts';
import type { Language } from '../../vocabulary/index.ts';

/** The roles a person can hold; `docs/access.md` names them in four languages. */
export const roles = [
  'LR',
  'CAM',
  'COCAM',
  'AM',
  'COAM',
  'USR',
  'SP',
  'CUR',
  'REP',
  'HD',
  'OP',
] as const;

export type Role = (typeof roles)[number];

export function isRole(text: string): text is Role {
  return roles.some((role) => role === text);
}

/**
 * Who acts, in the one role chosen for the session. Every act of this room takes its caller and asks
 * the matrix; `operator` is the person at the machine's command line, `system` a timer of ours, and
 * `person` somebody who logs in and has no role yet, or who stands at the door.
 */
export interface Caller {
  /** As the audit trail names the actor: a username, `operator`, or `system`. */
  readonly name: string;
  readonly role: Role | 'operator' | 'system' | 'person';
  readonly personId?: string;
  readonly assignmentId?: string;
  readonly sessionId?: string;
  /** The enterprise of the role; absent for help desk, operators and the system. */
  readonly enterprise?: EnterpriseNumber;
  /** The quality of the role, or the one that a chief access manager has selected. */
  readonly qualityId?: string;
  /** Address the request came from, or `cli`. */
  readonly source: string;
  readonly language: Language;
}
