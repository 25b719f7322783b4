import type { Knex } from 'knex';
import { Failure, ticketOf } from '../vocabulary/index.ts';
import { rowsOf } from './rows.ts';
import { findingOf } from './settled-rows.ts';
import { fileOfForm, shownFinding, type ShownFinding } from './shown-finding.ts';

export interface ExplainedDeclaration {
  readonly ticket: string;
  readonly declaration: number;
  readonly formTicket: string;
  readonly verdict: 'accepted' | 'refused';
  /** Of a set in parts: the file that the line is one of. */
  readonly file: string | null;
  readonly line: number;
  readonly employer: string | null;
  readonly quarter: number | null;
  readonly findings: readonly ShownFinding[];
  readonly route: {
    readonly recipient: string | null;
    readonly channel: string | null;
    readonly rule: string | null;
    readonly explanation: string | null;
  };
  readonly assessment: unknown;
}

/** Why a declaration got this verdict, this route and these amounts. */
export async function explainDeclaration(
  knex: Knex,
  id: number,
  number: number,
): Promise<ExplainedDeclaration> {
  const [row] = rowsOf<{
    ticket: string;
    accepted: boolean;
    file: string | null;
    line: number;
    employer: string | null;
    quarter: number | null;
    recipient: string | null;
    channel: string | null;
    rule: string | null;
    explanation: string | null;
    result: string | null;
  }>(
    await knex.raw(
      `select b.ticket, d.accepted, ${fileOfForm('d')} as file, d.line, coalesce(d.employer, d.employer_number) as employer,
         d.quarter, d.recipient, d.channel, d.rule, d.explanation, a.result
       from declaration d join batch b on b.id = d.batch_id
       left join assessment a on a.batch_id = d.batch_id and a.number = d.number
       where d.batch_id = ? and d.number = ?`,
      [id, number],
    ),
  );
  if (row === undefined) throw new Failure('batch.unknown', { batch: id, declaration: number });
  const rows = rowsOf<Parameters<typeof findingOf>[0]>(
    await knex.raw(
      'select f.* from finding f where f.batch_id = ? and f.number = ? order by f.ordinal',
      [id, number],
    ),
  );
  const { recipient, channel, rule, explanation } = row;
  return {
    ticket: row.ticket,
    declaration: number,
    formTicket: ticketOf(id, number),
    verdict: row.accepted ? 'accepted' : 'refused',
    file: row.file,
    line: row.line,
    employer: row.employer,
    quarter: row.quarter,
    findings: rows.map((found) => shownFinding(number, row.file, findingOf(found))),
    route: { recipient, channel, rule, explanation },
    assessment: row.result === null ? null : (JSON.parse(row.result) as unknown),
  };
}
