import type { Download } from '../channels/index.ts';
import type { OutDirectory } from '../vocabulary/index.ts';
import { Refused } from './refused.ts';
import type { MailboxParts } from './mailbox.ts';
import { rowsOf } from './rows.ts';

interface AnswerRow {
  readonly parcel_id: string;
  readonly ordinal: number;
  readonly bytes: bigint;
  readonly content: Buffer | null;
  readonly blob: string | null;
}

/** Opens a visible answer. Small ones come from the row, large ones from the blob store. */
export async function openAnswerFile(
  parts: MailboxParts,
  directory: OutDirectory,
  name: string,
): Promise<Download> {
  const { knex, blobs, account } = parts;
  const [row] = rowsOf<AnswerRow>(
    await knex.raw(
      `select f.parcel_id, f.ordinal, f.bytes, f.content, f.blob from parcel_file f
       where f.sender = ? and f.directory = ? and f.name = ? and f.visible`,
      [account.senderNumber, directory, name],
    ),
  );
  if (row === undefined) throw new Refused('no-such-file', 'no such file');
  const reader = row.blob === null ? undefined : await blobs.open(row.blob);
  const bytes = Number(row.bytes);
  return {
    bytes,
    async read({ at, bytes: wanted }) {
      if (reader !== undefined) return reader.read({ at, bytes: wanted });
      return (row.content ?? Buffer.alloc(0)).subarray(at, at + wanted);
    },
    async close({ readToEnd }) {
      await reader?.close();
      if (readToEnd) await collected(parts, row);
    },
  };
}

/** The parcel counts as collected once its FO file, the first, was read to the end. */
async function collected({ knex, clock }: MailboxParts, row: AnswerRow): Promise<void> {
  const at = clock.now();
  await knex.transaction(async (trx) => {
    await trx.raw(
      `update parcel_file set collected_at = coalesce(collected_at, ?)
       where parcel_id = ? and ordinal = ?`,
      [at, row.parcel_id, row.ordinal],
    );
    if (row.ordinal > 0) return;
    await trx.raw(
      `update parcel set state = 'COLLECTED', collected_at = ? where id = ? and state = 'DELIVERED'`,
      [at, row.parcel_id],
    );
  });
}
