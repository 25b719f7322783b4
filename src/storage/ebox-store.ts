import type { Knex } from 'knex';
import type { DocumentLine, EboxStore, LineFilter } from '../channels/index.ts';
import { eboxDeliveries } from './ebox-deliveries.ts';
import { eboxRows } from './ebox-rows.ts';
import { eboxUpkeep } from './ebox-upkeep.ts';
import { rowsOf } from './rows.ts';
import { storageFailure, translated, translating } from './storage-failure.ts';

/** E-Boxes in PostgreSQL. A database that is gone is `storage.unavailable`. */
export function eboxStore(knex: Knex): EboxStore {
  return {
    ...translated(eboxDeliveries(knex)),
    rows: translated(eboxRows(knex)),
    upkeep: translated(eboxUpkeep(knex)),
    transaction: (work) =>
      translating(() =>
        knex.transaction((trx) => work({ ...eboxRows(trx), ...eboxUpkeep(trx) }, trx)),
      ),
    lines: (filter) => lines(knex, filter),
    async line(id) {
      const [found] = await read(knex, 'cast(d.id as text) = :id', { id, max: 1 });
      return found;
    },
  };
}

interface LineRow {
  readonly id: string;
  readonly enterprise: string;
  readonly quality: string;
  readonly type: string;
  readonly ticket: string;
  readonly delivery: string;
  readonly environment: string;
  readonly protection: 1 | 2;
  readonly application: string | null;
  readonly partition: string | null;
  readonly published_at: Date;
  readonly expires_on: string;
  readonly warned_at: Date | null;
  readonly read: boolean;
  readonly first_read_at: Date | null;
  readonly deleted_at: Date | null;
  readonly files: bigint;
  readonly bytes: bigint | string | null;
}

async function lines(knex: Knex, filter: LineFilter): Promise<readonly DocumentLine[]> {
  const { enterprise, quality, type, ticket, unread, deletedToo = false, max } = filter;
  const wishes: readonly (readonly [wished: boolean, sql: string])[] = [
    [enterprise !== undefined, 'q.enterprise = :enterprise'],
    [quality !== undefined, 'q.type = :quality'],
    [type !== undefined, 'd.type = :type'],
    [ticket !== undefined, 'd.ticket = :ticket'],
    [unread === true, 'not d.read'],
    [!deletedToo, 'd.deleted_at is null'],
  ];
  const where = wishes.filter(([wished]) => wished).map(([, sql]) => sql);
  return read(knex, ['true', ...where].join(' and '), {
    ...{ enterprise: enterprise ?? '', quality: quality ?? '', type: type ?? '' },
    ...{ ticket: ticket ?? '', max },
  });
}

async function read(
  knex: Knex,
  where: string,
  given: Readonly<Record<string, string | number>> & { readonly max: number },
): Promise<readonly DocumentLine[]> {
  try {
    const rows = rowsOf<LineRow>(
      await knex.raw(
        `select d.id, q.enterprise, q.type as quality, d.type, d.ticket, d.delivery, d.environment,
           d.protection, d.application, p.name as partition, d.published_at, d.expires_on,
           d.warned_at, d.read, d.first_read_at, d.deleted_at, f.files, f.bytes
         from ebox_document d join quality q on q.id = d.quality_id
         left join ebox_partition p on p.id = d.partition_id
         left join lateral (select count(*) as files, sum(f.bytes) as bytes from ebox_file f
           where f.document_id = d.id) f on true
         where ${where} order by d.published_at desc, d.id desc limit :max`,
        given,
      ),
    );
    return rows.map(lineOf);
  } catch (thrown) {
    throw storageFailure(thrown);
  }
}

function lineOf(row: LineRow): DocumentLine {
  const { id, enterprise, quality, type, ticket, delivery, environment, protection, read } = row;
  const { application, partition, warned_at: warnedAt } = row;
  const { first_read_at: firstReadAt, deleted_at: deletedAt } = row;
  return {
    ...{ id, enterprise, quality, type, ticket, delivery, environment, protection, read },
    ...(application === null ? {} : { application }),
    ...(partition === null ? {} : { partition }),
    publishedAt: row.published_at,
    expiresOn: row.expires_on,
    ...(warnedAt === null ? {} : { warnedAt }),
    ...(firstReadAt === null ? {} : { firstReadAt }),
    ...(deletedAt === null ? {} : { deletedAt }),
    ...{ files: Number(row.files), bytes: Number(row.bytes ?? 0) },
  };
}
