import type { Caller } from './caller.ts';
import type { Done, PersonReview } from './roles.ts';
import type { PersonWish, Planned } from './person.ts';

export interface EnterpriseView {
  readonly number: string;
  readonly name?: string;
  readonly nsso?: string;
  readonly country: string;
  readonly address?: Readonly<Record<string, string>>;
  readonly state: 'registered' | 'active' | 'closed';
  readonly eboxActivatedAt?: Date;
  readonly chiefAccessManager?: PersonReview;
}

/** The access of an enterprise as a whole. */
export interface EnterpriseAccess {
  /** Identification and the chief access manager; nothing here can be changed by the enterprise. */
  show(caller: Caller, enterprise?: string): Promise<EnterpriseView>;
  /**
   * Admits an enterprise with its legal representative. No batch is taken from it before its chief
   * access manager has logged in.
   */
  admit(
    caller: Caller,
    o: {
      readonly number: string;
      readonly name: string;
      readonly country?: string;
      readonly representative: PersonWish;
    },
  ): Promise<Done>;
  activateEbox(caller: Caller, enterprise?: string): Promise<void>;
  /** Ends the access of the enterprise: every login fails, every session and channel is cut. */
  planClosing(caller: Caller, enterprise?: string): Promise<Planned<EnterpriseView>>;
  confirmClosing(caller: Caller, confirmation: string): Promise<EnterpriseView>;
  /** Both steps at once. */
  close(caller: Caller, enterprise?: string): Promise<EnterpriseView>;
  /** Asks the help desk for an enterprise number on one's account; gives the case. */
  askForNumber(caller: Caller): Promise<string>;
  /** The help desk's answer to it. */
  addNumber(
    caller: Caller,
    o: { readonly assignmentId: string; readonly enterprise: string },
  ): Promise<void>;
  /** A service provider without enterprise number asks to become an enterprise; gives the case. */
  askForConversion(
    caller: Caller,
    o: { readonly to: ConversionTarget; readonly enterprise: string; readonly name: string },
  ): Promise<string>;
  /** The help desk's answer to whoever asked to be a representative: the role, and the case is done. */
  grantRepresentation(
    caller: Caller,
    o: { readonly caseId: string; readonly enterprise?: string },
  ): Promise<Done>;
  /** Makes the new account and ends the old one. */
  carryOutConversion(caller: Caller, caseId: string): Promise<Done>;
}

export const conversionTargets = [
  'employer',
  'enterprise-without-personnel',
  'service-provider-legal-person',
] as const;

export type ConversionTarget = (typeof conversionTargets)[number];
