import type { Language } from '../../vocabulary/index.ts';
import type { ApplicationRecord } from './applications.ts';
import type { OpenTransaction } from './audit-ports.ts';
import type { Caller, Role } from './caller.ts';
import type { Done } from './roles.ts';
import type { AssignmentState, Page, PersonRecord, PersonRow, RoleRecord } from './person.ts';
import type { QualityRecord, QualityType } from './qualities.ts';
import type { SenderContact } from './sender-form.ts';

export interface NewPerson extends PersonRecord {
  readonly inszHash?: Buffer;
}

export interface EnterpriseFacts {
  readonly number: string;
  readonly name?: string;
  readonly nsso?: string;
  readonly country: string;
  readonly address?: Readonly<Record<string, string>>;
  readonly state: 'registered' | 'active' | 'closed';
  readonly eboxActivatedAt?: Date;
}

export interface RightRecord {
  readonly assignmentId: string;
  readonly application: string;
  /** Empty: without a role. */
  readonly applicationRole: string;
  readonly grantedBy: string;
  readonly grantedAt: Date;
}

export interface SupportCase {
  readonly id: string;
  readonly kind: 'enterprise-number' | 'conversion' | 'representative-access';
  readonly personId: string;
  readonly enterprise?: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly state: 'open' | 'approved' | 'done' | 'refused';
  readonly openedAt: Date;
}

export interface PersonRows {
  person(id: string): Promise<PersonRecord | undefined>;
  personByInsz(hash: Buffer): Promise<PersonRecord | undefined>;
  personByUsername(username: string): Promise<PersonRecord | undefined>;
  insertPerson(person: NewPerson): Promise<'done' | 'username-taken' | 'insz-taken'>;
  updatePerson(
    id: string,
    change: {
      readonly language?: Language;
      /** Null takes it away. */
      readonly title?: string | null;
      readonly email?: string | null;
      readonly state?: PersonRecord['state'];
      /** Only while it is still this revision. */
      readonly seen?: number;
      readonly at: Date;
    },
  ): Promise<boolean>;
}

export interface RoleRows {
  role(id: string): Promise<RoleRecord | undefined>;
  /** Not deleted ones, oldest first. */
  rolesOf(personId: string): Promise<readonly RoleRecord[]>;
  /** Not deleted ones of a quality, or of an enterprise, in any of these roles. */
  rolesIn(o: {
    readonly enterprise?: string;
    readonly qualityId?: string;
    readonly roles: readonly Role[];
  }): Promise<readonly RoleRecord[]>;
  /** `taken`: the person holds it there already, or another holds the one there is. */
  insertRole(role: RoleRecord & { readonly at: Date }): Promise<'done' | 'taken'>;
  /** False when it was in none of the states any more. */
  changeRole(o: {
    readonly id: string;
    readonly from: readonly AssignmentState[];
    readonly to: AssignmentState;
    readonly validTo?: Date;
    readonly at: Date;
  }): Promise<boolean>;
  setRoleEnterprise(o: {
    readonly id: string;
    readonly enterprise: string;
    readonly at: Date;
  }): Promise<boolean>;
}

export interface EnterpriseRows {
  enterpriseFacts(number: string): Promise<EnterpriseFacts | undefined>;
  /** Acts that fill or empty the one post of an enterprise wait for one another. */
  lockEnterprise(number: string): Promise<void>;
  /** Adds it as `registered`, or names one known by number only; false when it is there. */
  admitEnterprise(o: {
    readonly number: string;
    readonly name: string;
    readonly country: string;
    readonly at: Date;
  }): Promise<boolean>;
  closeEnterprise(number: string, at: Date): Promise<boolean>;
  activateEbox(number: string, at: Date): Promise<boolean>;
}

export interface QualityRows {
  quality(id: string): Promise<QualityRecord | undefined>;
  qualityOf(enterprise: string, type: string): Promise<QualityRecord | undefined>;
  qualitiesOf(enterprise: string): Promise<readonly QualityRecord[]>;
  insertQuality(quality: QualityRecord): Promise<'done' | 'taken'>;
  updateQuality(
    id: string,
    change: {
      readonly email?: string | null;
      readonly state?: QualityRecord['state'];
      /** Only while it is still this revision. */
      readonly seen?: number;
      readonly at: Date;
    },
  ): Promise<boolean>;
  qualityTypes(): Promise<readonly QualityType[]>;
  saveQualityType(type: QualityType): Promise<void>;
  entitlements(enterprise: string): Promise<ReadonlySet<string>>;
  entitle(enterprise: string, type: string, at: Date): Promise<boolean>;
}

export interface ApplicationRows {
  applications(): Promise<readonly ApplicationRecord[]>;
  saveApplication(application: ApplicationRecord): Promise<void>;
  rights(assignmentId: string): Promise<readonly RightRecord[]>;
  insertRight(right: RightRecord): Promise<boolean>;
  deleteRight(o: {
    readonly assignmentId: string;
    readonly application: string;
    readonly applicationRole?: string;
  }): Promise<number>;
}

/** What a change of rights does to what is open already. */
export interface EffectRows {
  /** Ends the sessions and revokes the API tokens of the assignments; gives how many sessions. */
  endAccess(o: {
    readonly of:
      | { readonly assignmentId: string }
      | { readonly qualityId: string }
      | { readonly enterprise: string }
      | { readonly personId: string };
    readonly reason: string;
    readonly at: Date;
  }): Promise<number>;
  /** Tells every node to look again at the open channels of a quality, or of a whole enterprise. */
  cutChannels(o: { readonly enterprise: string; readonly type?: string }): Promise<void>;
  senderContact(qualityId: string): Promise<SenderContact | undefined>;
  saveSenderContact(contact: SenderContact): Promise<void>;
  setContact(username: string, contact: Readonly<Record<string, string>>): Promise<void>;
  insertCase(record: SupportCase): Promise<void>;
  supportCase(id: string): Promise<SupportCase | undefined>;
  closeCase(o: { readonly id: string; readonly by: string; readonly at: Date }): Promise<boolean>;
  /** Closes the open cases of a kind about this person; gives which those were. */
  closeCasesOf(o: {
    readonly kind: SupportCase['kind'];
    readonly personId: string;
    readonly by: string;
    readonly at: Date;
  }): Promise<readonly string[]>;
  /** Keeps the mark of the first key ever used; false when it is another than this one. */
  markKey(mark: Buffer): Promise<boolean>;
}

export interface PeopleRows
  extends PersonRows, RoleRows, EnterpriseRows, QualityRows, ApplicationRows, EffectRows {}

/** What a search looks for; texts are beginnings unless said otherwise. */
export interface PersonQuestion {
  readonly personId?: string;
  readonly enterprise?: string;
  readonly qualityId?: string;
  readonly username?: string;
  readonly lastName?: string;
  readonly firstName?: string;
  /** Whole. */
  readonly title?: string;
  readonly language?: string;
  readonly email?: string;
  readonly application?: string;
  readonly role?: string;
  readonly state?: string;
}

export interface PeopleStore extends PeopleRows {
  transaction<T>(work: (rows: PeopleRows, trx: OpenTransaction) => Promise<T>): Promise<T>;
  /** By name; `after` is the `next` of the page before, undefined when it is not one. */
  search(
    question: PersonQuestion,
    page: { readonly after?: string; readonly max: number },
  ): Promise<Page<PersonRow> | 'bad-cursor'>;
}

/** Lets new persons and new appointees know, and sends the first code. */
export interface Invitations {
  invite(o: Done & { readonly caller: Caller }, trx: OpenTransaction): Promise<void>;
}
