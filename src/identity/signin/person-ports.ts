import type { EnterpriseNumber, Language } from '../../vocabulary/index.ts';
import type { Role } from '../people/caller.ts';
import type { CodePurpose, CodeRecord, PasswordRecord } from './factor-ports.ts';

/** What a login needs to know of a person. */
export interface SignInPerson {
  readonly id: string;
  readonly username: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly language: Language;
  readonly email?: string;
  readonly active: boolean;
  readonly firstLoginAt?: Date;
}

/** A role that may be chosen now: active, within its dates, of an enterprise that is not closed. */
export interface AssignmentRecord {
  readonly id: string;
  readonly role: Role;
  readonly enterprise?: EnterpriseNumber;
  readonly enterpriseName?: string;
  /** ISO 3166-1 alpha-2. */
  readonly country?: string;
  readonly qualityId?: string;
  readonly qualityType?: string;
}

/** Where somebody has a role. */
export interface Place {
  readonly role: Role;
  readonly enterprise?: string;
  readonly qualityId?: string;
}

/** Somebody known who stands at the door: what he may prove himself with, and where he may go. */
export interface AtDoor {
  readonly person: SignInPerson;
  readonly roles: readonly AssignmentRecord[];
  readonly password?: PasswordRecord;
  /** The newest code that is good. */
  readonly code?: CodeRecord;
  readonly hasTotp: boolean;
}

export interface SignInPersonStore {
  byUsername(username: string): Promise<SignInPerson | undefined>;
  /** All that a login by password asks for, in one question whether there is such an account or not. */
  atDoor(o: {
    readonly username: string;
    readonly at: Date;
    readonly purposes: readonly CodePurpose[];
    /** Codes tried wrongly more often are no longer current. */
    readonly codeFailuresMax: number;
  }): Promise<AtDoor | undefined>;
  byId(id: string): Promise<SignInPerson | undefined>;
  /** Persons of the enterprise under this national number. */
  byNumbers(enterprise: string, inszHash: Buffer): Promise<SignInPerson | undefined>;
  assignments(personId: string, at: Date): Promise<readonly AssignmentRecord[]>;
  /** Whether the enterprise has this quality, active. */
  hasQuality(enterprise: string, qualityId: string): Promise<boolean>;
  /** Every place somebody has, also those blocked: for whoever asks to act upon him. */
  places(personId: string): Promise<readonly Place[]>;
  /** What nobody should take for a password: user name, names, enterprises. */
  context(personId: string): Promise<readonly string[]>;
  /** Where else somebody must hear of it when his factors change: mail of his qualities. */
  otherAddresses(personId: string): Promise<readonly string[]>;
  setLanguage(personId: string, language: Language, at: Date): Promise<void>;
  setEmail(personId: string, email: string, at: Date): Promise<void>;
  /** Marks a login; opens an enterprise whose chief access manager came in for the first time. */
  markLogin(o: {
    readonly personId: string;
    readonly assignment: AssignmentRecord;
    readonly at: Date;
  }): Promise<{ readonly enterpriseOpened: boolean }>;
}
