import type { Knex } from 'knex';
import type { MailRecord, MailStore } from '../mail/index.ts';
import { rowsOf } from './rows.ts';
import { translated } from './storage-failure.ts';

interface MailRow {
  readonly id: string;
  readonly template: string;
  readonly recipient: string;
  readonly language: MailRecord['language'];
  readonly subject: string;
  readonly body: string;
  readonly secret: boolean;
  readonly state: MailRecord['state'];
  readonly attempts: number;
  readonly run_after: Date;
  readonly last_error: string | null;
  readonly created_at: Date;
  readonly sent_at: Date | null;
}

/** Told when a letter was written: those who deliver look at once. */
export const mailNotice = 'sluis_mail';

/** Letters in PostgreSQL. */
export function mailStore(knex: Knex): MailStore {
  return translated(storeOn(knex));
}

function storeOn(knex: Knex): MailStore {
  const table = (): Knex.QueryBuilder<MailRow, MailRow[]> => knex<MailRow>('mail');
  return {
    async insert(record, trx) {
      const within = (trx as Knex.Transaction | undefined) ?? knex;
      await within('mail').insert(rowOf(record));
      await within.raw('select pg_notify(?, ?)', [mailNotice, '']);
    },
    async find(id) {
      const rows = await table().whereRaw('cast(id as text) = ?', [id]);
      return rows[0] && recordOf(rows[0]);
    },
    async list({ states, after, max }) {
      const query = table()
        .whereIn('state', [...states])
        .orderBy([
          { column: 'created_at', order: 'desc' },
          { column: 'id', order: 'desc' },
        ])
        .limit(max);
      if (after !== undefined) {
        void query.whereRaw(
          '(created_at, id) < (select created_at, id from mail where cast(id as text) = ?)',
          [after],
        );
      }
      return (await query).map(recordOf);
    },
    async claim({ at, until, max }) {
      const rows = rowsOf<MailRow>(
        await knex.raw(
          `update mail set attempts = attempts + 1, run_after = :until where id in (
             select id from mail where state = 'pending' and run_after <= :at
             order by run_after, id limit :max for update skip locked)
           returning *`,
          { at, until, max },
        ),
      );
      return rows.map(recordOf);
    },
    async markSent(id, { at, blank }) {
      await knex('mail')
        .where({ id })
        .update({ state: 'sent', sent_at: at, last_error: null, ...(blank ? { body: '' } : {}) });
    },
    async markFailed(id, { runAfter, error, dead }) {
      await knex('mail')
        .where({ id, state: 'pending' })
        .update({ run_after: runAfter, last_error: error, ...(dead ? { state: 'dead' } : {}) });
    },
    async release(id, at) {
      const done = await knex('mail')
        .whereRaw('cast(id as text) = ?', [id])
        .whereIn('state', ['held', 'dead'])
        .update({ state: 'pending', attempts: 0, run_after: at });
      if (done === 1) await knex.raw('select pg_notify(?, ?)', [mailNotice, '']);
      return done === 1;
    },
    async prune(before, max) {
      const old = knex('mail').select('id').where('created_at', '<', before).limit(max);
      return knex('mail').whereIn('id', old).whereNot('state', 'pending').delete();
    },
  };
}

function rowOf(record: MailRecord): MailRow {
  return {
    id: record.id,
    template: record.template,
    recipient: record.recipient,
    language: record.language,
    subject: record.subject,
    body: record.body,
    secret: record.secret,
    state: record.state,
    attempts: record.attempts,
    run_after: record.runAfter,
    last_error: record.lastError ?? null,
    created_at: record.createdAt,
    sent_at: record.sentAt ?? null,
  };
}

function recordOf(row: MailRow): MailRecord {
  const { id, template, recipient, language, subject, body, secret, state, attempts } = row;
  return {
    ...{ id, template, recipient, language, subject, body, secret, state, attempts },
    runAfter: row.run_after,
    ...(row.last_error === null ? {} : { lastError: row.last_error }),
    createdAt: row.created_at,
    ...(row.sent_at === null ? {} : { sentAt: row.sent_at }),
  };
}
