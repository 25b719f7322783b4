import type { Knex } from 'knex';
import type { BlobStore } from './blob-store.ts';
import { rowsOf } from './rows.ts';

export interface OrphanLimits {
  /** Bytes without a row are left alone until they are this old: their row may still come. */
  readonly ageMs: number;
  /** No more are taken away at a time. */
  readonly max: number;
  /** Of the blobs that are old enough, so many per hundred may have no row: past it, all are kept. */
  readonly percentMax: number;
}

/**
 * A week is longer than any step of work and any upload takes, and than a clock is set wrong for. A
 * store of which a fifth has no row belongs to another database, or to one that was restored from
 * an old back-up: that is no litter, and a person has to look.
 */
export const orphanLimits: OrphanLimits = {
  ageMs: 7 * 86_400_000,
  max: 10_000,
  percentMax: 20,
};

export interface SweptOrphans {
  readonly orphans: number;
  /** Old and without a row, and yet too many to be litter. */
  readonly orphansKept: number;
}

/** Asked about in one statement: each reads the tables once, and none is worth an index of its own. */
const askedMax = 50_000;
/** Below so many a share says nothing. */
const fewOrphans = 100;

/**
 * Takes away what no row names: the answer of a step whose transaction was rolled back, and pieces
 * of uploads and answers whose process died before a row knew of them.
 *
 * A blob under way is safe twice: a landing file bears the name that its row has announced
 * (`upload_token`), and everything else is younger than the age.
 */
export async function sweepOrphans(o: {
  readonly knex: Knex;
  readonly blobs: BlobStore;
  readonly now: Date;
  readonly limits?: OrphanLimits;
}): Promise<SweptOrphans> {
  const { knex, blobs, now, limits = orphanLimits } = o;
  const until = new Date(now.getTime() - limits.ageMs);
  const found = await orphansAmong(blobs.list(), until, (ids) => unnamedBlobs(knex, ids));
  const spooled = await orphansAmong(spoolIds(blobs), until, (ids) => unnamedSpools(knex, ids));
  const litter =
    found.orphans.length <= Math.max(fewOrphans, (found.old * limits.percentMax) / 100);
  const removed = litter ? found.orphans.slice(0, limits.max) : [];
  for (const blob of removed) await blobs.remove(blob);
  for (const id of spooled.orphans.slice(0, limits.max)) await blobs.spool.remove(id);
  return {
    orphans: removed.length + Math.min(spooled.orphans.length, limits.max),
    orphansKept: litter ? 0 : found.orphans.length,
  };
}

interface Stored {
  readonly blob: string;
  readonly modifiedAt: Date;
}

async function* spoolIds(blobs: BlobStore): AsyncGenerator<Stored> {
  for await (const { id, modifiedAt } of blobs.spool.list()) yield { blob: id, modifiedAt };
}

async function orphansAmong(
  stored: AsyncIterable<Stored>,
  until: Date,
  unnamed: (ids: readonly string[]) => Promise<readonly string[]>,
): Promise<{ readonly old: number; readonly orphans: readonly string[] }> {
  const orphans: string[] = [];
  let asked: string[] = [];
  let old = 0;
  for await (const { blob, modifiedAt } of stored) {
    if (modifiedAt >= until) continue;
    old += 1;
    asked.push(blob);
    if (asked.length < askedMax) continue;
    orphans.push(...(await unnamed(asked)));
    asked = [];
  }
  if (asked.length > 0) orphans.push(...(await unnamed(asked)));
  return { old, orphans };
}

async function unnamedBlobs(knex: Knex, ids: readonly string[]): Promise<readonly string[]> {
  const rows = rowsOf<{ id: string }>(
    await knex.raw(
      `select s.id from unnest(cast(:ids as uuid[])) as s (id)
       where not exists (select 1 from landed_file f where f.blob = s.id)
         and not exists (select 1 from landed_file f where f.upload_token = s.id)
         and not exists (select 1 from batch_file f where f.blob = s.id)
         and not exists (select 1 from parcel_file f where f.blob = s.id)
         and not exists (select 1 from ebox_file f where f.blob = s.id)`,
      { ids },
    ),
  );
  return rows.map(({ id }) => id);
}

async function unnamedSpools(knex: Knex, ids: readonly string[]): Promise<readonly string[]> {
  const rows = rowsOf<{ id: string }>(
    await knex.raw(
      `select s.id from unnest(cast(:ids as uuid[])) as s (id)
       where not exists (select 1 from landed_file f where f.spool = s.id)`,
      { ids },
    ),
  );
  return rows.map(({ id }) => id);
}
