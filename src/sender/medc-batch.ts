import { setImmediate as turn } from 'node:timers/promises';
import {
  Failure,
  brusselsDate,
  brusselsHour,
  declarationsPerBatchMax,
  type EnterpriseNumber,
} from '../vocabulary/index.ts';
import { contributorAt, employerAt, latestYear, thresholds } from './medc-contributor.ts';
import { faultsOf, type FaultKind } from './medc-faults.ts';
import { medcForm, type CreationStamp } from './medc-form.ts';

export interface MedcBatchOptions {
  readonly declarations: number;
  /** Percentage of wrong declarations, e.g. 0.05; default none. */
  readonly invalidPercent?: number;
  /** Whole number; the same seed makes the same bytes. Default 1. */
  readonly seed?: number;
  /** Contribution year; default the latest with complete parameters. */
  readonly year?: number;
  /** When the forms say they were made; default 15 January after the year, in the morning. */
  readonly at?: Date;
  /** Employers to declare for, the first one first, in place of made-up ones. */
  readonly contributors?: readonly EnterpriseNumber[];
}

const chunkCharactersMin = 65_536;

/**
 * Makes a batch of medical-device contributions: the XML text in pieces of about 64 KB. Realistic
 * in its spread of activities, categories, countries and turnovers, and the same for the same
 * options on every machine.
 *
 * @throws Failure `cli.usage` when an option is out of range.
 */
export async function* medcBatch(options: MedcBatchOptions): AsyncGenerator<string> {
  const plan = planOf(options);
  let text = opening;
  for (let place = 0; place < plan.declarations; place += 1) {
    text += formAt(plan, place);
    if (text.length >= chunkCharactersMin) {
      yield text;
      text = '';
      // Lets whoever else lives in this process have a turn between two pieces.
      await turn();
    }
  }
  yield `${text}</MedicalDeviceContribution>\n`;
}

const opening = `<?xml version="1.0" encoding="UTF-8"?>
<MedicalDeviceContribution xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="MedicalDeviceContribution_20261.xsd">
`;

interface Plan {
  readonly declarations: number;
  readonly seed: number;
  readonly year: number;
  readonly faults: ReadonlyMap<number, FaultKind>;
  readonly contributors: readonly EnterpriseNumber[] | undefined;
  readonly date: string;
  readonly firstMillisecond: number;
  readonly attestationDays: readonly string[];
}

function planOf(options: MedcBatchOptions): Plan {
  const { declarations, invalidPercent = 0, seed = 1, year = latestYear } = options;
  refuseUnless(isCount(declarations, declarationsPerBatchMax), { declarations });
  refuseUnless(Number.isSafeInteger(seed) && seed >= 0, { seed });
  refuseUnless(thresholds.has(year), { year, years: [...thresholds.keys()].join(' ') });
  const named = options.contributors?.length ?? declarations;
  refuseUnless(named >= declarations, { contributors: named, declarations });
  const at = options.at ?? new Date(`${String(year + 1)}-01-15T08:30:00Z`);
  const faults = faultsOf({ declarations, invalidPercent, seed });
  return {
    declarations,
    seed,
    year,
    faults: new Map(faults.map(({ declaration, kind }) => [declaration, kind])),
    contributors: options.contributors,
    date: brusselsDate(at),
    // The last form is made at the instant given, so that none is made in the future.
    firstMillisecond: Math.max(0, millisecondOfDay(brusselsHour(at)) - declarations + 1),
    attestationDays: daysBefore(at),
  };
}

function isCount(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= max;
}

function refuseUnless(acceptable: boolean, facts: Readonly<Record<string, string | number>>): void {
  if (!acceptable) throw new Failure('cli.usage', facts);
}

function formAt(plan: Plan, place: number): string {
  const { seed, year, contributors } = plan;
  const enterprise = contributors?.[place];
  const contributor = contributorAt({
    seed,
    place,
    year,
    ...(enterprise === undefined ? {} : { enterprise }),
  });
  const fault = plan.faults.get(place + 1);
  return medcForm({
    contributor,
    year,
    created: stampAt(plan, place),
    attestedOn: plan.attestationDays[contributor.attestedDaysBefore] ?? plan.date,
    ...(fault === undefined ? {} : { fault }),
  });
}

/** One millisecond a form: answers are matched to forms by these stamps. */
function stampAt(plan: Plan, place: number): CreationStamp {
  const all = plan.firstMillisecond + place;
  const two = (value: number): string => String(value).padStart(2, '0');
  const hour = two(Math.floor(all / 3_600_000));
  const minute = two(Math.floor(all / 60_000) % 60);
  const second = two(Math.floor(all / 1000) % 60);
  const thousandth = String(all % 1000).padStart(3, '0');
  return { date: plan.date, hour: `${hour}:${minute}:${second}.${thousandth}` };
}

function millisecondOfDay(hour: string): number {
  const [hours = '0', minutes = '0', seconds = '0'] = hour.split(':');
  const thousandths = Number(seconds.replace('.', ''));
  return Number(hours) * 3_600_000 + Number(minutes) * 60_000 + thousandths;
}

const attestationDaysMax = 12;
const dayMs = 86_400_000;

function daysBefore(at: Date): string[] {
  return Array.from({ length: attestationDaysMax + 1 }, (_, days) =>
    brusselsDate(new Date(at.getTime() - days * dayMs)),
  );
}

/** The employers of a made batch, in the order of its declarations. */
export function* employersOf(o: {
  readonly declarations: number;
  readonly seed?: number;
}): Generator<EnterpriseNumber> {
  const { seed = 1 } = o;
  for (let place = 0; place < o.declarations; place += 1) yield employerAt(seed, place);
}
