import type { Language } from '../../vocabulary/index.ts';
import type { Caller } from './caller.ts';

export type Labels = Readonly<Record<Language, string>>;

/** A secured application of the catalogue. */
export interface ApplicationRecord {
  /** Small letters, digits and hyphens. */
  readonly code: string;
  readonly labels: Labels;
  /** Types of quality that have it. */
  readonly qualityTypes: readonly string[];
  /** Roles within the application; none: it is used or not. */
  readonly roles: readonly { readonly code: string; readonly labels: Labels }[];
  readonly certificateRequired: boolean;
  readonly ordinal: number;
}

/** An application that somebody may open, with the roles to choose from. */
export interface UsableApplication {
  readonly code: string;
  readonly labels: Labels;
  readonly roles: readonly { readonly code: string; readonly labels: Labels }[];
  readonly certificateRequired: boolean;
  /** By the role itself (managers of a quality), or ticked, and then by whom and when. */
  readonly by: 'role' | 'grant';
  readonly grantedAt?: Date;
  readonly grantedBy?: string;
}

export interface OpenedApplication {
  readonly code: string;
  /** The role within the application; absent for one without roles. */
  readonly role?: string;
  readonly certificateRequired: boolean;
}

export interface Applications {
  /** The whole catalogue. */
  catalogue(): Promise<readonly ApplicationRecord[]>;
  /** Adds or replaces one; operators only. */
  save(caller: Caller, application: ApplicationRecord): Promise<void>;
  /** What the caller may open now, in the role of the session. */
  usable(caller: Caller): Promise<readonly UsableApplication[]>;
  /** The applications an assignment opens. */
  rightsOf(caller: Caller, assignmentId: string): Promise<readonly UsableApplication[]>;
  /** In force at once: rights are read at every request. */
  grant(caller: Caller, o: ApplicationGrant): Promise<readonly UsableApplication[]>;
  withdraw(caller: Caller, o: ApplicationGrant): Promise<readonly UsableApplication[]>;
  /**
   * Opens one.
   *
   * @throws Failure `access.guard` with rule `application-not-granted` (ask your access manager),
   * `not-appointed` (a role that opens no application) or `choose-application-role`
   */
  open(
    caller: Caller,
    o: { readonly application: string; readonly role?: string },
  ): Promise<OpenedApplication>;
}

export interface ApplicationGrant {
  readonly assignmentId: string;
  readonly application: string;
  readonly role?: string;
}
