import type { Knex } from 'knex';
import type { TrustStore } from '../identity/index.ts';

interface AnchorRow {
  readonly fingerprint: string;
  readonly der: Buffer;
  readonly subject: string;
  readonly issuer: string;
  readonly not_before: Date;
  readonly not_after: Date;
  readonly added_at: Date;
}

interface CrlRow {
  readonly anchor: string;
  readonly der: Buffer;
  readonly this_update: Date;
  readonly next_update: Date;
  readonly added_at: Date;
}

/** The trust list in PostgreSQL. */
export function trustStore(knex: Knex): TrustStore {
  return {
    async stamp() {
      const { rows } = await knex.raw<{ rows: { readonly stamp: string }[] }>(
        `select md5(coalesce(string_agg(
           trust_anchor.fingerprint || ' ' || coalesce(trust_crl.this_update::text, ''), ','
           order by trust_anchor.fingerprint), '')) as stamp
         from trust_anchor left join trust_crl on trust_crl.anchor = trust_anchor.fingerprint`,
      );
      return rows[0]?.stamp ?? '';
    },
    async insertAnchor({ notBefore, notAfter, addedAt, ...rest }) {
      const rows = await knex('trust_anchor')
        .insert({ ...rest, not_before: notBefore, not_after: notAfter, added_at: addedAt })
        .onConflict('fingerprint')
        .ignore()
        .returning('fingerprint');
      return rows.length === 1;
    },
    async anchors() {
      const rows = await knex<AnchorRow>('trust_anchor').orderBy(['subject', 'fingerprint']);
      return rows.map(({ not_before, not_after, added_at, ...rest }) => ({
        ...rest,
        notBefore: not_before,
        notAfter: not_after,
        addedAt: added_at,
      }));
    },
    async crls() {
      const rows = await knex<CrlRow>('trust_crl').orderBy('anchor');
      return rows.map(({ anchor, der, this_update, next_update, added_at }) => ({
        anchor,
        der,
        thisUpdate: this_update,
        nextUpdate: next_update,
        addedAt: added_at,
      }));
    },
    async saveCrl({ anchor, der, thisUpdate, nextUpdate, addedAt }) {
      const { rows } = await knex.raw<{ rows: unknown[] }>(
        `insert into trust_crl (anchor, der, this_update, next_update, added_at)
         values (?, ?, ?, ?, ?)
         on conflict (anchor) do update
           set der = excluded.der, this_update = excluded.this_update,
               next_update = excluded.next_update, added_at = excluded.added_at
           where trust_crl.this_update < excluded.this_update
         returning trust_crl.anchor`,
        [anchor, der, thisUpdate, nextUpdate, addedAt],
      );
      return rows.length === 1;
    },
  };
}
