import { copyText } from './copy-text.ts';
import type { AssessmentRow, DeclarationRow } from './ports.ts';

/** The rows of one table as COPY takes them: text format, UTF-8, one line a row. */
export interface CopyTable {
  readonly table: string;
  readonly columns: readonly string[];
  readonly text: Uint8Array;
}

/**
 * The declarations of one chunk with their findings, keys and assessments, one text a table; a table
 * that gets no row is left out. Pure and without a driver, so that a thread can do it.
 */
export function declarationTables(batchId: number, rows: readonly DeclarationRow[]): CopyTable[] {
  const findings = rows.flatMap(({ form, findings: list }) =>
    list.map((finding, ordinal) => ({ number: form.number, ordinal, finding })),
  );
  const keys = rows.flatMap(({ form }) =>
    [...new Set(form.extract?.keys ?? [])].map((key) => ({ number: form.number, key })),
  );
  const assessments = rows.flatMap(({ form, assessment }) =>
    assessment === undefined ? [] : [{ number: form.number, assessment }],
  );
  return [
    tableOf('declaration', declarationColumns, batchId, rows),
    tableOf('finding', findingColumns, batchId, findings),
    tableOf('declaration_key', keyColumns, batchId, keys),
    tableOf('assessment', assessmentColumns, batchId, assessments),
  ].filter(({ text }) => text.length > 0);
}

type Value = string | number | boolean | null;

interface Column<Row> {
  readonly name: string;
  readonly of: (row: Row) => Value;
}

interface Assessed {
  readonly number: number;
  readonly assessment: AssessmentRow;
}
interface Found {
  readonly number: number;
  readonly ordinal: number;
  readonly finding: DeclarationRow['findings'][number];
}

const declarationColumns: readonly Column<DeclarationRow>[] = [
  { name: 'number', of: ({ form }) => form.number },
  { name: 'accepted', of: ({ accepted }) => accepted },
  { name: 'line', of: ({ form }) => form.line },
  { name: 'identification', of: ({ form }) => form.header.identification },
  { name: 'creation_date', of: ({ form }) => form.header.creationDate },
  { name: 'creation_hour', of: ({ form }) => form.header.creationHour },
  { name: 'attestation_status', of: ({ form }) => form.header.attestationStatus },
  { name: 'type_form', of: ({ form }) => form.header.typeForm },
  { name: 'reference', of: ({ form }) => form.extract?.reference ?? null },
  { name: 'employer_kind', of: ({ form }) => firstEmployer(form)?.kind ?? null },
  { name: 'employer_number', of: ({ form }) => firstEmployer(form)?.number ?? null },
  { name: 'employer', of: ({ employer }) => employer ?? null },
  { name: 'quarter', of: ({ quarter }) => quarter ?? null },
  { name: 'recipient', of: ({ recipient }) => recipient ?? null },
  { name: 'channel', of: ({ channel }) => channel ?? null },
  { name: 'rule', of: ({ rule }) => rule ?? null },
  { name: 'explanation', of: ({ explanation }) => explanation ?? null },
];

const findingColumns: readonly Column<Found>[] = [
  { name: 'number', of: ({ number }) => number },
  { name: 'ordinal', of: ({ ordinal }) => ordinal },
  { name: 'code', of: ({ finding }) => finding.code },
  { name: 'zone', of: ({ finding }) => finding.zone },
  { name: 'anomaly_class', of: ({ finding }) => finding.anomalyClass },
  { name: 'tag', of: ({ finding }) => storable(finding.tag) },
  { name: 'value', of: ({ finding }) => storable(finding.value) },
  { name: 'line', of: ({ finding }) => finding.line ?? null },
  { name: 'col', of: ({ finding }) => finding.column ?? null },
  { name: 'location', of: ({ finding }) => finding.location ?? null },
  { name: 'detail', of: ({ finding }) => storable(finding.detail) },
];

const keyColumns: readonly Column<{ readonly number: number; readonly key: string }>[] = [
  { name: 'number', of: ({ number }) => number },
  { name: 'key', of: ({ key }) => key },
];

const assessmentColumns: readonly Column<Assessed>[] = [
  { name: 'number', of: ({ number }) => number },
  { name: 'year', of: ({ assessment }) => assessment.year },
  { name: 'status', of: ({ assessment }) => assessment.status },
  { name: 'reason', of: ({ assessment }) => assessment.reason ?? null },
  { name: 'entities', of: ({ assessment }) => assessment.entities ?? null },
  { name: 'activity_tax', of: ({ assessment }) => cents(assessment.activityTax) },
  { name: 'levy', of: ({ assessment }) => cents(assessment.levy) },
  { name: 'total', of: ({ assessment }) => cents(assessment.total) },
  { name: 'result', of: ({ assessment }) => assessment.result },
];

function firstEmployer(
  form: DeclarationRow['form'],
): { readonly kind: string; readonly number: string } | undefined {
  return form.extract?.employers[0];
}

/** PostgreSQL text holds every character but NUL. */
function storable(text: string | undefined): string | null {
  return text === undefined ? null : text.replaceAll('\u0000', '\uFFFD');
}

function cents(amount: bigint | undefined): string | null {
  return amount === undefined ? null : amount.toString();
}

const encoder = new TextEncoder();

function tableOf<Row>(
  table: string,
  columns: readonly Column<Row>[],
  batchId: number,
  rows: readonly Row[],
): CopyTable {
  let text = '';
  for (const row of rows) {
    text += String(batchId);
    for (const { of } of columns) text += `\t${copyText(of(row))}`;
    text += '\n';
  }
  const names = ['batch_id', ...columns.map(({ name }) => name)];
  return { table, columns: names, text: encoder.encode(text) };
}
