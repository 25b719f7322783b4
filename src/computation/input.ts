/** The seven contributory activities of annex IX of the law of 20 July 2006. */
export const activities = [
  'AUTHORISED_REP',
  'DISTRIBUTOR',
  'IMPORTER',
  'MANUFACTURER',
  'CUSTOM_MANUFACTURER',
  'ASSEMBLER',
  'STHA',
] as const;

export type Activity = (typeof activities)[number];

/** The device categories of the same annex: the rows of the entity table. */
export const categories = [
  'AIMDD',
  'IVDD_A',
  'IVDD_B',
  'IVDD_OTHER',
  'DSTD',
  'IVDR_A',
  'IVDR_B',
  'IVDR_C',
  'IVDR_D',
  'MDD_I',
  'MDD_IIA',
  'MDD_IIB',
  'MDD_III',
  'MDD_IS_M',
  'MDR_I',
  'MDR_IIA',
  'MDR_IIB',
  'MDR_III',
  'MDR_IS_IM',
] as const;

export type Category = (typeof categories)[number];

export interface ActivityProfile {
  readonly activity: Activity;
  /** At least one; a category twice counts once. */
  readonly categories: readonly Category[];
}

/** What a contributor was and did in the year before the contribution year. */
export interface Profile {
  /** ISO 3166-1 alpha-2, capitals. */
  readonly established: string;
  readonly activityInBelgium: boolean;
  /**
   * False when not one contributory activity ever stood registered on the portal. `activities` may
   * still be empty when it is true: all were closed before the year of the turnover, or begun after.
   */
  readonly registered: boolean;
  readonly activities: readonly ActivityProfile[];
  /** The distributor declared that it applies the self-check guide. */
  readonly selfCheckGuide?: boolean;
  readonly retailOnly?: boolean;
}

export interface TurnoverDeclaration {
  /** Euro with at most two decimals: supply to retailers and end users in Belgium in year N-1. */
  readonly leviableTurnover: string;
  /** Euro: all turnover in devices in Belgium; informative unless a policy makes it the threshold's basis. */
  readonly totalDeviceTurnover?: string;
}

/** The authority assesses a contributor who did not declare. */
export interface OfficeAssessment {
  /** Euro: the total turnover the tax administration knows. */
  readonly knownTotalTurnover: string;
  /** Months begun since the contribution was due. */
  readonly monthsLate: number;
}

/** One contributor, one contribution year N. Plain data: amounts and rates are decimal strings. */
export interface AssessmentInput {
  readonly year: number;
  readonly profile: Profile;
  /** Exactly one of `declaration` and `officeAssessment` is present. */
  readonly declaration?: TurnoverDeclaration;
  readonly officeAssessment?: OfficeAssessment;
  /** Percent; the final run's rate, at most the year's maximum. Absent = provisional, at the maximum. */
  readonly finalRatePct?: string;
}
