import type { Knex } from 'knex';
import type { DeclarationRow } from '../ledger.ts';

/**
 * Writes the declarations of one chunk with their findings, keys and assessments: one statement a
 * table, its columns handed over as arrays.
 */
export async function insertDeclarations(
  trx: Knex.Transaction,
  batchId: number,
  rows: readonly DeclarationRow[],
): Promise<void> {
  await insertColumns(trx, 'declaration', declarationColumns, batchId, rows);
  const findings = rows.flatMap(({ form, findings: list }) =>
    list.map((finding, ordinal) => ({ number: form.number, ordinal, finding })),
  );
  if (findings.length > 0) {
    await insertColumns(trx, 'finding', findingColumns, batchId, findings);
  }
  const keys = rows.flatMap(({ form }) =>
    [...new Set(form.extract?.keys ?? [])].map((key) => ({ number: form.number, key })),
  );
  if (keys.length > 0) await insertColumns(trx, 'declaration_key', keyColumns, batchId, keys);
  const assessments = rows.flatMap(({ form, assessment }) =>
    assessment === undefined ? [] : [{ number: form.number, assessment }],
  );
  if (assessments.length > 0) {
    await insertColumns(trx, 'assessment', assessmentColumns, batchId, assessments);
  }
}

type Value = string | number | boolean | null;

interface Column<Row> {
  readonly name: string;
  readonly type: string;
  readonly of: (row: Row) => Value;
}

interface Assessed {
  readonly number: number;
  readonly assessment: NonNullable<DeclarationRow['assessment']>;
}
interface Found {
  readonly number: number;
  readonly ordinal: number;
  readonly finding: DeclarationRow['findings'][number];
}

const declarationColumns: readonly Column<DeclarationRow>[] = [
  { name: 'number', type: 'int', of: ({ form }) => form.number },
  { name: 'accepted', type: 'boolean', of: ({ accepted }) => accepted },
  { name: 'line', type: 'int', of: ({ form }) => form.line },
  { name: 'identification', type: 'text', of: ({ form }) => form.header.identification },
  { name: 'creation_date', type: 'text', of: ({ form }) => form.header.creationDate },
  { name: 'creation_hour', type: 'text', of: ({ form }) => form.header.creationHour },
  { name: 'attestation_status', type: 'text', of: ({ form }) => form.header.attestationStatus },
  { name: 'type_form', type: 'text', of: ({ form }) => form.header.typeForm },
  { name: 'reference', type: 'text', of: ({ form }) => form.extract?.reference ?? null },
  { name: 'employer_kind', type: 'text', of: ({ form }) => firstEmployer(form)?.kind ?? null },
  { name: 'employer_number', type: 'text', of: ({ form }) => firstEmployer(form)?.number ?? null },
  { name: 'employer', type: 'text', of: ({ employer }) => employer ?? null },
  { name: 'quarter', type: 'int', of: ({ quarter }) => quarter ?? null },
  { name: 'recipient', type: 'text', of: ({ recipient }) => recipient ?? null },
  { name: 'channel', type: 'text', of: ({ channel }) => channel ?? null },
  { name: 'rule', type: 'text', of: ({ rule }) => rule ?? null },
  { name: 'explanation', type: 'text', of: ({ explanation }) => explanation ?? null },
];

const findingColumns: readonly Column<Found>[] = [
  { name: 'number', type: 'int', of: ({ number }) => number },
  { name: 'ordinal', type: 'int', of: ({ ordinal }) => ordinal },
  { name: 'code', type: 'text', of: ({ finding }) => finding.code },
  { name: 'zone', type: 'text', of: ({ finding }) => finding.zone },
  { name: 'anomaly_class', type: 'text', of: ({ finding }) => finding.anomalyClass },
  { name: 'tag', type: 'text', of: ({ finding }) => storable(finding.tag) },
  { name: 'value', type: 'text', of: ({ finding }) => storable(finding.value) },
  { name: 'line', type: 'int', of: ({ finding }) => finding.line ?? null },
  { name: 'col', type: 'int', of: ({ finding }) => finding.column ?? null },
  { name: 'location', type: 'text', of: ({ finding }) => finding.location ?? null },
  { name: 'detail', type: 'text', of: ({ finding }) => storable(finding.detail) },
];

const keyColumns: readonly Column<{ readonly number: number; readonly key: string }>[] = [
  { name: 'number', type: 'int', of: ({ number }) => number },
  { name: 'key', type: 'text', of: ({ key }) => key },
];

const assessmentColumns: readonly Column<Assessed>[] = [
  { name: 'number', type: 'int', of: ({ number }) => number },
  { name: 'year', type: 'int', of: ({ assessment }) => assessment.year },
  { name: 'status', type: 'text', of: ({ assessment }) => assessment.status },
  { name: 'reason', type: 'text', of: ({ assessment }) => assessment.reason ?? null },
  { name: 'entities', type: 'int', of: ({ assessment }) => assessment.entities ?? null },
  { name: 'activity_tax', type: 'bigint', of: ({ assessment }) => cents(assessment.activityTax) },
  { name: 'levy', type: 'bigint', of: ({ assessment }) => cents(assessment.levy) },
  { name: 'total', type: 'bigint', of: ({ assessment }) => cents(assessment.total) },
  { name: 'result', type: 'text', of: ({ assessment }) => assessment.result },
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

async function insertColumns<Row>(
  trx: Knex.Transaction,
  table: string,
  columns: readonly Column<Row>[],
  batchId: number,
  rows: readonly Row[],
): Promise<void> {
  const names = columns.map(({ name }) => name).join(', ');
  const arrays = columns.map(({ type }) => `?::${type}[]`).join(', ');
  const values = columns.map(({ of }) => rows.map(of));
  await trx.raw(
    `insert into ${table} (batch_id, ${names})
     select ?, * from unnest(${arrays}) as given (${names})`,
    [batchId, ...values] as unknown as string[],
  );
}
