import type { Knex } from 'knex';
import type { TakenMessages } from '../channels/index.ts';
import type { Ledger } from '../ledger.ts';
import type { Clock, Environment, SenderNumber, Ticket } from '../vocabulary/index.ts';
import { rowsOf } from './rows.ts';

/** The messages that landed, by their key. */
export function takenMessages(o: {
  readonly knex: Knex;
  readonly ledger: Pick<Ledger, 'transaction'>;
  readonly clock: Clock;
}): TakenMessages {
  const { knex, ledger, clock } = o;
  return {
    async find(sender, key) {
      const [row] = rowsOf<{ id: string; sha256: string }>(
        await knex.raw(
          `select f.id, encode(f.sha256, 'hex') as sha256 from landed_file f
           where f.sender = ? and f.message_key = ? and f.landed_at is not null
             and f.state not in ('UPLOADING', 'PARTIAL')
           order by f.landed_at desc limit 1`,
          [sender, key],
        ),
      );
      return row && { fileId: row.id, sha256: row.sha256 };
    },
    async answerAgain(fileId) {
      const [row] = rowsOf<StartedBatch>(
        await knex.raw(
          `select b.batch_id, batch.ticket, batch.sender, batch.environment, f.name, f.username
           from batch_file b join batch on batch.id = b.batch_id
             join landed_file f on f.id = b.landed_file_id
           where b.landed_file_id = ? and b.prefix in ('GO', 'TD') limit 1`,
          [fileId],
        ),
      );
      if (row === undefined) return;
      const { ticket, sender, environment, username, name: fileName } = row;
      const batchId = Number(row.batch_id);
      const at = clock.now();
      await ledger.transaction(async (tx) => {
        await tx.showAgain(batchId, at);
        const entry = { at, level: 'info', code: 'batch.repeated', facts: {} } as const;
        await tx.record({ ...entry, sender, ticket, username, fileName });
        await tx.tell([{ event: 'batch.repeated', at, batchId, sender, environment, facts: {} }]);
      });
    },
  };
}

interface StartedBatch {
  readonly batch_id: bigint;
  readonly ticket: Ticket;
  readonly sender: SenderNumber;
  readonly environment: Environment;
  readonly name: string;
  readonly username: string;
}

/** The name of a technical user by its id, whatever its state. */
export async function usernameOf(knex: Knex, accountId: string): Promise<string | undefined> {
  const [row] = rowsOf<{ username: string }>(
    await knex.raw(`select t.username from technical_user t where t.id = ?`, [accountId]),
  );
  return row?.username;
}
