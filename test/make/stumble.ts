import type { Office } from '../../src/compose.ts';

/** Makes transactions fail at their worst moment: when all is done and nothing is committed. */
export interface Stumble {
  /** To be handed to `anExchange` as its `tamper`. */
  readonly tamper: (office: Office) => Office;
  /** Tables a transaction wrote to before it was made to fail, one entry each time. */
  readonly falls: readonly string[];
}

/**
 * Lets the first transaction of each kind fall. A kind is what its statements wrote to, so that every
 * step of a batch's life falls once and is done again.
 */
export function stumble(): Stumble {
  const falls: string[] = [];
  const tamper = (office: Office): Office => {
    const { database } = office;
    const transaction: typeof database.transaction = (work) =>
      database.transaction(async (trx) => {
        const written: string[] = [];
        trx.on('query', ({ sql }: { readonly sql: string }) => {
          const table = /\b(?:insert into|update|copy)\s+"?(\w+)/i.exec(sql)?.[1];
          if (table !== undefined && !written.includes(table)) written.push(table);
        });
        const result = await work(trx);
        const kind = written.join(' ');
        if (kind !== '' && !falls.includes(kind)) {
          falls.push(kind);
          // As a connection that is cut before COMMIT would: nothing of it may stay.
          throw Object.assign(new Error('cut off'), { code: '08006' });
        }
        return result;
      });
    return { ...office, database: { ...database, transaction } };
  };
  return { tamper, falls };
}
