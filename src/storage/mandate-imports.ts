import type { Knex } from 'knex';
import type { MandateImportRecord, MandateStore } from '../routing/index.ts';

interface Row {
  readonly id: string;
  readonly started_at: Date;
  readonly ended_at: Date;
  readonly imported_by: string;
  readonly sha256: string;
  readonly failure: string | null;
  readonly added: number;
  readonly already: number;
  readonly refused_total: number;
  readonly refused: MandateImportRecord['refused'];
}

/** What became of lists of mandates, in PostgreSQL. */
export function mandateImports(
  knex: Knex,
): Pick<MandateStore, 'keepImport' | 'imports' | 'import'> {
  const table = (): Knex.QueryBuilder<Row, Row[]> => knex<Row>('mandate_import');
  return {
    async keepImport(record) {
      await knex('mandate_import').insert({
        id: record.id,
        started_at: record.startedAt,
        ended_at: record.endedAt,
        imported_by: record.by,
        sha256: record.sha256,
        failure: record.failure ?? null,
        added: record.added,
        already: record.already,
        refused_total: record.refusedTotal,
        refused: JSON.stringify(record.refused),
      });
    },
    async imports({ after, max }) {
      const query = table()
        .orderBy([
          { column: 'started_at', order: 'desc' },
          { column: 'id', order: 'desc' },
        ])
        .limit(max);
      if (after !== undefined) {
        void query.whereRaw(
          '(started_at, id) < (select started_at, id from mandate_import where id = ?)',
          [after],
        );
      }
      return (await query).map(recordOf);
    },
    async import(id) {
      const row = await table().where({ id }).first();
      return row && recordOf(row);
    },
  };
}

function recordOf(row: Row): MandateImportRecord {
  const { id, sha256, failure, added, already, refused } = row;
  return {
    ...{ id, sha256, added, already, refused, by: row.imported_by },
    ...(failure === null ? {} : { failure }),
    refusedTotal: row.refused_total,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  };
}
