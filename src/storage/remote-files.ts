import type { Knex } from 'knex';
import type { RemoteFile, RemoteFileState, RemoteFileStore } from '../channels/index.ts';
import { rowsOf } from './rows.ts';
import { translating } from './storage-failure.ts';

/** What is remembered of files in directories of partners. */
export function remoteFileStore(knex: Knex): RemoteFileStore {
  return {
    look: (o) => translating(() => look(knex, o)),
    mark: (o) => translating(() => mark(knex, o)),
    landed: (o) => translating(() => landed(knex, o)),
  };
}

interface Row {
  readonly name: string;
  readonly bytes: bigint;
  readonly modified: bigint;
  readonly state: RemoteFileState;
  readonly looks: number;
  readonly seen_at: Date;
}

/**
 * The same size and time once more is one look more. Another size or time is another file under the
 * name, and so is one that shows again after it was dealt with at the partner.
 */
async function look(
  knex: Knex,
  { partner, directory, entries, at }: Parameters<RemoteFileStore['look']>[0],
): Promise<ReadonlyMap<string, RemoteFile>> {
  const rows = rowsOf<Row>(
    await knex.raw(
      `insert into remote_file as f (partner_id, directory, name, bytes, modified, state, seen_at,
         changed_at)
       select :partner, :directory, g.name, g.bytes, g.modified, 'seen', :at, :at
       from unnest(cast(:names as text[]), cast(:sizes as bigint[]), cast(:times as bigint[]))
         as g (name, bytes, modified)
       on conflict (partner_id, directory, name) do update set
         looks = case when ${isSame} then f.looks + 1 else 1 end,
         state = case when ${isSame} then f.state else 'seen' end,
         sha256 = case when ${isSame} then f.sha256 end,
         seen_at = case when ${isSame} then f.seen_at else :at end,
         bytes = excluded.bytes, modified = excluded.modified, changed_at = :at
       returning f.name, f.bytes, f.modified, f.state, f.looks, f.seen_at`,
      {
        ...{ partner, directory, at },
        names: entries.map(({ name }) => name),
        sizes: entries.map(({ bytes }) => bytes),
        times: entries.map(({ modified }) => modified),
      },
    ),
  );
  return new Map(
    rows.map((row) => [
      row.name,
      {
        ...{ name: row.name, state: row.state, looks: row.looks, seenAt: row.seen_at },
        ...{ bytes: Number(row.bytes), modified: Number(row.modified) },
      },
    ]),
  );
}

const isSame =
  "(f.bytes = excluded.bytes and f.modified = excluded.modified and f.state <> 'gone')";

async function mark(knex: Knex, o: Parameters<RemoteFileStore['mark']>[0]): Promise<void> {
  await knex.raw(
    `update remote_file set state = :state, changed_at = :at,
       sha256 = coalesce(decode(cast(:sha256 as text), 'hex'), sha256)
     where partner_id = :partner and directory = :directory and name = :name`,
    { ...o, sha256: o.sha256 ?? null },
  );
}

/** The row of the file itself is asked: it and the landing are one statement. */
async function landed(
  knex: Knex,
  { partner, sender, name, since }: Parameters<RemoteFileStore['landed']>[0],
): ReturnType<RemoteFileStore['landed']> {
  const [row] = rowsOf<{ bytes: bigint; sha256: Buffer }>(
    await knex.raw(
      `select l.bytes, l.sha256 from landed_file l
       where l.sender = :sender and l.name = :name and l.channel = 'sftp-remote'
         and l.account_id = :partner and l.landed_at >= :since and l.sha256 is not null
       order by l.landed_at desc limit 1`,
      { partner, sender, name, since },
    ),
  );
  return row === undefined
    ? undefined
    : { bytes: Number(row.bytes), sha256: row.sha256.toString('hex') };
}
