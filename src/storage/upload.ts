import type { Upload } from '../channels/index.ts';
import type { OpenMailbox } from './mailbox.ts';
import { Refused } from './refused.ts';
import { rowsOf } from './rows.ts';
import type { SpoolFile } from './spool.ts';

/**
 * One upload over its spool file. `token` fences: a session that was given up for dead, or whose
 * file was replaced by another, can neither land nor mark anything.
 */
export function uploadOf(
  parts: OpenMailbox,
  file: SpoolFile,
  { id, token }: { readonly id: string; readonly token: string },
): Upload {
  const { knex, blobs, clock, fileBytesMax, landings } = parts;

  function refuseBeyond(bytes: number): void {
    if (bytes <= fileBytesMax) return;
    throw new Refused('failure', `a file may have at most ${String(fileBytesMax)} bytes`);
  }

  /** Undefined when the row is this upload's no more. */
  async function landed(): Promise<{ readonly due: boolean } | undefined> {
    // The row knows the blob's name already: after a crash, a blob that no row took is found by it.
    const { blob, bytes, sha256 } = await file.land(token);
    const now = clock.now();
    const [row] = rowsOf<{ readonly due: boolean }>(
      await knex
        .raw(
          `update landed_file f set state = 'LANDED', bytes = :bytes, sha256 = :sha256,
             blob = :blob, landed_at = :now, changed_at = :now, look_at = :now, node_id = null,
             upload_token = null, spool = null
           where id = :id and upload_token = :token and state = 'UPLOADING'
           returning exists (
             select from landed_file o where o.sender = f.sender and o.directory = f.directory
               and o.set_key = f.set_key and o.state = 'LANDED' and o.name ~ '^(GO|TD)\\.'
           ) or f.name !~ '^(FI|FS)\\.' as due`,
          { id, token, bytes, sha256, blob, now },
        )
        .options({ name: 'sluis_land' }),
    );
    if (row === undefined) await blobs.remove(blob);
    return row;
  }

  /** Makes the row PARTIAL, if it is this upload's still; the set it belongs to waits no longer. */
  async function settle(o: { readonly bytes: number; readonly forsaken: boolean }): Promise<void> {
    const settled = rowsOf(
      await knex.raw(
        `with lost as (
           update landed_file set state = 'PARTIAL', bytes = :bytes, changed_at = :now,
             node_id = null, upload_token = null,
             spool = case when cast(:forsaken as boolean) then null else spool end
           where id = :id and upload_token = :token and state = 'UPLOADING'
           returning sender, directory, set_key
         ), woken as (
           update landed_file f set look_at = :now from lost
           where f.sender = lost.sender and f.directory = lost.directory
             and f.set_key = lost.set_key and f.state = 'LANDED'
         )
         select from lost`,
        { id, token, now: clock.now(), ...o },
      ),
    );
    if (settled.length === 0 || !o.forsaken) return;
    await blobs.remove(token);
    await blobs.spool.remove(file.id);
  }

  return {
    bytes: file.bytes,
    async write({ at, data }) {
      refuseBeyond(at + data.length);
      await file.write({ at, data });
    },
    async truncate(bytes) {
      refuseBeyond(bytes);
      await file.truncate(bytes);
    },
    sync: () => file.sync(),
    async land() {
      let row: { readonly due: boolean } | undefined;
      try {
        row = await landed();
      } catch (error) {
        // What is left of a failed landing cannot be gone on with. When the row cannot be told so,
        // whether it stands is not known: the node register settles it.
        await settle({ bytes: 0, forsaken: true }).catch(() => undefined);
        throw error;
      } finally {
        file.release();
      }
      if (row === undefined)
        throw new Refused('failure', 'the file was replaced by another session');
      // A set without a GO does but wait: whoever polls soon enough sees it.
      if (row.due) landings.announce();
    },
    async abandon() {
      try {
        await settle({ bytes: file.bytes, forsaken: false });
      } finally {
        await file.keep();
      }
    },
  };
}
