import type { Knex } from 'knex';
import type {
  ExpiringCertificate,
  PersonCertificateRecord,
  PersonCertificateStore,
} from '../identity/index.ts';
import { technicalUserNotice } from './technical-user-notice.ts';
import { rowsOf } from './rows.ts';

interface CertificateRow {
  readonly id: string;
  readonly person_id: string;
  readonly fingerprint: string;
  readonly subject: string;
  readonly issuer: string;
  readonly serial: string;
  readonly not_before: Date;
  readonly not_after: Date;
  readonly qualified: boolean;
  readonly state: PersonCertificateRecord['state'];
  readonly added_at: Date;
  readonly changed_at: Date;
}

const perPersonMax = 100;

/** Certificates of persons. One fingerprint belongs to one person as long as it is not retired. */
export function personCertificateStore(knex: Knex): PersonCertificateStore {
  const table = (): Knex.QueryBuilder<CertificateRow, CertificateRow[]> =>
    knex<CertificateRow>('person_certificate');
  return {
    async insert(record) {
      const rows = rowsOf<{ readonly id: string }>(
        await knex.raw(
          `insert into person_certificate (id, person_id, fingerprint, subject, issuer, serial,
             not_before, not_after, qualified, state, added_at, changed_at)
           values (:id, :personId, :fingerprint, :subject, :issuer, :serial,
             :notBefore, :notAfter, :qualified, :state, :addedAt, :changedAt)
           on conflict (fingerprint) where state <> 'retired' do nothing returning id`,
          { ...record },
        ),
      );
      return rows.length === 1 ? 'done' : 'taken';
    },
    async byFingerprint(fingerprint) {
      const row = await table().where({ fingerprint }).whereNot('state', 'retired').first();
      return row && recordOf(row);
    },
    async byId(id) {
      const row = await table().where({ id }).first();
      return row && recordOf(row);
    },
    async of(personId) {
      const rows = await table()
        .where({ person_id: personId })
        .orderBy([{ column: 'added_at', order: 'desc' }, { column: 'id' }])
        .limit(perPersonMax);
      return rows.map(recordOf);
    },
    async sameHolder(subject, issuer) {
      const rows = await table().where({ subject, issuer, state: 'active' }).limit(perPersonMax);
      return rows.map(recordOf);
    },
    changeState: (change) => changeState(knex, change),
    expiring: (o) => expiring(knex, o),
    async markNotice(fingerprint, days, at) {
      const rows = await knex('certificate_notice')
        .insert({ fingerprint, days, noticed_at: at })
        .onConflict(['fingerprint', 'days'])
        .ignore()
        .returning('fingerprint');
      return rows.length === 1;
    },
  };
}

function changeState(
  knex: Knex,
  { id, from, to, at }: Parameters<PersonCertificateStore['changeState']>[0],
): Promise<boolean> {
  return knex.transaction(async (trx) => {
    const rows: CertificateRow[] = await trx<CertificateRow>('person_certificate')
      .where({ id })
      .whereIn('state', [...from])
      .update({ state: to, changed_at: at })
      .returning('*');
    const [row] = rows;
    if (row === undefined) return false;
    if (to !== 'active') {
      await trx('session')
        .where({ certificate_id: id, ended_at: null })
        .update({ ended_at: at, end_reason: `certificate-${to}` });
    }
    // A technical user may log in with the same certificate: its nodes look again.
    await trx.raw(
      `select pg_notify(:channel, cast(technical_user_id as text)) from certificate
       where fingerprint = :fingerprint and retired_at is null`,
      { channel: technicalUserNotice, fingerprint: row.fingerprint },
    );
    return true;
  });
}

interface ExpiringRow {
  readonly fingerprint: string;
  readonly subject: string;
  readonly not_after: Date;
  readonly owner: string;
  readonly email: string | null;
  readonly language: 'nl' | 'fr' | 'de' | 'en';
}

/** A row for each certificate and each address that must hear of it. */
const expiringSql = `
  with due as (
    select fingerprint, subject, not_after, person_id, cast(null as uuid) as technical_user_id
      from person_certificate
      where state = 'active' and not_after > ? and not_after <= ?
    union all
    select c.fingerprint, c.subject, c.not_after, null, c.technical_user_id
      from certificate c join technical_user t on t.id = c.technical_user_id
      where c.retired_at is null and t.state <> 'removed' and c.not_after > ? and c.not_after <= ?
  ), owners as (
    select due.*, p.username as owner, p.email, p.language from due
      join person p on p.id = due.person_id and p.state = 'active'
    union all
    select due.*, p2.username, m.email, m.language from due
      join person p2 on p2.id = due.person_id and p2.state = 'active'
      join role_assignment a on a.person_id = due.person_id and a.state = 'active'
      join role_assignment b on b.quality_id = a.quality_id and b.state = 'active'
        and b.role in ('AM', 'CUR')
      join person m on m.id = b.person_id and m.state = 'active'
    union all
    select due.*, t.username, m.email, m.language from due
      join technical_user t on t.id = due.technical_user_id
      left join sender s on s.number = t.sender
      left join quality q on q.enterprise = s.enterprise and q.type = s.quality
      left join role_assignment b on b.quality_id = q.id and b.state = 'active'
        and b.role in ('AM', 'CUR')
      left join person m on m.id = b.person_id and m.state = 'active'
    union all
    select due.*, t.username, t.contact ->> 'email', 'nl' from due
      join technical_user t on t.id = due.technical_user_id
    union all
    select due.*, t.username, q.email, 'nl' from due
      join technical_user t on t.id = due.technical_user_id
      join sender s on s.number = t.sender
      join quality q on q.enterprise = s.enterprise and q.type = s.quality and q.email is not null
  )
  select distinct on (fingerprint, lower(email)) fingerprint, subject, not_after, owner, email,
    language
  from owners order by fingerprint, lower(email), language limit ?`;

async function expiring(
  knex: Knex,
  { at, until, max }: Parameters<PersonCertificateStore['expiring']>[0],
): Promise<readonly ExpiringCertificate[]> {
  const rows = rowsOf<ExpiringRow>(await knex.raw(expiringSql, [at, until, at, until, max]));
  const found = new Map<string, ExpiringCertificate>();
  for (const row of rows) {
    const { fingerprint, subject, not_after: notAfter, owner, email, language } = row;
    const known = found.get(fingerprint) ?? {
      fingerprint,
      subject,
      notAfter,
      owner,
      recipients: [],
    };
    const recipients =
      email === null ? known.recipients : [...known.recipients, { to: email, language }];
    found.set(fingerprint, { ...known, recipients });
  }
  return [...found.values()];
}

function recordOf(row: CertificateRow): PersonCertificateRecord {
  const { id, fingerprint, subject, issuer, serial, qualified, state } = row;
  return {
    ...{ id, fingerprint, subject, issuer, serial, qualified, state },
    personId: row.person_id,
    notBefore: row.not_before,
    notAfter: row.not_after,
    addedAt: row.added_at,
    changedAt: row.changed_at,
  };
}
