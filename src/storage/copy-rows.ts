import { finished } from 'node:stream/promises';
import type { Knex } from 'knex';
import type { ClientBase } from 'pg';
import { from } from 'pg-copy-streams';
import type { CopyTable } from '../rows/index.ts';

/**
 * Adds rows with COPY, in the transaction given: a third of the work of an INSERT for both sides
 * where rows come by the thousand. Names are those of the source, never a sender's.
 */
export async function copyRows(
  trx: Knex.Transaction,
  { table, columns, text }: CopyTable,
): Promise<void> {
  // A transaction's own client answers with the connection it holds already.
  const client = trx.client as { acquireConnection(): Promise<ClientBase> };
  const connection = await client.acquireConnection();
  const stream = connection.query(from(`copy ${table} (${columns.join(', ')}) from stdin`));
  stream.end(text);
  await finished(stream);
}
