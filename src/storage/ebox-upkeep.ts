import type { Knex } from 'knex';
import type { BoxAddress, EboxTitles, EboxUpkeep, ExpiredDocument } from '../channels/index.ts';
import type { Language } from '../vocabulary/index.ts';
import { rowsOf } from './rows.ts';

/** What becomes of documents by the passing of time, in PostgreSQL. */
export function eboxUpkeep(knex: Knex): EboxUpkeep {
  return {
    async boxesToWarn({ today, max }) {
      const rows = rowsOf<{ quality_id: string }>(
        await knex.raw(
          `select distinct d.quality_id from ebox_document d
           where d.deleted_at is null and d.warned_at is null and d.warn_on <= :today
             and d.expires_on >= :today limit :max`,
          { today, max },
        ),
      );
      return rows.map((row) => row.quality_id);
    },
    async markWarned(qualityId, { today, at }) {
      const [row] = rowsOf<{ count: bigint; first: string | null }>(
        await knex.raw(
          `with warned as (
             update ebox_document set warned_at = :at
             where quality_id = :qualityId and deleted_at is null and warned_at is null
               and warn_on <= :today and expires_on >= :today
             returning expires_on
           ) select count(*) as count, min(expires_on) as first from warned`,
          { qualityId, today, at },
        ),
      );
      if (row === undefined || row.first === null) return undefined;
      return { count: Number(row.count), firstEndsOn: row.first };
    },
    expire: (o) => expire(knex, o),
    async boxesToDigest({ today, wishes, max }) {
      const rows = rowsOf<{ quality_id: string }>(
        await knex.raw(
          `select b.quality_id from ebox_box b where b.digest <> 'off'
             and b.digest = any (cast(:wishes as text[]))
             and (b.digested_on is null or b.digested_on < :today)
           order by b.quality_id limit :max`,
          { today, wishes: [...wishes], max },
        ),
      );
      return rows.map((row) => row.quality_id);
    },
    markDigested: (qualityId, o) => markDigested(knex, qualityId, o),
    addressOf: (qualityId) => addressOf(knex, qualityId),
  };
}

async function expire(
  knex: Knex,
  o: { readonly today: string; readonly at: Date; readonly max: number },
): Promise<readonly ExpiredDocument[]> {
  const rows = rowsOf<{
    id: string;
    quality_id: string;
    enterprise: string;
    type: string;
    expires_on: string;
    read: boolean;
    blobs: readonly string[];
  }>(
    await knex.raw(
      `with due as (
         select d.id from ebox_document d where d.deleted_at is null and d.expires_on < :today
         order by d.expires_on, d.id limit :max for update skip locked
       ), gone as (
         update ebox_document d set deleted_at = :at, partition_id = null from due
         where d.id = due.id returning d.id, d.quality_id, d.type, d.expires_on, d.read
       ), files as (
         update ebox_file f set blob = null, bytes = 0 from due where f.document_id = due.id
         returning f.document_id, f.blob
       )
       select g.*, q.enterprise, coalesce((select jsonb_agg(f.blob) from ebox_file f
         where f.document_id = g.id and f.blob is not null), '[]') as blobs
       from gone g join quality q on q.id = g.quality_id, (select count(*) from files) as done
       order by g.expires_on, g.id`,
      o,
    ),
  );
  return rows.map(({ quality_id: qualityId, expires_on: expiresOn, read: wasRead, ...row }) => ({
    ...{ ...row, qualityId, expiresOn, wasRead },
  }));
}

async function markDigested(
  knex: Knex,
  qualityId: string,
  o: { readonly today: string; readonly at: Date },
): Promise<{ readonly count: number; readonly unread: number } | undefined> {
  const [box] = rowsOf<{ since: Date }>(
    await knex.raw(
      `update ebox_box b set digested_on = :today, digested_at = :at
       from (select f.quality_id, f.digested_at as since from ebox_box f
         where f.quality_id = :qualityId and f.digest <> 'off'
           and (f.digested_on is null or f.digested_on < :today) for update) f
       where b.quality_id = f.quality_id returning f.since`,
      { qualityId, ...o },
    ),
  );
  if (box === undefined) return undefined;
  const [row] = rowsOf<{ count: bigint; unread: bigint }>(
    await knex.raw(
      `select count(*) filter (where d.published_at > :since and d.published_at <= :at) as count,
         count(*) filter (where not d.read) as unread
       from ebox_document d
       where d.quality_id = :qualityId and d.deleted_at is null and d.expires_on >= :today`,
      { qualityId, ...o, since: box.since },
    ),
  );
  const { count = 0n, unread = 0n } = row ?? {};
  return count === 0n ? undefined : { count: Number(count), unread: Number(unread) };
}

/** The address of the quality, else that of its manager, in the language of its manager. */
async function addressOf(knex: Knex, qualityId: string): Promise<BoxAddress | undefined> {
  const [row] = rowsOf<{
    email: string | null;
    language: Language | null;
    enterprise: string;
    labels: EboxTitles;
  }>(
    await knex.raw(
      `select coalesce(nullif(q.email, ''), m.email) as email, m.language,
         coalesce(e.name, e.number) as enterprise, t.labels
       from quality q join enterprise e on e.number = q.enterprise
       join quality_type t on t.code = q.type
       left join lateral (select p.email, p.language from role_assignment a
         join person p on p.id = a.person_id
         where a.quality_id = q.id and a.role in ('AM', 'CUR') and a.state = 'active'
         limit 1) m on true
       where q.id = ? and e.state <> 'closed'`,
      [qualityId],
    ),
  );
  if (row?.email === undefined || row.email === null) return undefined;
  const { email, enterprise, labels } = row;
  return { email, enterprise, language: row.language ?? 'nl', quality: labels };
}
