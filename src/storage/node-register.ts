import type { Knex } from 'knex';
import { failureOf } from '../vocabulary/index.ts';
import { rowsOf } from './rows.ts';
import type { BlobStore } from './blob-store.ts';

/** Says that this process lives. Others take over what a silent one had in hand. */
export async function beat(knex: Knex, nodeId: string): Promise<void> {
  await knex.raw(
    `insert into node (id) values (?)
     on conflict (id) do update set seen_at = clock_timestamp()`,
    [nodeId],
  );
}

export async function signOff(knex: Knex, nodeId: string): Promise<void> {
  await knex.raw('delete from node where id = ?', [nodeId]);
}

export interface LostUpload {
  readonly id: string;
  readonly spool: string | null;
  readonly upload_token: string | null;
  readonly sender: string;
  readonly name: string;
}

/**
 * Marks uploads of processes that fell silent as PARTIAL, with the size that reached the spool, so
 * that their senders can resume them; and those of this process that ended while the database could
 * not be told. What was in hand as work comes back by its lease alone.
 */
export async function recoverUploads(
  knex: Knex,
  o: {
    readonly blobs: BlobStore;
    readonly nodeId: string;
    readonly silentMs: number;
    readonly at: Date;
  },
): Promise<readonly LostUpload[]> {
  const silent = rowsOf<LostUpload>(
    await knex.raw(
      `select f.id, f.sender, f.name, f.spool, f.upload_token from landed_file f
       where f.state = 'UPLOADING' and not exists (select 1 from node n where n.id = f.node_id
         and n.seen_at > clock_timestamp() - make_interval(secs => ?::float8 / 1000))
       limit 1000`,
      [o.silentMs],
    ),
  );
  const lost: LostUpload[] = [];
  for (const upload of [...silent, ...(await untold(knex, o))]) {
    const bytes = await bytesLeft(o.blobs, upload);
    const rows = rowsOf(
      await knex.raw(
        `with lost as (
           update landed_file f set state = 'PARTIAL', bytes = :bytes, changed_at = :at,
             node_id = null, upload_token = null
           where f.id = :id and f.upload_token = :token and f.state = 'UPLOADING'
             and (f.node_id = :node or not exists (select 1 from node n where n.id = f.node_id
               and n.seen_at > clock_timestamp() - make_interval(secs => cast(:silent as float8) / 1000)))
           returning f.id, f.sender, f.directory, f.set_key
         ), woken as (
           update landed_file f set look_at = :at from lost
           where f.sender = lost.sender and f.directory = lost.directory
             and f.set_key = lost.set_key and f.state = 'LANDED'
         )
         select id from lost`,
        {
          ...{ id: upload.id, token: upload.upload_token, node: o.nodeId },
          ...{ bytes, at: o.at, silent: o.silentMs },
        },
      ),
    );
    if (rows.length === 0) continue;
    lost.push(upload);
    // Without its token the upload can land no more, so a blob under it is nobody's: it was made
    // durable but never told to anyone, and its sender will send it again.
    if (upload.upload_token !== null) await o.blobs.remove(upload.upload_token);
  }
  await knex.raw(
    `delete from node where seen_at < clock_timestamp() - make_interval(secs => ?::float8 / 500)`,
    [o.silentMs],
  );
  return lost;
}

/** Those of this process that nobody writes any more. No more than there are handles. */
async function untold(
  knex: Knex,
  { blobs, nodeId }: { readonly blobs: BlobStore; readonly nodeId: string },
): Promise<readonly LostUpload[]> {
  const uploads = rowsOf<LostUpload>(
    await knex.raw(
      `select id, sender, name, spool, upload_token from landed_file
       where state = 'UPLOADING' and node_id = ?`,
      [nodeId],
    ),
  );
  // Asked after the rows: a file is in hand before its row is there.
  const inHand = blobs.spool.inHand();
  return uploads.filter(({ spool }) => spool === null || !inHand.has(spool));
}

/** The bytes a resumed upload may count on. */
async function bytesLeft(blobs: BlobStore, upload: LostUpload): Promise<number> {
  if (upload.spool === null) return 0;
  try {
    const file = await blobs.spool.reopen(upload.spool);
    await file.keep();
    return file.bytes;
  } catch (error) {
    if (failureOf(error).code === 'storage.blob-missing') return 0;
    throw error;
  }
}
