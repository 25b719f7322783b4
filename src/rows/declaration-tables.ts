import { TextBytes } from '../vocabulary/index.ts';
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
 * that gets no row is left out. Without a driver, so that a thread can do it; each row is bytes as
 * soon as it is added.
 */
export class DeclarationTables {
  private readonly declarations: Table<DeclarationRow>;
  private readonly findings: Table<Found>;
  private readonly keys: Table<Keyed>;
  private readonly assessments: Table<Assessed>;

  constructor(batchId: number) {
    this.declarations = new Table('declaration', declarationColumns, batchId);
    this.findings = new Table('finding', findingColumns, batchId);
    this.keys = new Table('declaration_key', keyColumns, batchId);
    this.assessments = new Table('assessment', assessmentColumns, batchId);
  }

  add(row: DeclarationRow): void {
    const { form, findings, assessment } = row;
    const { number } = form;
    this.declarations.add(row);
    for (const [ordinal, finding] of findings.entries()) {
      this.findings.add({ number, ordinal, finding });
    }
    for (const key of new Set(form.extract?.keys)) this.keys.add({ number, key });
    if (assessment !== undefined) this.assessments.add({ number, assessment });
  }

  texts(): readonly CopyTable[] {
    return [this.declarations, this.findings, this.keys, this.assessments]
      .map((table) => table.text())
      .filter(({ text }) => text.length > 0);
  }
}

type Value = string | number | boolean | null;

interface Column<Row> {
  readonly name: string;
  readonly of: (row: Row) => Value;
}

interface Keyed {
  readonly number: number;
  readonly key: string;
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
  { name: 'form_offset', of: ({ form }) => form.offset },
  { name: 'form_bytes', of: ({ form }) => form.length },
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

const keyColumns: readonly Column<Keyed>[] = [
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

class Table<Row> {
  private readonly name: string;
  private readonly columns: readonly Column<Row>[];
  private readonly opening: string;
  private readonly bytes = new TextBytes();

  constructor(name: string, columns: readonly Column<Row>[], batchId: number) {
    this.name = name;
    this.columns = columns;
    this.opening = String(batchId);
  }

  add(row: Row): void {
    let line = this.opening;
    for (const { of } of this.columns) line += `\t${copyText(of(row))}`;
    this.bytes.add(`${line}\n`);
  }

  text(): CopyTable {
    const columns = ['batch_id', ...this.columns.map(({ name }) => name)];
    return { table: this.name, columns, text: this.bytes.whole() };
  }
}
