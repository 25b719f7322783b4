import type { Knex } from 'knex';
import type { Addressee, EboxDeliveries, NewDocument, Parcel } from '../channels/index.ts';
import { isTicket, placeOfTicket } from '../vocabulary/index.ts';
import { rowsOf } from './rows.ts';

/** Documents on their way into boxes, in PostgreSQL. */
export function eboxDeliveries(knex: Knex): EboxDeliveries {
  return {
    addressee: (parcel) => addressee(knex, parcel),
    async documentOf(delivery) {
      const row: { id: string } | undefined = await knex('ebox_document')
        .where({ delivery })
        .first('id');
      return row?.id;
    },
    insert: (id, document) => knex.transaction((trx) => insert(trx, id, document)),
  };
}

/**
 * Has parcels tried at once that wait because there was no e-Box, and there is one now.
 *
 * @returns how many
 */
export async function hastenEboxParcels(knex: Knex): Promise<number> {
  const rows = rowsOf(
    await knex.raw(
      `update parcel p set run_after = clock_timestamp()
       where p.channel = 'ebox' and p.state = 'PENDING' and p.last_error = 'channel.no-ebox'
         and p.run_after > clock_timestamp()
         and exists (select 1 from enterprise e
           join quality q on q.enterprise = e.number
           left join sender s on s.number = p.sender and s.enterprise = e.number
           where e.number = coalesce(p.recipient, s.enterprise)
             and (s.quality is null or s.quality = q.type)
             and e.ebox_activated_at is not null and e.state <> 'closed')
       returning p.id`,
    ),
  );
  if (rows.length > 0) await knex.raw(`select pg_notify('sluis_parcel', '')`);
  return rows.length;
}

interface PlaceRow {
  readonly enterprise: string;
  readonly quality: string | null;
  readonly state: 'registered' | 'active' | 'closed';
  readonly ebox_activated_at: Date | null;
}

async function addressee(knex: Knex, parcel: Parcel): Promise<Addressee | undefined> {
  const { sender = null, recipient = null } = parcel;
  const [place] = rowsOf<PlaceRow>(
    await knex.raw(
      `select e.number as enterprise, s.quality, e.state, e.ebox_activated_at
       from enterprise e left join sender s on s.number = :sender and s.enterprise = e.number
       where e.number = coalesce(:recipient,
         (select n.enterprise from sender n where n.number = :sender))`,
      { sender, recipient },
    ),
  );
  if (place === undefined) return undefined;
  const { enterprise, quality } = place;
  const boxes = rowsOf<{ id: string; type: string; state: string }>(
    await knex.raw(
      `select q.id, q.type, q.state from quality q join quality_type t on t.code = q.type
       where q.enterprise = ? order by t.ordinal, q.type`,
      [enterprise],
    ),
  );
  const closed = closedBecause(place);
  return {
    enterprise,
    ...(closed === undefined ? {} : { closed }),
    boxes: boxes.map(({ id: qualityId, type, state }) => ({
      ...{ qualityId, type, active: state === 'active' },
    })),
    ...(quality === null ? {} : { quality }),
    ...(await storyOf(knex, parcel, enterprise)),
  };
}

function closedBecause(place: PlaceRow): Addressee['closed'] {
  if (place.state === 'closed') return 'enterprise-closed';
  return place.ebox_activated_at === null ? 'not-activated' : undefined;
}

/** What a routed declaration is about, and who made it. */
async function storyOf(
  knex: Knex,
  { kind, ticket }: Parcel,
  enterprise: string,
): Promise<Pick<Addressee, 'isOwn' | 'declarant' | 'form'>> {
  if (kind !== 'ROUT' || !isTicket(ticket)) return { isOwn: false };
  const { batch, declaration } = placeOfTicket(ticket);
  const [row] = rowsOf<{
    identification: string;
    employer: string | null;
    number: string | null;
    name: string | null;
  }>(
    await knex.raw(
      `select d.identification, d.employer, e.number, e.name
       from declaration d join batch b on b.id = d.batch_id
       left join enterprise e on e.number = b.enterprise
       where d.batch_id = :batch and d.number = :declaration`,
      { batch, declaration },
    ),
  );
  if (row === undefined) return { isOwn: false };
  const { identification: form, employer, number, name } = row;
  const isOwn = employer === enterprise;
  if (number === null) return { isOwn, form };
  return { isOwn, form, declarant: { name: name ?? number, enterprise: number } };
}

async function insert(
  trx: Knex.Transaction,
  id: string,
  document: NewDocument,
): Promise<'done' | 'taken'> {
  const { files, publisher, protection, titles } = document;
  const rows = await trx('ebox_document')
    .insert({
      ...{ id, delivery: document.delivery, quality_id: document.qualityId },
      ...{ type: document.type, titles: JSON.stringify(titles), search: searchOf(document) },
      ...{ publisher: publisher.name, publisher_enterprise: publisher.enterprise ?? null },
      ...{ ticket: document.ticket, message_type: document.messageType ?? null },
      ...{ environment: document.environment, protection: protection.level },
      ...{ application: protection.application ?? null, published_at: document.publishedAt },
      ...{ expires_on: document.expiresOn, warn_on: document.warnOn },
    })
    .onConflict('delivery')
    .ignore()
    .returning('id');
  if (rows.length === 0) return 'taken';
  const parts = files.map(({ name, bytes, sha256, blob = null }, ordinal) => ({
    ...{ document_id: id, ordinal, name, bytes, blob },
    sha256: Buffer.from(sha256, 'hex'),
  }));
  if (parts.length > 0) await trx('ebox_file').insert(parts);
  return 'done';
}

/** What a search looks through, in small letters. */
function searchOf({ titles, publisher, ticket, messageType = '', files }: NewDocument): string {
  const names = files.map(({ name }) => name);
  return [...Object.values(titles), publisher.name, publisher.enterprise ?? '', ticket, messageType]
    .concat(names)
    .join('\n')
    .toLowerCase();
}
