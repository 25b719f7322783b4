import type { Caller } from './caller.ts';
import type { RoleRecord, AssignmentState, PersonWish, Planned } from './person.ts';
import type { PersonShown } from './people.ts';

/** Somebody in a role. */
export interface Appointment {
  readonly act: 'appoint';
  readonly role: string;
  readonly person: PersonWish;
  /** Without: the caller's. */
  readonly enterprise?: string;
  readonly qualityId?: string;
  readonly capacity?: string;
  /** For users: what they are ticked for at once. */
  readonly applications?: readonly ApplicationWish[];
  /** By role: `provider` (enterprise number) and `kind` for SP, `courtOrder` for CUR. */
  readonly facts?: Readonly<Record<string, string>>;
}

export interface ApplicationWish {
  readonly application: string;
  readonly role?: string;
}

/** Another state of an assignment. */
export interface StateChange {
  readonly act: 'block' | 'unblock' | 'delete';
  readonly assignmentId: string;
  /** Deleting an access manager asks for one of the two. */
  readonly successor?: { readonly person: PersonWish; readonly capacity: string };
  readonly suspendQuality?: boolean;
}

export type RoleWish = Appointment | StateChange;

/** What is shown before it takes effect. */
export interface RoleReview {
  readonly act: RoleWish['act'];
  readonly role: string;
  readonly enterprise?: string;
  readonly qualityId?: string;
  readonly capacity?: string;
  readonly person: PersonReview;
  /** Who loses the role by it. */
  readonly replaces?: PersonReview;
  /** Who takes over from an access manager who is deleted. */
  readonly successor?: PersonReview;
  readonly applications?: readonly ApplicationWish[];
  readonly suspendsQuality?: boolean;
  /** The state of the assignment afterwards. */
  readonly state: AssignmentState;
}

export interface PersonReview {
  /** Absent: to be registered. */
  readonly personId?: string;
  readonly username: string;
  readonly lastName: string;
  readonly firstName: string;
  readonly title?: string;
  readonly language: string;
  readonly email?: string;
  /** As it was entered, for a person to be registered; it cannot be changed between the steps. */
  readonly insz?: string;
}

export interface Done {
  readonly person: PersonShown;
  readonly assignment: RoleRecord;
  /** The person was registered by this act. */
  readonly isNew: boolean;
}

export interface Roles {
  /**
   * Checks everything and writes nothing. The confirmation carries it over to `confirm`, where it is
   * checked again.
   *
   * @throws Failure `access.denied`, `access.guard`, `registration.unknown`, `registration.exists`,
   * `registration.invalid` with a fact `field.<name>` for every field that is wrong
   */
  plan(caller: Caller, wish: RoleWish): Promise<Planned<RoleReview>>;
  /** @throws Failure `access.confirmation`, and everything `plan` throws */
  confirm(caller: Caller, confirmation: string): Promise<Done>;
  /** Both steps at once, for commands and programs. */
  carryOut(caller: Caller, wish: RoleWish): Promise<Done>;
  show(caller: Caller, assignmentId: string): Promise<RoleRecord>;
}
