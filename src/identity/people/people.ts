import type { Language } from '../../vocabulary/index.ts';
import type { Caller } from './caller.ts';
import type { RoleRecord, Page, PersonRecord, PersonRow } from './person.ts';
import type { UsableApplication } from './applications.ts';

/** The eight criteria of a search and what narrows it further; every one given must fit. */
export interface PersonCriteria {
  /** Quality id. */
  readonly quality?: string;
  /** Beginning of the user name. */
  readonly username?: string;
  /** Beginning, without regard to case and accents. */
  readonly lastName?: string;
  readonly firstName?: string;
  /** Whole, without regard to case and accents. */
  readonly title?: string;
  /** Whole. */
  readonly insz?: string;
  readonly language?: string;
  /** Beginning of the address. */
  readonly email?: string;
  /** Code of an application that the person may use; only together with `quality`. */
  readonly application?: string;
  readonly role?: string;
  readonly state?: string;
  /** For callers who see every enterprise. */
  readonly enterprise?: string;
}

/** A person as a manager sees one: only the roles within the caller's sight. */
export interface PersonView {
  readonly person: PersonShown;
  readonly roles: readonly RoleRecord[];
}

export interface PersonShown extends Omit<PersonRecord, 'inszSealed'> {
  /** The last two digits of the national number, the rest as dots. */
  readonly inszEnd?: string;
}

/** What a person sees of himself: the eight fields, and the address of the enterprise. */
export interface OwnData {
  readonly personId: string;
  readonly username: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly title?: string;
  readonly insz?: string;
  readonly language: Language;
  readonly email?: string;
  readonly applications: readonly UsableApplication[];
  /** The address of the quality, for those who work in one. */
  readonly companyEmail?: string;
}

/** One role of one's own, and what it opens. */
export interface OwnRole {
  readonly assignment: RoleRecord;
  readonly enterpriseName?: string;
  readonly enterpriseState?: 'registered' | 'active' | 'closed';
  readonly qualityType?: string;
  readonly qualityState?: 'active' | 'suspended';
  readonly applications: readonly UsableApplication[];
}

export interface PersonEdit {
  readonly language?: string;
  readonly title?: string;
  readonly email?: string;
  /** The revision the caller saw: of two who saw the same one, only the first changes it. */
  readonly seen?: number;
}

export interface People {
  /**
   * Persons in their roles, by name. Out of the caller's scope there is nobody: zero hits, never a
   * refusal. A user finds himself.
   *
   * @throws Failure `registration.invalid`: an application without a quality, a wrong INSZ …
   */
  find(
    caller: Caller,
    criteria: PersonCriteria,
    page: { readonly after?: string; readonly max: number },
  ): Promise<Page<PersonRow>>;
  /** By id or user name. @throws Failure `registration.unknown` */
  show(caller: Caller, who: string): Promise<PersonView>;
  /** Changes language, title or e-mail of a person the caller manages, or of himself (not e-mail). */
  edit(caller: Caller, personId: string, wish: PersonEdit): Promise<PersonShown>;
  own(caller: Caller): Promise<OwnData>;
  /** Every role of one's own with its applications and dates, in force or not. */
  access(caller: Caller): Promise<readonly OwnRole[]>;
  /**
   * Returns when the caller manages this person for the purpose; gives the person.
   *
   * @throws Failure `access.denied`, `registration.unknown`
   */
  managed(caller: Caller, personId: string, verb: ManagedVerb): Promise<PersonRecord>;
  /** Ends or restores a whole identity, with every role; support and operators only. */
  block(caller: Caller, personId: string): Promise<void>;
  unblock(caller: Caller, personId: string): Promise<void>;
}

export type ManagedVerb = 'edit' | 'change-state' | 'reset-password';
