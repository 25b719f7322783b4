import type { Knex } from 'knex';
import type {
  DigestWish,
  DocumentFilter,
  EboxDocument,
  EboxFile,
  EboxPartition,
  EboxRows,
  EboxTitles,
  PartitionMember,
  Sight,
} from '../channels/index.ts';
import { rowsOf } from './rows.ts';
import { isUniqueViolation } from './storage-failure.ts';

interface FileRow {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly blob: string | null;
}

interface DocumentRow {
  readonly id: string;
  readonly quality_id: string;
  readonly partition_id: string | null;
  readonly type: string;
  readonly titles: EboxTitles;
  readonly publisher: string;
  readonly publisher_enterprise: string | null;
  readonly ticket: string;
  readonly message_type: string | null;
  readonly environment: EboxDocument['environment'];
  readonly protection: 1 | 2;
  readonly application: string | null;
  readonly published_at: Date;
  readonly expires_on: string;
  readonly read: boolean;
  readonly first_read_at: Date | null;
  readonly first_read_by: string | null;
  readonly files: readonly FileRow[];
}

/** What a reader sees of a box, of documents `d`. */
const inSight = `d.quality_id = :qualityId and d.deleted_at is null and d.expires_on >= :today
  and (:all or ((d.protection = 1 or d.application = any (cast(:applications as text[])))
    and (d.partition_id is null or exists (select 1 from ebox_partition_member m
      where m.partition_id = d.partition_id and m.assignment_id = :assignmentId))))`;

const documentColumns = `d.*, (select coalesce(jsonb_agg(jsonb_build_object('name', f.name,
    'bytes', f.bytes, 'sha256', encode(f.sha256, 'hex'), 'blob', f.blob) order by f.ordinal), '[]')
  from ebox_file f where f.document_id = d.id) as files`;

/** Boxes as their readers use them, in PostgreSQL. */
export function eboxRows(knex: Knex): EboxRows {
  return {
    list: (sight, o) => list(knex, sight, o),
    async find(sight, id) {
      const [row] = rowsOf<DocumentRow>(
        await knex.raw(
          `select ${documentColumns} from ebox_document d where d.id = :id and ${inSight}`,
          { ...bound(sight), id },
        ),
      );
      return row && documentOf(row);
    },
    async mark(id, { read, by, at }) {
      const rows = rowsOf(
        await knex.raw(
          `update ebox_document set read = :read,
             first_read_at = case when :read then coalesce(first_read_at, :at) else first_read_at end,
             first_read_by = case when :read then coalesce(first_read_by, :by) else first_read_by end
           where id = :id and read <> :read returning id`,
          { id, read, by, at },
        ),
      );
      return rows.length === 1;
    },
    async move(id, partitionId) {
      await knex('ebox_document').where({ id }).update({ partition_id: partitionId });
    },
    partitions: (sight) => partitions(knex, sight),
    async lockPartitions(qualityId) {
      await knex.raw(`select pg_advisory_xact_lock(hashtextextended('ebox/' || ?, 35))`, [
        qualityId,
      ]);
    },
    async insertPartition({ id, qualityId, name, by, at }) {
      const row = { id, quality_id: qualityId, name, created_by: by, created_at: at };
      const made = await knex('ebox_partition').insert(row).onConflict().ignore().returning('id');
      return made.length === 1 ? 'done' : 'taken';
    },
    renamePartition: (id, name) => renamePartition(knex, id, name),
    async deletePartition(id) {
      const rows = rowsOf(
        await knex.raw(
          `delete from ebox_partition p where p.id = ?
             and not exists (select 1 from ebox_document d where d.partition_id = p.id)
           returning p.id`,
          [id],
        ),
      );
      return rows.length === 1;
    },
    members: (partitionId) => members(knex, partitionId),
    async addMember({ partitionId, assignmentId, qualityId }) {
      const rows = rowsOf(
        await knex.raw(
          `insert into ebox_partition_member (partition_id, assignment_id)
           select cast(:partitionId as uuid), a.id from role_assignment a
           where a.id = :assignmentId and a.quality_id = :qualityId and a.role = 'USR'
             and a.state <> 'deleted'
           on conflict do nothing returning assignment_id`,
          { partitionId, assignmentId, qualityId },
        ),
      );
      return rows.length === 1;
    },
    async removeMember(partitionId, assignmentId) {
      const where = { partition_id: partitionId, assignment_id: assignmentId };
      return (await knex('ebox_partition_member').where(where).delete()) === 1;
    },
    async digestOf(qualityId) {
      const row: { digest: DigestWish } | undefined = await knex('ebox_box')
        .where({ quality_id: qualityId })
        .first('digest');
      return row?.digest ?? 'off';
    },
    async saveDigest(qualityId, { digest, at }) {
      // Of what came before the choice nobody is told.
      await knex.raw(
        `insert into ebox_box as b (quality_id, digest, digested_at)
         values (:qualityId, :digest, :at)
         on conflict (quality_id) do update set digest = excluded.digest,
           digested_at = case when b.digest = 'off' then excluded.digested_at else b.digested_at end`,
        { qualityId, digest, at },
      );
    },
  };
}

function bound({ qualityId, today, all, applications, assignmentId }: Sight) {
  return { qualityId, today, all, applications: [...applications], assignmentId };
}

async function list(
  knex: Knex,
  sight: Sight,
  o: DocumentFilter & { readonly after?: string; readonly max: number },
): Promise<readonly EboxDocument[]> {
  const { unread, type, partitionId, since, until, text, after, max } = o;
  const wishes: readonly (readonly [wished: boolean, sql: string])[] = [
    [unread === true, 'not d.read'],
    [unread === false, 'd.read'],
    [type !== undefined, 'd.type = :type'],
    [partitionId === null, 'd.partition_id is null'],
    [typeof partitionId === 'string', 'd.partition_id = :partitionId'],
    [since !== undefined, 'd.published_at >= :since'],
    [until !== undefined, 'd.published_at < :until'],
    [text !== undefined, `d.search like :pattern escape '\\'`],
    [
      after !== undefined,
      `(d.published_at, d.id) < (select a.published_at, a.id from ebox_document a
         where a.id = :after and a.quality_id = :qualityId)`,
    ],
  ];
  const where = [inSight, ...wishes.filter(([wished]) => wished).map(([, sql]) => sql)];
  const rows = rowsOf<DocumentRow>(
    await knex.raw(
      `select ${documentColumns} from ebox_document d where ${where.join(' and ')}
       order by d.published_at desc, d.id desc limit :max`,
      {
        ...{ ...bound(sight), max, pattern: patternOf(text ?? ''), type: type ?? '' },
        ...{ partitionId: partitionId ?? null, since: since ?? null, until: until ?? null },
        after: after ?? null,
      },
    ),
  );
  return rows.map(documentOf);
}

/** What a person typed is looked for as it is: its signs have no meaning. */
function patternOf(text: string): string {
  return `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
}

function documentOf(row: DocumentRow): EboxDocument {
  const { id, type, titles, ticket, environment, read } = row;
  const { partition_id: partitionId, message_type: messageType } = row;
  const { first_read_at: firstReadAt, first_read_by: firstReadBy, application } = row;
  const enterprise = row.publisher_enterprise;
  return {
    ...{ id, type, titles, ticket, environment, read, qualityId: row.quality_id },
    publisher: { name: row.publisher, ...(enterprise === null ? {} : { enterprise }) },
    ...(messageType === null ? {} : { messageType }),
    ...(partitionId === null ? {} : { partitionId }),
    protection: application === null ? { level: 1 } : { level: 2, application },
    publishedAt: row.published_at,
    expiresOn: row.expires_on,
    ...(firstReadAt === null ? {} : { firstReadAt }),
    ...(firstReadBy === null ? {} : { firstReadBy }),
    files: row.files.map(fileOf),
  };
}

function fileOf({ blob, ...rest }: FileRow): EboxFile {
  return { ...rest, ...(blob === null ? {} : { blob }) };
}

async function partitions(knex: Knex, sight: Sight): Promise<readonly EboxPartition[]> {
  const rows = rowsOf<{
    id: string | null;
    name: string | null;
    documents: bigint;
    unread: bigint;
  }>(
    await knex.raw(
      `with there as (
         select cast(null as uuid) as id, cast(null as text) as name
         union all
         select p.id, p.name from ebox_partition p where p.quality_id = :qualityId
           and (:all or exists (select 1 from ebox_partition_member m
             where m.partition_id = p.id and m.assignment_id = :assignmentId))
       ), counted as (
         select d.partition_id, count(*) as documents, count(*) filter (where not d.read) as unread
         from ebox_document d where ${inSight} group by d.partition_id
       )
       select t.id, t.name, coalesce(c.documents, 0) as documents, coalesce(c.unread, 0) as unread
       from there t left join counted c on c.partition_id is not distinct from t.id
       order by t.name nulls first`,
      bound(sight),
    ),
  );
  return rows.map(({ id, name, documents, unread }) => ({
    ...(id === null ? {} : { id }),
    ...(name === null ? {} : { name }),
    ...{ documents: Number(documents), unread: Number(unread) },
  }));
}

async function renamePartition(knex: Knex, id: string, name: string): Promise<'done' | 'taken'> {
  try {
    await knex('ebox_partition').where({ id }).update({ name });
    return 'done';
  } catch (thrown) {
    if (isUniqueViolation(thrown, 'ebox_partition_name')) return 'taken';
    throw thrown;
  }
}

async function members(knex: Knex, partitionId: string): Promise<readonly PartitionMember[]> {
  const rows = rowsOf<{ assignment_id: string; username: string }>(
    await knex.raw(
      `select m.assignment_id, p.username from ebox_partition_member m
       join role_assignment a on a.id = m.assignment_id join person p on p.id = a.person_id
       where m.partition_id = ? and a.state <> 'deleted' order by p.username`,
      [partitionId],
    ),
  );
  return rows.map((row) => ({ assignmentId: row.assignment_id, username: row.username }));
}
