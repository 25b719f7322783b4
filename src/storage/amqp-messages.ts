import type { Knex } from 'knex';
import type { KnownMessage, TakenMessages } from '../channels/index.ts';
import type { Ledger } from '../ledger.ts';
import type { Clock, Environment, SenderNumber, Ticket } from '../vocabulary/index.ts';
import { inRounds } from './in-rounds.ts';
import { rowsOf } from './rows.ts';
import { translating } from './storage-failure.ts';

/** The messages that landed, by their key. */
export function takenMessages(o: {
  readonly knex: Knex;
  readonly ledger: Pick<Ledger, 'transaction'>;
  readonly clock: Clock;
}): TakenMessages {
  const { knex, ledger, clock } = o;
  const findOne = inRounds<Asked, KnownMessage | undefined>({
    itemsMax: askedMax,
    run: (round) => translating(() => findAll(knex, round)),
  });
  const answerAgain = async (fileId: string): Promise<void> => {
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
  };
  return {
    find: (sender, key) => findOne({ sender, key }),
    answerAgain: (fileId) => translating(() => answerAgain(fileId)),
  };
}

/** Messages looked up by one statement. */
const askedMax = 64;

interface Asked {
  readonly sender: SenderNumber;
  readonly key: string;
}

async function findAll(
  knex: Knex,
  round: readonly Asked[],
): Promise<readonly (KnownMessage | undefined)[]> {
  const rows = rowsOf<{ at: number; id: string; sha256: string }>(
    await knex
      .raw(
        `select (asked.at - 1)::int as at, found.id, encode(found.sha256, 'hex') as sha256
         from unnest(cast(? as text[]), cast(? as text[])) with ordinality as asked (sender, key, at)
         cross join lateral (
           select f.id, f.sha256 from landed_file f
           where f.sender = asked.sender and f.message_key = asked.key and f.landed_at is not null
             and f.state not in ('UPLOADING', 'PARTIAL')
           order by f.landed_at desc limit 1
         ) as found`,
        [round.map(({ sender }) => sender), round.map(({ key }) => key)],
      )
      .options({ name: 'sluis_find_messages' }),
  );
  const found = new Map(rows.map(({ at, id, sha256 }) => [at, { fileId: id, sha256 }]));
  return round.map((_, at) => found.get(at));
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
