import { randomUUID } from 'node:crypto';
import type { AmqpStore } from '../channels/index.ts';
import { isTemporaryName } from '../vocabulary/index.ts';
import { openAnnouncer } from './announcer.ts';
import type { StoredBlob } from './blob-store.ts';
import { inRounds } from './in-rounds.ts';
import { jsonText } from './json-text.ts';
import { openMailbox, type MailboxParts } from './mailbox.ts';
import { rowsOf } from './rows.ts';
import { setKeyOfName } from './set-key.ts';
import { translating } from './storage-failure.ts';

export type WholeFile = Parameters<AmqpStore['land']>[0];

/** Rows written by one statement. */
const rowsMax = 64;

/**
 * Lands files that are in hand whole, as those of messages are. Nothing is announced before: the
 * bytes are made durable, then one statement writes the rows of all that wait at that moment. A
 * process that dies between the two leaves a blob of no row, which is swept, and the message comes
 * again. A name that stands there already takes the long way, over the mailbox.
 */
export function messageLanding(parts: Omit<MailboxParts, 'account'>): AmqpStore['land'] {
  const { knex, blobs, channel, clock, fileBytesMax } = parts;
  const landings = openAnnouncer(knex, 'sluis_landed');

  const begin = inRounds<Landing, boolean>({
    itemsMax: rowsMax,
    async run(round) {
      const rows = round.map((landing) => rowOf(landing, { channel, now: clock.now() }));
      const stood = rowsOf<{ id: string; due: boolean }>(
        await translating(() =>
          knex.raw(insertRows, [jsonText(rows)]).options({ name: 'sluis_land_whole' }),
        ),
      );
      // A set without a GO does but wait: whoever polls soon enough sees it.
      if (stood.some(({ due }) => due)) landings.announce();
      const ids = new Set(stood.map(({ id }) => id));
      return rows.map(({ id }) => ids.has(id));
    },
  });

  // One at a time: two of the same name would stand in each other's way.
  const replaceOne = inRounds<WholeFile, WholeFile>({
    itemsMax: 1,
    async run(files) {
      for (const file of files) await replace(file);
      return files;
    },
  });

  async function replace(file: WholeFile): Promise<void> {
    const upload = await openMailbox({ ...parts, account: file.account }).create({
      ...{ directory: file.directory, name: file.name, note: file.note },
      ...{ truncate: true, exclusive: false },
    });
    try {
      if (file.content.length > 0) await upload.write({ at: 0, data: file.content });
    } catch (error) {
      await upload.abandon('write-failed');
      throw error;
    }
    await upload.land();
  }

  return async (file) => {
    // A file that is too long is refused by the mailbox, as over every channel.
    if (file.content.length <= fileBytesMax) {
      const stored = await blobs.put(whole(file.content));
      // When this throws, the rows may stand all the same: the blob is left to the sweep.
      if (await begin({ id: randomUUID(), file, stored })) return;
      await blobs.remove(stored.blob);
    }
    await replaceOne(file);
  };
}

interface Landing {
  /** Of the row; the same in every attempt to write it. */
  readonly id: string;
  readonly file: WholeFile;
  readonly stored: StoredBlob;
}

/** Tells which rows stand: those of a statement carried out before, its answer lost, among them. */
const insertRows = `
  with given as (
    select r.*, decode(r.hash, 'hex') as sha256 from jsonb_to_recordset(?::jsonb) as r (
      id uuid, channel text, sender text, directory text, name text, set_key text,
      temporary boolean, account_id uuid, username text, opened_at timestamptz, bytes bigint,
      blob uuid, hash text, message_key text, faults jsonb, announced jsonb)
  ), written as (
    insert into landed_file (id, channel, sender, directory, name, set_key, temporary, state,
      account_id, username, opened_at, changed_at, landed_at, look_at, bytes, sha256, blob,
      message_key, faults, announced)
    select id, channel, sender, directory, name, set_key, temporary, 'LANDED', account_id,
      username, opened_at, opened_at, opened_at, opened_at, bytes, sha256, blob, message_key,
      faults, announced
    from given
    on conflict do nothing
    returning id
  )
  select stood.id, given.name !~ '^(FI|FS)\\.' or exists (
      select from landed_file o where o.sender = given.sender and o.directory = given.directory
        and o.set_key = given.set_key and o.state = 'LANDED' and o.name ~ '^(GO|TD)\\.'
    ) as due
  from (
    select id from written union all select f.id from landed_file f join given on given.id = f.id
  ) as stood join given on given.id = stood.id`;

function rowOf(
  { id, file, stored }: Landing,
  { channel, now }: { readonly channel: string; readonly now: Date },
) {
  const { account, directory, name, note } = file;
  const { messageKey, faults = [], announced = [] } = note;
  return {
    ...{ id, channel, sender: account.senderNumber, directory, name, set_key: setKeyOfName(name) },
    ...{ temporary: isTemporaryName(name), account_id: account.id, username: account.username },
    ...{ opened_at: now, bytes: stored.bytes, blob: stored.blob },
    ...{ hash: stored.sha256.toString('hex'), message_key: messageKey },
    faults: faults.length === 0 ? undefined : faults,
    announced: announced.length === 0 ? undefined : announced,
  };
}

// eslint-disable-next-line @typescript-eslint/require-await -- the shape of a stream
async function* whole(content: Buffer): AsyncGenerator<Buffer> {
  yield content;
}
