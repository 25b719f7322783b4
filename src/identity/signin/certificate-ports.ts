import type { Language } from '../../vocabulary/index.ts';

export type PersonCertificateState = 'active' | 'blocked' | 'retired' | 'revoked';

/** Known by its fingerprint: the certificate of an identity card holds what is not kept in clear. */
export interface PersonCertificateRecord {
  readonly id: string;
  readonly personId: string;
  readonly fingerprint: string;
  readonly subject: string;
  readonly issuer: string;
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly qualified: boolean;
  readonly state: PersonCertificateState;
  readonly addedAt: Date;
  readonly changedAt: Date;
}

/** A certificate of a technical user that is about to expire. */
export interface ExpiringCertificate {
  readonly fingerprint: string;
  readonly subject: string;
  readonly notAfter: Date;
  readonly owner: string;
  readonly recipients: readonly { readonly to: string; readonly language: Language }[];
}

export interface PersonCertificateStore {
  insert(record: PersonCertificateRecord): Promise<'done' | 'taken'>;
  /** Those not retired. */
  byFingerprint(fingerprint: string): Promise<PersonCertificateRecord | undefined>;
  byId(id: string): Promise<PersonCertificateRecord | undefined>;
  of(personId: string): Promise<readonly PersonCertificateRecord[]>;
  /** Active ones with this subject and issuer: what a renewed certificate came from. */
  sameHolder(subject: string, issuer: string): Promise<readonly PersonCertificateRecord[]>;
  /** Changes the state when it is one of `from`; ends the sessions opened with it. */
  changeState(o: {
    readonly id: string;
    readonly from: readonly PersonCertificateState[];
    readonly to: PersonCertificateState;
    readonly at: Date;
  }): Promise<boolean>;
  /** Active certificates of persons and technical users that expire before `until`. */
  expiring(o: {
    readonly at: Date;
    readonly until: Date;
    readonly max: number;
  }): Promise<readonly ExpiringCertificate[]>;
  /** True for the one caller that marks it: the notice is his to send. */
  markNotice(fingerprint: string, days: number, at: Date): Promise<boolean>;
}
