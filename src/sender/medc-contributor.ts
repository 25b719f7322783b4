import { enterpriseNumberOf, type EnterpriseNumber } from '../vocabulary/index.ts';
import { drawFor, type Draw, type Weighted } from './draw.ts';

export type DeviceActivity =
  | 'AUTHORISED_REP'
  | 'DISTRIBUTOR'
  | 'IMPORTER'
  | 'MANUFACTURER'
  | 'CUSTOM_MANUFACTURER'
  | 'ASSEMBLER'
  | 'STHA';

export interface Registration {
  readonly activity: DeviceActivity;
  readonly category: string;
  readonly from: string;
  readonly to?: string;
}

/** One made-up operator of the sector and what it declares. Amounts are whole euro cents. */
export interface Contributor {
  readonly enterprise: EnterpriseNumber;
  readonly nsso?: string;
  readonly country: string;
  readonly activeInBelgium: boolean;
  readonly retailOnly: boolean;
  readonly selfCheck: boolean;
  readonly registrations: readonly Registration[];
  readonly leviable: number;
  readonly total?: number;
  readonly belowThreshold: boolean;
  readonly attestor: 'A' | 'C' | 'I';
  readonly attestedDaysBefore: number;
  readonly reference?: string;
  /** Amounts written with leading zeros, as most payroll and tax software does. */
  readonly padded: boolean;
}

/** Years with complete parameters and their thresholds in cents (40,000 euro of 2018, indexed). */
export const thresholds: ReadonlyMap<number, number> = new Map([
  [2023, 4_766_056],
  [2024, 4_879_840],
  [2025, 5_029_017],
]);

export const latestYear = 2025;

const topics = { employers: 1, contributor: 2 } as const;
const firstEmployer = 2_000_001;
/** A prime: steps of any size walk through all employers before one comes twice. */
const employersMax = 7_999_993;

/** The employer of declaration `place` (from 0). Employers of one seed never come twice. */
export function employerAt(seed: number, place: number): EnterpriseNumber {
  const draw = drawFor({ seed, topic: topics.employers, place: 0 });
  const offset = draw.below(employersMax);
  const stride = 1 + draw.below(100_000);
  return enterpriseNumberOf(firstEmployer + ((offset + place * stride) % employersMax));
}

const countries: readonly Weighted<string>[] = [
  { weight: 800, value: 'BE' },
  { weight: 60, value: 'NL' },
  { weight: 50, value: 'DE' },
  { weight: 40, value: 'FR' },
  { weight: 15, value: 'LU' },
  { weight: 15, value: 'US' },
  { weight: 12, value: 'CH' },
  { weight: 8, value: 'IE' },
];

const activities: readonly Weighted<DeviceActivity>[] = [
  { weight: 620, value: 'DISTRIBUTOR' },
  { weight: 160, value: 'IMPORTER' },
  { weight: 100, value: 'MANUFACTURER' },
  { weight: 60, value: 'CUSTOM_MANUFACTURER' },
  { weight: 20, value: 'AUTHORISED_REP' },
  { weight: 20, value: 'ASSEMBLER' },
  { weight: 20, value: 'STHA' },
];

const general: readonly Weighted<string>[] = [
  { weight: 300, value: 'MDR_I' },
  { weight: 220, value: 'MDR_IIA' },
  { weight: 120, value: 'MDR_IIB' },
  { weight: 50, value: 'MDR_III' },
  { weight: 60, value: 'MDR_IS_IM' },
  { weight: 50, value: 'MDD_I' },
  { weight: 30, value: 'MDD_IIA' },
  { weight: 15, value: 'MDD_IIB' },
  { weight: 10, value: 'MDD_III' },
  { weight: 10, value: 'MDD_IS_M' },
];

const diagnostics: readonly Weighted<string>[] = [
  { weight: 40, value: 'IVDR_A' },
  { weight: 30, value: 'IVDR_B' },
  { weight: 20, value: 'IVDR_C' },
  { weight: 10, value: 'IVDR_D' },
  { weight: 5, value: 'IVDD_A' },
  { weight: 5, value: 'IVDD_B' },
  { weight: 15, value: 'IVDD_OTHER' },
  { weight: 5, value: 'DSTD' },
  { weight: 5, value: 'AIMDD' },
];

/**
 * The categories an activity can be registered for: assemblers make up sets of general devices
 * only, and custom-made devices exist under the MDR alone (and AIMDD). The remaining combinations
 * have no entities and a declaration with one is refused.
 */
function categoriesOf(activity: DeviceActivity): readonly Weighted<string>[] {
  if (activity === 'ASSEMBLER') return general;
  if (activity === 'CUSTOM_MANUFACTURER') return general.filter(isMdr);
  return everything;
}

function isMdr({ value }: Weighted<string>): boolean {
  return value.startsWith('MDR_');
}

const everything = [...general, ...diagnostics];
const categories = new Map(activities.map(({ value }) => [value, categoriesOf(value)]));

/** Draws the contributor behind declaration `place` (from 0). */
export function contributorAt(o: {
  readonly seed: number;
  readonly place: number;
  readonly year: number;
  readonly enterprise?: EnterpriseNumber;
}): Contributor {
  const draw = drawFor({ seed: o.seed, topic: topics.contributor, place: o.place });
  const country = draw.pick(countries);
  const activeInBelgium = country === 'BE' || !draw.chance(60);
  const retailOnly = activeInBelgium && draw.chance(20);
  const unregistered = !activeInBelgium || retailOnly || draw.chance(30);
  const registrations = unregistered ? [] : registrationsOf(draw, o.year);
  const leviable = activeInBelgium ? turnoverOf(draw) : 0;
  const distributor = registrations.some(({ activity }) => activity === 'DISTRIBUTOR');
  return {
    enterprise: o.enterprise ?? employerAt(o.seed, o.place),
    ...(draw.chance(300) ? { nsso: nssoNumberOf(draw) } : {}),
    country,
    activeInBelgium,
    retailOnly,
    selfCheck: distributor && draw.chance(300),
    registrations,
    leviable,
    ...(activeInBelgium && draw.chance(350) ? { total: leviable + turnoverOf(draw) } : {}),
    belowThreshold: leviable < (thresholds.get(o.year) ?? 0),
    attestor: draw.pick([
      { weight: 2, value: 'A' as const },
      { weight: 6, value: 'C' as const },
      { weight: 2, value: 'I' as const },
    ]),
    attestedDaysBefore: 1 + draw.below(12),
    ...(draw.chance(250) ? { reference: referenceOf(draw, o) } : {}),
    padded: draw.chance(700),
  };
}

function referenceOf(draw: Draw, o: { readonly place: number; readonly year: number }): string {
  const client = String(draw.below(10_000)).padStart(4, '0');
  return `${String(o.year)}-${client}-${String(o.place + 1).padStart(7, '0')}`;
}

function registrationsOf(draw: Draw, year: number): Registration[] {
  const count = 1 + (draw.chance(150) ? 1 : 0) + (draw.chance(40) ? 1 : 0);
  const chosen = new Set<DeviceActivity>();
  for (let drawn = 0; drawn < count; drawn += 1) chosen.add(draw.pick(activities));
  return [...chosen].flatMap((activity) => registrationsFor(draw, { activity, year }));
}

function registrationsFor(
  draw: Draw,
  { activity, year }: { readonly activity: DeviceActivity; readonly year: number },
): Registration[] {
  const choices = categories.get(activity) ?? [];
  const count = 1 + (draw.chance(200) ? 1 : 0) + (draw.chance(50) ? 1 : 0);
  const chosen = new Set<string>();
  for (let drawn = 0; drawn < count; drawn += 1) chosen.add(draw.pick(choices));
  const from = dateIn(draw, year - 2 - draw.below(8));
  // Closed in the year of the turnover: still due in full, for the last time.
  const to = draw.chance(30) ? dateIn(draw, year - 1) : undefined;
  return [...chosen].map((category) => ({
    activity,
    category,
    from,
    ...(to === undefined ? {} : { to }),
  }));
}

function dateIn(draw: Draw, year: number): string {
  const month = String(1 + draw.below(12)).padStart(2, '0');
  return `${String(year)}-${month}-${String(1 + draw.below(28)).padStart(2, '0')}`;
}

const meanBits = 25.4;
const uniforms = 12;
const unit = 1024;

/**
 * A turnover in cents: its binary logarithm is close to normal (a sum of uniforms), with a median
 * near 440,000 euro, about a tenth under the threshold and a few far above a hundred million.
 */
function turnoverOf(draw: Draw): number {
  let sum = 0;
  for (let drawn = 0; drawn < uniforms; drawn += 1) sum += draw.below(unit);
  const deviation = sum - (uniforms * unit) / 2;
  const exponent = Math.floor(meanBits * unit) + Math.floor((deviation * 5) / 2);
  const whole = 2 ** Math.floor(exponent / unit) * (unit + (exponent % unit));
  return Math.floor(whole / unit) + draw.below(10_000);
}

/** An NSSO number: the whole is congruent to 96 modulo 97. */
function nssoNumberOf(draw: Draw): string {
  const body = 10_000 + draw.below(1_900_000);
  const check = (96 + 97 - ((body * 100) % 97)) % 97;
  const written = check === 0 ? 97 : check;
  return `${String(body).padStart(7, '0')}${String(written).padStart(2, '0')}`;
}
