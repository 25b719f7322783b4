import type { Knex } from 'knex';
import type { SettledAssessment, SettledDeclaration } from '../ledger.ts';
import type { AnomalyClass, Finding, FormHeader } from '../vocabulary/index.ts';
import { rowsOf } from './rows.ts';

/**
 * Rows read at a time: memory stays flat however many declarations a batch has. Of larger pages most
 * rows outlive the collector's young generation, and what is left of them is collected late.
 */
const pageRowsMax = 250;

interface HeaderRow {
  readonly number: number;
  readonly identification: string;
  readonly creation_date: string;
  readonly creation_hour: string;
  readonly attestation_status: string;
  readonly type_form: string;
  readonly reference: string | null;
  readonly employer_number: string | null;
}

interface DeclarationRow extends HeaderRow {
  readonly accepted: boolean;
  readonly employer_kind: 'KBO' | 'NSSO' | 'PPL' | null;
  readonly quarter: number | null;
}

interface FindingRow {
  readonly number: number;
  readonly code: string;
  readonly zone: string;
  readonly anomaly_class: AnomalyClass;
  readonly tag: string | null;
  readonly value: string | null;
  readonly line: number | null;
  readonly col: number | null;
  readonly location: string | null;
  readonly detail: string | null;
}

const headerColumns = `d.number, d.identification, d.creation_date, d.creation_hour,
  d.attestation_status, d.type_form, d.reference, d.employer_number`;

/** Every settled declaration of a batch in file order, each with its findings. */
export function declarationsOf(knex: Knex, batchId: number): AsyncGenerator<SettledDeclaration> {
  return pageByPage(async (after) => {
    const rows = rowsOf<DeclarationRow>(
      await knex.raw(
        `select ${headerColumns}, d.accepted, d.employer_kind, d.quarter from declaration d
         where d.batch_id = ? and d.number > ? order by d.number limit ?`,
        [batchId, after, pageRowsMax],
      ),
    );
    const last = rows.at(-1);
    if (last === undefined) return [];
    const findings = await findingsBetween(knex, batchId, after, last.number);
    return rows.map((row) => declarationOf(row, findings.get(row.number) ?? []));
  });
}

/**
 * Every assessment of a batch in file order. The declarations are looked up one by one in their
 * index: joined, a planner without statistics reads those of the whole batch for each page.
 */
export function assessmentsOf(knex: Knex, batchId: number): AsyncGenerator<SettledAssessment> {
  return pageByPage(async (after) => {
    const rows = rowsOf<HeaderRow & { readonly year: number; readonly result: string }>(
      await knex.raw(
        `select d.*, a.year, a.result from (
           select a.batch_id, a.number, a.year, a.result from assessment a
           where a.batch_id = ? and a.number > ? order by a.number limit ?
         ) a cross join lateral (
           select ${headerColumns} from declaration d
           where d.batch_id = a.batch_id and d.number = a.number limit 1
         ) d order by a.number`,
        [batchId, after, pageRowsMax],
      ),
    );
    return rows.map((row) => ({
      number: row.number,
      header: headerOf(row),
      reference: row.reference ?? undefined,
      employerNumber: row.employer_number ?? undefined,
      year: row.year,
      result: row.result,
    }));
  });
}

/** Rows in the order of their numbers; a page is asked for while the one before it is used. */
async function* pageByPage<Row extends { readonly number: number }>(
  ask: (after: number) => Promise<readonly Row[]>,
): AsyncGenerator<Row> {
  let rows = await ask(0);
  for (;;) {
    const last = rows.at(-1);
    if (last === undefined) return;
    const next = rows.length < pageRowsMax ? Promise.resolve([]) : ask(last.number);
    // Waited for below, unless whoever takes the rows stops early.
    next.catch(() => undefined);
    yield* rows;
    rows = await next;
  }
}

async function findingsBetween(
  knex: Knex,
  batchId: number,
  after: number,
  upTo: number,
): Promise<ReadonlyMap<number, readonly Finding[]>> {
  const rows = rowsOf<FindingRow>(
    await knex.raw(
      `select f.number, f.code, f.zone, f.anomaly_class, f.tag, f.value, f.line, f.col, f.location,
         f.detail from finding f
       where f.batch_id = ? and f.number > ? and f.number <= ? order by f.number, f.ordinal`,
      [batchId, after, upTo],
    ),
  );
  const byNumber = new Map<number, Finding[]>();
  for (const row of rows) {
    const list = byNumber.get(row.number);
    if (list === undefined) byNumber.set(row.number, [findingOf(row)]);
    else list.push(findingOf(row));
  }
  return byNumber;
}

/** A finding as it was when the stage made it. */
export function findingOf(row: Omit<FindingRow, 'number'>): Finding {
  return {
    code: row.code,
    zone: row.zone,
    anomalyClass: row.anomaly_class,
    ...(row.tag === null ? {} : { tag: row.tag }),
    ...(row.value === null ? {} : { value: row.value }),
    ...(row.line === null ? {} : { line: row.line }),
    ...(row.col === null ? {} : { column: row.col }),
    ...(row.location === null ? {} : { location: row.location }),
    ...(row.detail === null ? {} : { detail: row.detail }),
  };
}

function declarationOf(row: DeclarationRow, findings: readonly Finding[]): SettledDeclaration {
  return {
    number: row.number,
    accepted: row.accepted,
    header: headerOf(row),
    reference: row.reference ?? undefined,
    employerKind: row.employer_kind ?? undefined,
    employerNumber: row.employer_number ?? undefined,
    quarter: row.quarter ?? undefined,
    findings,
  };
}

function headerOf(row: HeaderRow): FormHeader {
  return {
    identification: row.identification,
    creationDate: row.creation_date,
    creationHour: row.creation_hour,
    attestationStatus: row.attestation_status,
    typeForm: row.type_form,
  };
}
