import { formatEuro } from '../../vocabulary/index.ts';
import type { Extract } from '../../vocabulary/index.ts';
import { childrenOf, find, integerAt, textAt } from '../../validation/index.ts';
import type { FormView } from '../../validation/index.ts';
import { employerIn, employerKey } from '../employer.ts';
import { ownReference } from '../reference.ts';

interface Registered {
  readonly activity: string;
  readonly category: string;
  readonly from: string;
  readonly to?: string;
}

/**
 * Reads one declaration. `data.input` has the shape of the computation's input: turnovers in euro
 * with two decimals; `data.ticks` and `data.attestation` hold what the declarant states besides.
 */
export function readMedc(form: FormView): Extract | undefined {
  const { tree, node } = form;
  const year = Number(textAt(tree, node, 'ContributionYear'));
  const employer = employerIn(form, find(tree, node, 'EmployerId'));
  if (employer === undefined || !Number.isInteger(year) || year < 1000) return undefined;
  const status = integerAt(tree, node, 'AttestationStatus');
  return {
    employers: [employer],
    persons: [],
    ...ownReference(form),
    keys: [`MEDC/${employerKey(employer)}/${year}/${status}`],
    data: dataOf(form, year),
  };
}

function dataOf(form: FormView, year: number): Readonly<Record<string, unknown>> {
  const { tree, node } = form;
  const declared = find(tree, node, 'TurnoverDeclaration');
  const assessed = find(tree, node, 'OfficeAssessment');
  const profile = profileOf(form, year);
  if (assessed >= 0) {
    const knownTotalTurnover = euroAt(form, assessed, 'KnownTotalTurnover') ?? '0.00';
    const monthsLate = Number(textAt(tree, assessed, 'MonthsLate'));
    return { input: { year, profile, officeAssessment: { knownTotalTurnover, monthsLate } } };
  }
  const total = euroAt(form, declared, 'TotalDeviceTurnover');
  const declaration = {
    leviableTurnover: euroAt(form, declared, 'LeviableTurnover') ?? '0.00',
    ...(total === undefined ? {} : { totalDeviceTurnover: total }),
  };
  return {
    input: { year, profile, declaration },
    ticks: {
      belowThreshold: integerAt(tree, declared, 'BelowThreshold') === '1',
      notActiveInBelgium: integerAt(tree, declared, 'NotActiveInBelgium') === '1',
    },
    attestation: {
      attestor: textAt(tree, declared, 'Attestation', 'AttestorType'),
      date: textAt(tree, declared, 'Attestation', 'AttestationDate'),
    },
  };
}

function profileOf(form: FormView, year: number): Readonly<Record<string, unknown>> {
  const { tree, node } = form;
  const profile = find(tree, node, 'ContributorProfile');
  const registrations = registrationsIn(form, profile);
  return {
    established: textAt(tree, profile, 'EstablishmentCountry'),
    activityInBelgium: integerAt(tree, profile, 'ActivityInBelgium') === '1',
    registered: registrations.length > 0,
    activities: activitiesIn(registrations, year),
    selfCheckGuide: integerAt(tree, profile, 'SelfCheckDeclared') === '1',
    retailOnly: integerAt(tree, profile, 'RetailOnly') === '1',
  };
}

function registrationsIn({ tree }: FormView, profile: number): Registered[] {
  return [...childrenOf(tree, profile, 'Registration')].map((one) => {
    const to = textAt(tree, one, 'ClosingDate');
    return {
      activity: textAt(tree, one, 'DeviceActivity'),
      category: textAt(tree, one, 'DeviceCategory'),
      from: textAt(tree, one, 'RegistrationDate'),
      ...(to === '' ? {} : { to }),
    };
  });
}

/**
 * What was registered at any time of the year before the contribution year counts in full: begun in
 * December or closed in January, there is no proration.
 */
function activitiesIn(registrations: readonly Registered[], year: number): unknown[] {
  const [first, last] = [`${year - 1}-01-01`, `${year - 1}-12-31`];
  const categories = new Map<string, Set<string>>();
  for (const { activity, category, from, to = last } of registrations) {
    if (from > last || to < first) continue;
    categories.set(activity, (categories.get(activity) ?? new Set()).add(category));
  }
  return [...categories].map(([activity, of]) => ({ activity, categories: [...of] }));
}

/** Euro cents as the message writes them (leading zeros allowed) as euro with two decimals. */
function euroAt({ tree }: FormView, node: number, name: string): string | undefined {
  const text = textAt(tree, node, name);
  return /^\d{1,15}$/.test(text) ? formatEuro(BigInt(text)) : undefined;
}
