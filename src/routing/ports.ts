import type { EnterpriseNumber, Quarter } from '../vocabulary/index.ts';
import type { Curatorship, RoutingRule } from './rule-book.ts';

/** Which enterprise an NSSO number belongs to. */
export interface EmployerDirectory {
  /** At most 10,000 numbers of nine or ten digits a call; numbers nobody has are left out. */
  byNsso(numbers: readonly string[]): Promise<ReadonlyMap<string, EnterpriseNumber>>;
}

/** `active`: one covers the quarter · `ended`: there was one, it ended before the quarter. */
export type MandateStanding = 'active' | 'ended';

export interface MandateQuestion {
  readonly mandatary: EnterpriseNumber;
  readonly object: string;
  /** At most 10,000. */
  readonly pairs: readonly MandatePair[];
}

export interface MandatePair {
  readonly mandator: EnterpriseNumber;
  readonly quarter: Quarter;
}

export interface MandateLookUp {
  /** By `${mandator}/${quarter}`; pairs without any mandate so far are left out. */
  standing(question: MandateQuestion): Promise<ReadonlyMap<string, MandateStanding>>;
}

export interface RoutingRules {
  /** What is in force in the quarter for any of the enterprises (at most 10,000) and the type. */
  inForce(o: {
    readonly enterprises: readonly EnterpriseNumber[];
    readonly messageType: string;
    readonly quarter: Quarter;
  }): Promise<{
    readonly rules: readonly RoutingRule[];
    readonly curatorships: readonly Curatorship[];
  }>;
}

export interface MandateRecord {
  readonly mandator: EnterpriseNumber;
  readonly mandatary: EnterpriseNumber;
  /** The group of applications it is for: `MEDC`, `DMFA`. */
  readonly object: string;
  readonly from: Quarter;
  /** The last quarter it covers; absent = open. */
  readonly to?: Quarter;
  readonly addedAt: Date;
}

export interface MandateImport {
  readonly added: number;
  readonly already: number;
  /** The first thousand lines that were not added. */
  readonly refused: readonly { readonly line: number; readonly reason: string }[];
  readonly refusedTotal: number;
}

/** What became of one list. */
export interface MandateImportRecord extends MandateImport {
  readonly id: string;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly by: string;
  /** Of the file, lowercase hex. */
  readonly sha256: string;
  /** Why it was not read to its end. */
  readonly failure?: string;
}

/** What is done to mandates inside one transaction; no other writer is at work meanwhile. */
export interface MandateWriting {
  /** Every mandate, past ones included, of the mandators for the objects named beside them. */
  of(
    keys: readonly { readonly mandator: EnterpriseNumber; readonly object: string }[],
  ): Promise<readonly MandateRecord[]>;
  insert(records: readonly MandateRecord[]): Promise<void>;
  /** Gives the mandate that begins in that quarter its last quarter. */
  end(record: MandateRecord, to: Quarter): Promise<void>;
}

export interface MandateStore extends MandateLookUp {
  write<T>(work: (writing: MandateWriting) => Promise<T>): Promise<T>;
  list(page: MandatePage): Promise<readonly MandateRecord[]>;
  keepImport(record: MandateImportRecord): Promise<void>;
  /** Newest first; continues behind the one named. */
  imports(o: {
    readonly after?: string;
    readonly max: number;
  }): Promise<readonly MandateImportRecord[]>;
  import(id: string): Promise<MandateImportRecord | undefined>;
}

export interface MandatePage {
  readonly mandator?: EnterpriseNumber;
  readonly mandatary?: EnterpriseNumber;
  readonly object?: string;
  /** Continues behind this mandate. */
  readonly after?: Pick<MandateRecord, 'mandator' | 'object' | 'from'>;
  readonly max: number;
}

/** The register of enterprises, as far as mandates need it. */
export interface MandateParties {
  /** Which of the numbers (at most 10,000) are registered. */
  known(numbers: readonly string[]): Promise<ReadonlySet<string>>;
  /** Registers those not known yet, by number only. */
  registerNumbers(o: {
    readonly numbers: readonly EnterpriseNumber[];
    readonly by: string;
  }): Promise<number>;
}

export interface RoutingJournal {
  record(event: {
    readonly level: 'info';
    readonly code: string;
    readonly facts?: Readonly<Record<string, string | number | boolean>>;
  }): Promise<void>;
}
