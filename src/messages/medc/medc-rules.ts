import type { AnomalyClass, Finding } from '../../vocabulary/index.ts';
import { childrenOf, find, integerAt, textAt, textOf } from '../../validation/index.ts';
import type { FormView, JudgeContext } from '../../validation/index.ts';
import { employerFindings } from '../employer.ts';

/** The rules a schema cannot say, for a declaration that satisfies its schema. */
export function checkMedc(form: FormView, context: JudgeContext): readonly Finding[] {
  const { tree, node } = form;
  return [
    ...creationFindings(form, context),
    ...employerFindings(form, find(tree, node, 'EmployerId')),
    ...yearFindings(form, context),
    ...registrationFindings(form),
    ...declarationFindings(form, context),
    ...assessmentFindings(form, context),
  ];
}

interface Say {
  readonly code: string;
  readonly zone: string;
  readonly detail: string;
  readonly anomalyClass?: AnomalyClass;
}

function say(form: FormView, node: number, { anomalyClass = 'B', ...rest }: Say): Finding {
  return form.report(node, { ...rest, anomalyClass });
}

/** A form is made today or before, this year or last year (zone 00218). */
function creationFindings(form: FormView, { receivedOn }: JudgeContext): Finding[] {
  const node = find(form.tree, form.node, 'FormCreationDate');
  const date = textOf(form.tree, node);
  const oldest = `${Number(receivedOn.slice(0, 4)) - 1}-01-01`;
  if (date >= oldest && date <= receivedOn) return [];
  const detail =
    date > receivedOn
      ? 'the form says it was made in the future'
      : 'the form is older than last year';
  return [say(form, node, { code: '008', zone: '00218', detail })];
}

/** A year that is not known has no parameters to compute by (zone 70001). */
function yearFindings(form: FormView, { receivedOn, contributionYears }: JudgeContext): Finding[] {
  const node = find(form.tree, form.node, 'ContributionYear');
  const year = Number(textOf(form.tree, node));
  const known =
    contributionYears?.some((one) => one.year === year) ?? year <= Number(receivedOn.slice(0, 4));
  if (known) return [];
  const detail = `no contribution can be declared for the year ${year}`;
  return [say(form, node, { code: '008', zone: '70001', detail })];
}

/**
 * Combinations of activity and category that the table of entities leaves empty: sets are assembled
 * of general devices only, and devices are made to measure under MDR or AIMDD only.
 */
function isEmptyCell(activity: string, category: string): boolean {
  if (activity === 'ASSEMBLER') return !/^MD[DR]_/.test(category);
  if (activity === 'CUSTOM_MANUFACTURER')
    return category !== 'AIMDD' && !category.startsWith('MDR_');
  return false;
}

function registrationFindings(form: FormView): Finding[] {
  const { tree } = form;
  const findings: Finding[] = [];
  const profile = find(tree, form.node, 'ContributorProfile');
  for (const one of childrenOf(tree, profile, 'Registration')) {
    const activity = textAt(tree, one, 'DeviceActivity');
    const category = textAt(tree, one, 'DeviceCategory');
    if (isEmptyCell(activity, category)) {
      const detail = `the activity ${activity} does not exist for the category ${category}`;
      const node = find(tree, one, 'DeviceCategory');
      findings.push(say(form, node, { code: '008', zone: '70007', detail }));
    }
    const closing = find(tree, one, 'ClosingDate');
    if (closing >= 0 && textOf(tree, closing) < textAt(tree, one, 'RegistrationDate')) {
      const detail = 'a registration cannot be closed before it was made';
      findings.push(say(form, closing, { code: '014', zone: '70009', detail }));
    }
  }
  return findings;
}

/** What the ticks say against what the figures say: warnings, for the figures are what counts. */
function declarationFindings(form: FormView, context: JudgeContext): Finding[] {
  const { tree, node } = form;
  const block = find(tree, node, 'TurnoverDeclaration');
  if (block < 0) return [];
  const leviable = BigInt(textAt(tree, block, 'LeviableTurnover'));
  const findings = [...attestationFindings(form, block, context)];
  const warn = (name: string, zone: string, detail: string): void => {
    findings.push(
      say(form, find(tree, block, name), { code: '003', zone, detail, anomalyClass: 'W' }),
    );
  };
  if (integerAt(tree, block, 'NotActiveInBelgium') === '1') {
    if (integerAt(tree, node, 'ContributorProfile', 'ActivityInBelgium') === '1') {
      warn('NotActiveInBelgium', '70013', 'the profile says that there is an activity in Belgium');
    }
    if (leviable > 0n)
      warn('NotActiveInBelgium', '70013', 'a leviable turnover is declared as well');
  }
  if (leviable > 0n && !contributesBy(form)) {
    warn('LeviableTurnover', '70010', 'the profile says that there is no activity in Belgium');
  }
  if (integerAt(tree, block, 'BelowThreshold') === '1' && leviable >= thresholdOf(form, context)) {
    warn('BelowThreshold', '70012', 'the leviable turnover reaches the threshold of that year');
  }
  const total = textAt(tree, block, 'TotalDeviceTurnover');
  if (total !== '' && BigInt(total) < leviable) {
    warn(
      'TotalDeviceTurnover',
      '70011',
      'the total turnover is smaller than the leviable turnover',
    );
  }
  return findings;
}

/** Whoever is established abroad contributes by an activity in Belgium alone (Q1). */
function contributesBy({ tree, node }: FormView): boolean {
  const profile = find(tree, node, 'ContributorProfile');
  return (
    textAt(tree, profile, 'EstablishmentCountry') === 'BE' ||
    integerAt(tree, profile, 'ActivityInBelgium') === '1'
  );
}

const noThreshold = 10n ** 15n;

function thresholdOf({ tree, node }: FormView, { contributionYears }: JudgeContext): bigint {
  const year = Number(textAt(tree, node, 'ContributionYear'));
  const known = contributionYears?.find((one) => one.year === year)?.thresholdCents;
  return known === undefined ? noThreshold : BigInt(known);
}

function attestationFindings(
  form: FormView,
  block: number,
  { receivedOn }: JudgeContext,
): Finding[] {
  const node = find(form.tree, block, 'Attestation', 'AttestationDate');
  if (textOf(form.tree, node) <= receivedOn) return [];
  const detail = 'the attestation is dated in the future';
  return [say(form, node, { code: '008', zone: '70015', detail })];
}

/** An office assessment replaces a declaration that did not come: the authority alone makes it. */
function assessmentFindings(form: FormView, { fromAuthority }: JudgeContext): Finding[] {
  const node = find(form.tree, form.node, 'OfficeAssessment');
  if (node < 0 || fromAuthority) return [];
  const detail = 'only the authority makes office assessments';
  return [say(form, node, { code: '005', zone: '97005', detail })];
}
