import type { Knex } from 'knex';
import type { CredentialRecord } from '../identity/index.ts';

interface CredentialRow {
  readonly id: string;
  readonly technical_user_id: string;
  readonly certificate_id: string | null;
  readonly kind: CredentialRecord['kind'];
  readonly algorithm: string;
  readonly blob: Buffer;
  readonly fingerprint: string;
  readonly comment: string;
  readonly added_at: Date;
}

export async function insertCredentials(
  transaction: Knex.Transaction,
  records: readonly CredentialRecord[],
): Promise<void> {
  const rows: CredentialRow[] = records.map((record) => ({
    id: record.id,
    technical_user_id: record.technicalUserId,
    certificate_id: record.certificateId ?? null,
    kind: record.kind,
    algorithm: record.algorithm,
    blob: record.blob,
    fingerprint: record.fingerprint,
    comment: record.comment,
    added_at: record.addedAt,
  }));
  if (rows.length > 0) await transaction('credential').insert(rows);
}

/**
 * A certificate that its owner, as a person, or those who look after him have blocked or revoked is
 * nobody's in signature checks and logins of technical users either, from that instant on.
 */
export const notBlockedSql = `not exists (select from person_certificate b
  where b.fingerprint = certificate.fingerprint and b.state in ('blocked', 'revoked')
    and b.changed_at <= ?)`;

/** Keys not retired; those read from a certificate only while it is valid at the instant. */
export async function credentialsAt(
  knex: Knex,
  technicalUserId: string,
  at: Date,
): Promise<CredentialRecord[]> {
  const rows = await knex('credential')
    .leftJoin('certificate', 'certificate.id', 'credential.certificate_id')
    .select<CredentialRow[]>('credential.*')
    .where('credential.technical_user_id', technicalUserId)
    .whereNull('credential.retired_at')
    .whereRaw(
      `(certificate.id is null or (certificate.not_before <= ? and certificate.not_after > ?
        and ${notBlockedSql}))`,
      [at, at, at],
    )
    .orderBy(['credential.added_at', 'credential.id']);
  return rows.map((row) => ({
    id: row.id,
    technicalUserId: row.technical_user_id,
    ...(row.certificate_id === null ? {} : { certificateId: row.certificate_id }),
    kind: row.kind,
    algorithm: row.algorithm,
    blob: row.blob,
    fingerprint: row.fingerprint,
    comment: row.comment,
    addedAt: row.added_at,
  }));
}
