import type { Language } from '../../vocabulary/index.ts';
import type { Role } from './caller.ts';

export type AssignmentState = 'active' | 'blocked' | 'suspended' | 'deleted';

/** In what capacity a person holds a role; stated by whoever appoints. */
export const capacities = [
  'employee',
  'director',
  'managing-director',
  'manager',
  'founder',
  'partner',
  'member',
] as const;

export type Capacity = (typeof capacities)[number];

/** A person as the store keeps one. The national number is never in here in clear. */
export interface PersonRecord {
  readonly id: string;
  readonly inszSealed?: Buffer;
  readonly username: string;
  readonly lastName: string;
  readonly firstName: string;
  readonly title?: string;
  readonly language: Language;
  readonly email?: string;
  readonly state: 'active' | 'blocked';
  readonly createdAt: Date;
  readonly firstLoginAt?: Date;
  readonly lastLoginAt?: Date;
  /** Counts changes: who changes a person says which of them he has seen. */
  readonly revision: number;
}

export interface RoleRecord {
  readonly id: string;
  readonly personId: string;
  readonly role: Role;
  readonly enterprise?: string;
  readonly qualityId?: string;
  readonly capacity?: Capacity;
  readonly state: AssignmentState;
  readonly validFrom: Date;
  readonly validTo?: Date;
  /** A court order's reference, the number of a service provider: by role. */
  readonly facts: Readonly<Record<string, string>>;
  readonly createdBy: string;
}

/** A person that is there, or one to be registered. */
export type PersonWish =
  | { readonly personId: string }
  | {
      /** Needed in Belgian enterprises. A known number is a known person, whose name must fit. */
      readonly insz?: string;
      /** For new persons; a known one keeps his. */
      readonly username?: string;
      readonly lastName: string;
      readonly firstName: string;
      readonly title?: string;
      readonly language: string;
      readonly email?: string;
    };

/** One line of a list: a person in one role. */
export interface PersonRow {
  readonly personId: string;
  readonly assignmentId: string;
  readonly username: string;
  readonly lastName: string;
  readonly firstName: string;
  readonly title?: string;
  readonly language: Language;
  readonly email?: string;
  readonly role: Role;
  readonly state: AssignmentState;
  readonly enterprise?: string;
  readonly qualityId?: string;
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Hand it in as `after` for the next page; absent on the last. */
  readonly next?: string;
}

/** What is about to happen, and what to hand back to make it happen. */
export interface Planned<Review> {
  readonly review: Review;
  /** Bound to its content and to the caller; good for a quarter of an hour. */
  readonly confirmation: string;
}
