export interface PasswordRecord {
  readonly phc: string;
  readonly policy: string;
  readonly standsAlone: boolean;
  readonly failures: number;
  readonly disabledAt?: Date;
  readonly changedAt: Date;
}

export type CodePurpose = 'initial' | 'password-reset' | 'email-change' | 'second-factor-reset';

export interface CodeRecord {
  readonly id: string;
  readonly personId: string;
  readonly purpose: CodePurpose;
  readonly hash: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly failures: number;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly usedAt?: Date;
}

export interface TotpRecord {
  readonly personId: string;
  readonly sealed: Buffer;
  readonly lastStep: bigint;
  readonly failures: number;
  readonly disabledAt?: Date;
  readonly activatedAt: Date;
}

export interface EnrolmentRecord {
  readonly personId: string;
  readonly sessionId: string;
  readonly sealed: Buffer;
  /** The time step of the code that proved the app; absent before. */
  readonly step?: bigint;
  readonly codeHashes: readonly string[];
  readonly startedAt: Date;
  readonly expiresAt: Date;
}

export interface BackupCodeRecord {
  readonly number: number;
  readonly hash: string;
  readonly usedAt?: Date;
}

export interface PasswordStore {
  find(personId: string): Promise<PasswordRecord | undefined>;
  set(personId: string, record: Omit<PasswordRecord, 'failures' | 'disabledAt'>): Promise<void>;
  /** A new hash of the same password, unless it was changed meanwhile. */
  rehash(personId: string, from: string, to: string): Promise<void>;
  /** One more wrong try; disabled at the limit. Tells the count and whether this try disabled it. */
  fail(
    personId: string,
    limit: number,
    at: Date,
  ): Promise<{ readonly failures: number; readonly disabled: boolean }>;
  /** Wrong tries are forgotten. */
  succeed(personId: string): Promise<void>;
  /** It opens nothing any more; kept so that it is not chosen again. */
  disable(personId: string, at: Date): Promise<void>;
}

export interface CodeStore {
  /** Voids the unused ones of the same purpose. */
  insert(record: CodeRecord): Promise<void>;
  /** The newest of these purposes that is neither used nor lapsed nor worn out by wrong tries. */
  current(
    personId: string,
    purposes: readonly CodePurpose[],
    at: Date,
    failuresMax: number,
  ): Promise<CodeRecord | undefined>;
  fail(id: string): Promise<void>;
  /** True for the one caller who used it. */
  use(id: string, at: Date): Promise<boolean>;
  voidAll(personId: string, purposes: readonly CodePurpose[], at: Date): Promise<void>;
}

export interface FactorStore {
  totp(personId: string): Promise<TotpRecord | undefined>;
  /** Moves the last step forward; false when this or a later step was taken already. */
  takeStep(personId: string, step: bigint): Promise<boolean>;
  fail(
    personId: string,
    limit: number,
    at: Date,
  ): Promise<{ readonly failures: number; readonly disabled: boolean }>;
  succeed(personId: string): Promise<void>;
  backupCodes(personId: string): Promise<readonly BackupCodeRecord[]>;
  /** True for the one caller who used it. */
  useBackupCode(personId: string, number: number, at: Date): Promise<boolean>;
  replaceBackupCodes(personId: string, hashes: readonly string[]): Promise<void>;
  saveEnrolment(record: EnrolmentRecord): Promise<void>;
  enrolment(personId: string): Promise<EnrolmentRecord | undefined>;
  /** One more wrong code while it is set up; tells how many those were. */
  failEnrolment(personId: string): Promise<number>;
  /** Notes the step that proved the app and the codes that go with it. */
  proveEnrolment(
    personId: string,
    o: { readonly step: bigint; readonly codeHashes: readonly string[] },
  ): Promise<boolean>;
  /** The enrolment becomes the factor in force, its codes the codes. False when it was not proven. */
  activate(personId: string, sessionId: string, at: Date): Promise<boolean>;
  dropEnrolment(personId: string): Promise<void>;
  /** Factor, codes and enrolment, for good; false when there were none. */
  remove(personId: string): Promise<boolean>;
}
