import type { Knex } from 'knex';
import type { CertificateRecord, CertificateStore, OwnedCertificate } from '../identity/index.ts';
import { conflictOf } from './registration-conflict.ts';
import { insertCredentials, notBlockedSql } from './registration-credentials.ts';
import { technicalUserNotice } from './technical-user-notice.ts';

interface OwnedRow {
  readonly id: string;
  readonly technical_user_id: string;
  readonly fingerprint: string;
  readonly der: Buffer;
  readonly subject: string;
  readonly issuer: string;
  readonly serial: string;
  readonly not_before: Date;
  readonly not_after: Date;
  readonly added_at: Date;
  readonly retired_at: Date | null;
  readonly username: string;
  readonly sender: OwnedCertificate['sender'];
  readonly user_state: OwnedCertificate['userState'];
}

const ownedColumns = [
  'certificate.*',
  'technical_user.username',
  'technical_user.sender',
  'technical_user.state as user_state',
];

/** Certificates of technical users in PostgreSQL. */
export function certificateStore(knex: Knex): CertificateStore {
  const owned = (): Knex.QueryBuilder<OwnedRow, OwnedRow[]> =>
    knex('certificate')
      .join('technical_user', 'technical_user.id', 'certificate.technical_user_id')
      .select(ownedColumns) as Knex.QueryBuilder<OwnedRow, OwnedRow[]>;
  return {
    async insert({ certificates, credentials }) {
      try {
        await knex.transaction(async (transaction) => {
          await insertCertificates(transaction, certificates);
          await insertCredentials(transaction, credentials);
        });
        return 'done';
      } catch (thrown) {
        if (conflictOf(thrown)?.constraint === 'certificate_one_owner') return 'taken';
        throw thrown;
      }
    },
    async current(fingerprint) {
      const row = await owned()
        .where('certificate.fingerprint', fingerprint)
        .whereNull('certificate.retired_at')
        .first();
      return row && recordOf(row);
    },
    async ownerAt(fingerprint, at) {
      const row = await owned()
        .where('certificate.fingerprint', fingerprint)
        .where('certificate.added_at', '<=', at)
        .whereRaw('(certificate.retired_at is null or certificate.retired_at > ?)', [at])
        .whereRaw(notBlockedSql, [at])
        .orderBy('certificate.added_at', 'desc')
        .first();
      return row && recordOf(row);
    },
    retire: ({ id, at }) =>
      knex.transaction(async (transaction) => {
        const open = { retired_at: null };
        const done = await transaction('certificate')
          .where({ id, ...open })
          .update({ retired_at: at });
        await transaction('credential')
          .where({ certificate_id: id, ...open })
          .update({ retired_at: at });
        if (done === 1) {
          await transaction.raw(
            `select pg_notify(?, technical_user_id::text) from certificate where id = ?`,
            [technicalUserNotice, id],
          );
        }
        return done === 1;
      }),
    async list({ username, retired, goodAt, max }) {
      const query = owned()
        .orderBy(['technical_user.username', 'certificate.not_after', 'certificate.id'])
        .limit(max);
      if (username !== undefined) void query.where('technical_user.username', username);
      if (!retired) void query.whereNull('certificate.retired_at');
      if (goodAt !== undefined) {
        void query.where('certificate.not_before', '<=', goodAt);
        void query.where('certificate.not_after', '>', goodAt).whereRaw(notBlockedSql, [goodAt]);
      }
      const rows = await query;
      return rows.map(recordOf);
    },
  };
}

export async function insertCertificates(
  transaction: Knex.Transaction,
  records: readonly CertificateRecord[],
): Promise<void> {
  const rows = records.map((record) => ({
    id: record.id,
    technical_user_id: record.technicalUserId,
    fingerprint: record.fingerprint,
    der: record.der,
    subject: record.subject,
    issuer: record.issuer,
    serial: record.serial,
    not_before: record.notBefore,
    not_after: record.notAfter,
    added_at: record.addedAt,
  }));
  if (rows.length > 0) await transaction('certificate').insert(rows);
}

function recordOf(row: OwnedRow): OwnedCertificate {
  const { id, fingerprint, der, subject, issuer, serial, username, sender } = row;
  return {
    ...{ id, fingerprint, der, subject, issuer, serial, username, sender },
    technicalUserId: row.technical_user_id,
    notBefore: row.not_before,
    notAfter: row.not_after,
    addedAt: row.added_at,
    ...(row.retired_at === null ? {} : { retiredAt: row.retired_at }),
    userState: row.user_state,
  };
}
