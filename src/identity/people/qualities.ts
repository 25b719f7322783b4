import type { ApplicationRecord, Labels } from './applications.ts';
import type { Caller } from './caller.ts';
import type { PersonReview } from './roles.ts';
import type { PersonWish, Planned } from './person.ts';

export type FieldKind = 'text' | 'digits' | 'date' | 'email' | 'phone' | 'nsso';

/** A datum that a type of quality asks for at its activation. */
export interface QualityField {
  readonly name: string;
  readonly kind: FieldKind;
  readonly required: boolean;
  /** Characters, or digits. */
  readonly min?: number;
  readonly max?: number;
  readonly labels: Labels;
}

export interface QualityType {
  readonly code: string;
  readonly labels: Labels;
  readonly fields: readonly QualityField[];
  /** Only for enterprises that an operator entitled to it. */
  readonly needsEntitlement: boolean;
  readonly ordinal: number;
}

export interface QualityRecord {
  readonly id: string;
  readonly enterprise: string;
  readonly type: string;
  readonly email?: string;
  readonly data: Readonly<Record<string, string>>;
  readonly state: 'active' | 'suspended';
  readonly activatedAt: Date;
  /** Counts changes: who changes a quality says which of them he has seen. */
  readonly revision: number;
}

export interface QualityView extends QualityRecord {
  readonly labels: Labels;
  /** Its access manager or curator; absent while it has none. */
  readonly manager?: PersonReview & { readonly role: string };
  /** Read-only here: users are ticked one by one. */
  readonly applications: readonly ApplicationRecord[];
}

export interface ActivationWish {
  /** Without: the caller's. */
  readonly enterprise?: string;
  readonly type: string;
  readonly email?: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly manager?: { readonly person: PersonWish; readonly capacity: string };
}

export interface ActivationReview {
  readonly enterprise: string;
  readonly type: string;
  readonly email?: string;
  readonly data: Readonly<Record<string, string>>;
  readonly manager: PersonReview;
}

export interface Qualities {
  types(): Promise<readonly QualityType[]>;
  /** The types the enterprise could still activate. */
  offered(caller: Caller, enterprise?: string): Promise<readonly QualityType[]>;
  /** Those of the enterprise that the caller may see. */
  list(caller: Caller, enterprise?: string): Promise<readonly QualityView[]>;
  show(caller: Caller, qualityId: string): Promise<QualityView>;
  plan(caller: Caller, wish: ActivationWish): Promise<Planned<ActivationReview>>;
  confirm(caller: Caller, confirmation: string): Promise<QualityView>;
  activate(caller: Caller, wish: ActivationWish): Promise<QualityView>;
  edit(
    caller: Caller,
    qualityId: string,
    wish: { readonly email?: string; readonly seen?: number },
  ): Promise<QualityView>;
  /** Nobody works in it and its channel is shut until an access manager is appointed again. */
  suspend(caller: Caller, qualityId: string): Promise<QualityView>;
  saveType(caller: Caller, type: QualityType): Promise<void>;
  entitle(caller: Caller, o: { readonly enterprise: string; readonly type: string }): Promise<void>;
  /** For a sender number registered by an operator: the quality is there, managed or not. */
  ensure(
    caller: Caller,
    o: { readonly enterprise: string; readonly type: string },
  ): Promise<string>;
}
