import type { Knex } from 'knex';
import type { BlobStore } from './blob-store.ts';
import { rowsOf } from './rows.ts';

export interface RetentionLimits {
  /** Collected answers leave OUT this long after they were collected, or shown again since. */
  readonly outMs: number;
  /** Files and answers of a finished batch are deleted this long after its end. */
  readonly archiveMs: number;
  /**
   * Uploads that were never finished, or finished under a temporary name and never given their own;
   * files that were replaced, removed or led to no batch.
   */
  readonly partialMs: number;
}

export interface Swept {
  readonly answers: number;
  readonly archives: number;
  readonly uploads: number;
}

/** Batches and uploads handled in one statement; the sweep repeats until nothing is left. */
const roundMax = 500;

/**
 * Sweeps what has outlived its settings. Rows stay, so that a name keeps its one content for ever
 * and a batch can be told; bytes go. A row is marked before its bytes are removed: a crash between
 * leaves bytes without a row that wants them, never a row without its bytes.
 */
export async function sweep(o: {
  readonly knex: Knex;
  readonly blobs: BlobStore;
  readonly now: Date;
  readonly limits: RetentionLimits;
}): Promise<Swept> {
  return {
    answers: await sweepAnswers(o.knex, before(o.now, o.limits.outMs), o.now),
    uploads: await repeat(() => sweepUploads(o, before(o.now, o.limits.partialMs))),
    archives: await repeat(() => sweepArchives(o, before(o.now, o.limits.archiveMs))),
  };
}

function before(now: Date, ms: number): Date {
  return new Date(now.getTime() - ms);
}

async function repeat(round: () => Promise<number>): Promise<number> {
  let total = 0;
  for (;;) {
    const count = await round();
    total += count;
    if (count < roundMax) return total;
  }
}

async function sweepAnswers(knex: Knex, until: Date, now: Date): Promise<number> {
  const rows = rowsOf(
    await knex.raw(
      `update parcel_file f set visible = false, removed_at = ? from parcel p
       where p.id = f.parcel_id and f.visible and p.state = 'COLLECTED'
         and greatest(p.collected_at, f.shown_at) < ?
       returning f.name`,
      [now, until],
    ),
  );
  return rows.length;
}

async function sweepUploads(
  o: { readonly knex: Knex; readonly blobs: BlobStore },
  until: Date,
): Promise<number> {
  const rows = rowsOf<{ spool: string | null; blob: string | null }>(
    await o.knex.raw(
      `update landed_file f set state = 'SWEPT', upload_token = null
       from (select s.id, s.blob, s.spool from landed_file s
         where (s.state in ('PARTIAL', 'REPLACED', 'REMOVED')
             or (s.state = 'LANDED' and s.temporary)
             or (s.state = 'CLAIMED' and s.batch_id is null)) and s.changed_at < ?
         limit ? for update skip locked) s
       where f.id = s.id returning s.spool, s.blob`,
      [until, roundMax],
    ),
  );
  for (const { spool, blob } of rows) {
    if (spool !== null) await o.blobs.spool.remove(spool);
    if (blob !== null) await o.blobs.remove(blob);
  }
  return rows.length;
}

async function sweepArchives(
  o: { readonly knex: Knex; readonly blobs: BlobStore; readonly now: Date },
  until: Date,
): Promise<number> {
  const batches = rowsOf<{ id: string }>(
    await o.knex.raw(
      `update batch b set state = 'ARCHIVED', archived_at = ?
       where b.id in (select s.id from batch s
         where s.state in ('NOTIFIED', 'REFUSED', 'CANCELLED') and s.archived_at is null
           and coalesce(s.notified_at, s.judged_at, s.received_at) < ?
         limit ? for update skip locked)
       returning b.id`,
      [o.now, until, roundMax],
    ),
  ).map(({ id }) => id);
  const blobs = rowsOf<{ blob: string }>(
    await o.knex.raw(
      `select f.blob from landed_file f where f.batch_id = any (cast(:batches as bigint[]))
         and f.blob is not null
       union all
       select pf.blob from parcel_file pf join parcel p on p.id = pf.parcel_id
         where p.batch_id = any (cast(:batches as bigint[])) and pf.blob is not null`,
      { batches },
    ),
  );
  await o.knex.raw(
    `update parcel_file f set visible = false, removed_at = coalesce(f.removed_at, :now),
       content = '', blob = null
     from parcel p where p.id = f.parcel_id and p.batch_id = any (cast(:batches as bigint[]))`,
    { batches, now: o.now },
  );
  for (const { blob } of blobs) await o.blobs.remove(blob);
  return batches.length;
}

/** Claims a time slot of a job for ever; false when another process had it. */
export async function claimSlot(knex: Knex, job: string, slot: string): Promise<boolean> {
  const rows = rowsOf(
    await knex.raw(
      'insert into slot (job, slot) values (?, ?) on conflict do nothing returning job',
      [job, slot],
    ),
  );
  return rows.length > 0;
}
