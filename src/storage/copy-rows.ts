import { finished } from 'node:stream/promises';
import type { Knex } from 'knex';
import type { ClientBase } from 'pg';
import { from } from 'pg-copy-streams';

/**
 * Adds rows with COPY, in the transaction given: a third of the work of an INSERT for both sides
 * where rows come by the thousand. Names are those of the source, never a sender's.
 */
export async function copyRows(
  trx: Knex.Transaction,
  o: {
    readonly table: string;
    readonly columns: readonly string[];
    /** Values of `copyText`, with tabs between them. */
    readonly lines: readonly string[];
  },
): Promise<void> {
  // A transaction's own client answers with the connection it holds already.
  const client = trx.client as { acquireConnection(): Promise<ClientBase> };
  const connection = await client.acquireConnection();
  const stream = connection.query(from(`copy ${o.table} (${o.columns.join(', ')}) from stdin`));
  stream.end(`${o.lines.join('\n')}\n`);
  await finished(stream);
}

const special = /[\\\t\n\r]/;
const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
};

/** A value in the text format of COPY. The text must not hold NUL, which PostgreSQL cannot store. */
export function copyText(value: string | number | boolean | null): string {
  if (value === null) return '\\N';
  if (typeof value !== 'string') return String(value);
  if (!special.test(value)) return value;
  return value.replace(/[\\\t\n\r]/g, (character) => escapes[character] ?? character);
}
