import { Failure, formatEuro, parseEuro, type Cents } from '../vocabulary/index.ts';
import type { AssessmentStatus, StatedAssessment } from './stated-form.ts';

/** The amounts of an assessment, in the order of the document. */
const amounts = [
  ['ActivityTax', 'activityTax'],
  ['Levy', 'levy'],
  ['Total', 'total'],
  ['Interest', 'interest'],
  ['Fine', 'fine'],
  ['TotalWithPenalties', 'totalWithPenalties'],
] as const;

const statuses: readonly AssessmentStatus[] = [
  'LIABLE',
  'LIABLE_ZERO',
  'NOT_LIABLE',
  'OFFICE_ASSESSMENT',
  'REJECTED',
];

/** Running sums of one statement; exact however many forms there are. */
export interface StatementTotals {
  forms: number;
  entities: number;
  readonly byStatus: Map<AssessmentStatus, number>;
  /** In the order of the document. */
  readonly sums: Cents[];
}

export function noTotals(): StatementTotals {
  return { forms: 0, entities: 0, byStatus: new Map(), sums: amounts.map(() => 0n) };
}

/**
 * Adds one assessment to the totals and writes its amounts, so that what is written is what was
 * summed. Where no penalties were computed, the total is what is due.
 */
export function addAmounts(totals: StatementTotals, assessment: StatedAssessment): string {
  totals.forms += 1;
  totals.entities += assessment.entities ?? 0;
  totals.byStatus.set(assessment.status, (totals.byStatus.get(assessment.status) ?? 0) + 1);
  let text = '';
  let total: Cents = 0n;
  amounts.forEach(([element, property], place) => {
    const written = assessment[property] ?? undefined;
    const cents = written === undefined ? undefined : centsOf(element, written);
    if (property === 'total') total = cents ?? 0n;
    if (cents !== undefined) text += `   <${element}>${formatEuro(cents)}</${element}>\n`;
    const due = cents ?? (property === 'totalWithPenalties' ? total : 0n);
    totals.sums[place] = (totals.sums[place] ?? 0n) + due;
  });
  return text;
}

/** The block that closes a statement. */
export function renderTotals(totals: StatementTotals): string {
  return (
    ' <Totals>\n' +
    `  <Forms>${String(totals.forms)}</Forms>\n` +
    statuses.map((status) => statusCount(status, totals.byStatus.get(status) ?? 0)).join('') +
    `  <Entities>${String(totals.entities)}</Entities>\n` +
    amounts
      .map(([name], place) => `  <${name}>${formatEuro(totals.sums[place] ?? 0n)}</${name}>\n`)
      .join('') +
    ' </Totals>\n'
  );
}

function statusCount(status: AssessmentStatus, forms: number): string {
  if (forms === 0) return '';
  return (
    '  <StatusCount>\n' +
    `   <Status>${status}</Status>\n` +
    `   <Forms>${String(forms)}</Forms>\n` +
    '  </StatusCount>\n'
  );
}

function centsOf(element: string, written: string): Cents {
  const cents = parseEuro(written);
  if (cents === undefined) throw new Failure('gateway.defect', { element });
  return cents;
}
