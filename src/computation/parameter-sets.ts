import type { Cents, Decimal } from '../vocabulary/index.ts';
import { Failure } from '../vocabulary/index.ts';
import type { Activity, Category } from './input.ts';
import type { ParameterFile } from './read-parameters.ts';

/** `verified`: read at its source · `secondary`: quoted by others · `inferred`: computed by us. */
export type SourceStatus = 'verified' | 'secondary' | 'inferred';

export interface Provenance {
  readonly source: string;
  readonly status: SourceStatus;
  /** The sentence of the source the value rests on, in our words. */
  readonly says: string;
}

export type ParameterName = 'levyRateMaxPct' | 'costPerEntity' | 'threshold' | 'minimumLevy';

export interface DocumentedValue extends Provenance {
  /** As the file writes it. */
  readonly value: string;
}

/** `entities`: activity tax and levy, since 2023 · `turnover-only`: the levy alone, before. */
export type Scheme = 'entities' | 'turnover-only';

/** The figures of one contribution year. */
export interface ParameterSet {
  readonly year: number;
  readonly scheme: Scheme;
  /** Percent. */
  readonly levyRateMax: Decimal;
  /** Null in a year without activity tax. */
  readonly costPerEntity: Cents | null;
  readonly threshold: Cents | null;
  readonly minimumLevy: Cents | null;
  /** YYYY-MM-DD; when somebody last compared the figures with their sources. */
  readonly reviewedOn: string;
  readonly documented: Readonly<Partial<Record<ParameterName, DocumentedValue>>>;
}

/** A year some figures of which are published, but not all that its scheme needs. */
export interface IncompleteYear {
  readonly year: number;
  readonly scheme: Scheme;
  readonly missing: readonly ParameterName[];
}

export interface EntityTable extends Provenance {
  readonly legalBasis: string;
  readonly multiActivityBonus: number;
  readonly foreignReduction: number;
  readonly selfCheckReduction: number;
  /** Null = the combination does not exist. */
  entitiesOf(activity: Activity, category: Category): number | null;
}

/** All dated parameters of an installation, validated together and unchangeable. */
export interface ParameterSets {
  /** The years that can be computed, ascending. */
  readonly years: readonly number[];
  readonly incomplete: readonly IncompleteYear[];
  readonly table: EntityTable;
  /** Figures that are accepted but look odd, one sentence each. */
  readonly warnings: readonly string[];
  /** What all this was read from, to be read again in a thread. */
  readonly files: readonly ParameterFile[];
  /** @throws Failure `computation.no-parameters` with the year and what is missing. */
  forYear(year: number): ParameterSet;
}

/** What each scheme cannot do without. */
export const requiredBy: Readonly<Record<Scheme, readonly ParameterName[]>> = {
  entities: ['levyRateMaxPct', 'costPerEntity', 'threshold'],
  'turnover-only': ['levyRateMaxPct', 'minimumLevy'],
};

export function parameterSetsOf(parts: {
  readonly complete: readonly ParameterSet[];
  readonly incomplete: readonly IncompleteYear[];
  readonly table: EntityTable;
  readonly warnings: readonly string[];
  readonly files: readonly ParameterFile[];
}): ParameterSets {
  const byYear = new Map(parts.complete.map((set) => [set.year, set]));
  const incomplete = [...parts.incomplete].sort((one, other) => one.year - other.year);
  return {
    years: [...byYear.keys()].sort((one, other) => one - other),
    incomplete,
    table: parts.table,
    warnings: parts.warnings,
    files: parts.files,
    forYear(year) {
      const set = byYear.get(year);
      if (set !== undefined) return set;
      const missing = incomplete.find((one) => one.year === year)?.missing.join(', ');
      throw new Failure('computation.no-parameters', { year, missing: missing ?? 'all' });
    },
  };
}
