import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
  ActivityProfile,
  AssessmentInput,
  AssessmentJson,
  Profile,
} from '../../src/computation/index.ts';

export interface ContributionCase {
  readonly id: string;
  readonly title: string;
  readonly input: AssessmentInput;
  readonly expected: AssessmentJson;
  readonly alternatives?: readonly {
    readonly policyName: string;
    readonly policy: Readonly<Record<string, unknown>>;
    readonly expected: Omit<AssessmentJson, 'trace'>;
  }[];
}

interface CasesDocument {
  readonly parameters: Readonly<Record<string, Readonly<Record<string, string | null>>>>;
  readonly policyDefaults: Readonly<Record<string, unknown>>;
  readonly cases: readonly ContributionCase[];
  readonly structuredCommunication: readonly {
    readonly base10: string;
    readonly expected: string;
  }[];
  readonly population: {
    readonly budget: string;
    readonly tiny: {
      readonly contributors: readonly {
        readonly id: string;
        readonly profile: Profile;
        readonly turnover: string;
        readonly entities: number;
      }[];
      readonly result: Readonly<Record<string, string>>;
    };
  };
}

const casesFile = join(import.meta.dirname, '../cases/contribution-cases.json');

/** The worked cases: computed by hand and by a second program. */
export const workedCases = JSON.parse(readFileSync(casesFile, 'utf8')) as CasesDocument;

/** A Belgian importer of class I devices with one registered activity, unless told otherwise. */
export function aContributor(
  changes: { year?: number; turnover?: string; activities?: readonly ActivityProfile[] } & Partial<
    Omit<Profile, 'activities'>
  > = {},
): AssessmentInput {
  const { year = 2024, turnover = '100000.00', activities, ...profile } = changes;
  return {
    year,
    profile: {
      established: 'BE',
      activityInBelgium: true,
      registered: true,
      activities: activities ?? [{ activity: 'IMPORTER', categories: ['MDR_I'] }],
      ...profile,
    },
    declaration: { leviableTurnover: turnover },
  };
}
