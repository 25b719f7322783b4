import type { Knex } from 'knex';
import type { EffectRows, SenderContact, SupportCase } from '../identity/index.ts';
import { technicalUserNotice } from './technical-user-notice.ts';
import { rowsOf } from './rows.ts';

interface CaseRow {
  readonly id: string;
  readonly kind: SupportCase['kind'];
  readonly person_id: string;
  readonly enterprise: string | null;
  readonly facts: SupportCase['facts'];
  readonly state: SupportCase['state'];
  readonly opened_at: Date;
}

interface ContactRow {
  readonly quality_id: string;
  readonly name: string;
  readonly address: SenderContact['address'];
  readonly confirmed_at: Date;
  readonly confirmed_by: string;
}

/** What acts on persons do to open sessions, channels and cases, in PostgreSQL. */
export function effectRows(knex: Knex): EffectRows {
  return {
    async endAccess({ of, reason, at }) {
      const ids = assignmentIds(knex, of);
      const ended = await knex('session')
        .whereIn('assignment_id', ids.clone())
        .where({ ended_at: null })
        .update({ ended_at: at, end_reason: reason });
      await knex('api_token')
        .whereIn('assignment_id', ids)
        .where({ revoked_at: null })
        .update({ revoked_at: at });
      return ended;
    },
    async cutChannels({ enterprise, type }) {
      await knex.raw(
        `select pg_notify(?, u.id::text) from technical_user u
         join sender s on s.number = u.sender
         where s.enterprise = ? and s.quality = coalesce(?, s.quality) and u.state <> 'removed'`,
        [technicalUserNotice, enterprise, type ?? null],
      );
    },
    async senderContact(qualityId) {
      const row = await knex<ContactRow>('sender_form').where({ quality_id: qualityId }).first();
      if (row === undefined) return undefined;
      const { name, address, confirmed_at: confirmedAt, confirmed_by: confirmedBy } = row;
      return { qualityId, name, address, confirmedAt, confirmedBy };
    },
    async saveSenderContact({ qualityId, name, address, confirmedAt, confirmedBy }) {
      await knex('sender_form')
        .insert({
          ...{ quality_id: qualityId, name, address: JSON.stringify(address) },
          ...{ confirmed_at: confirmedAt, confirmed_by: confirmedBy },
        })
        .onConflict('quality_id')
        .merge();
    },
    async setContact(username, contact) {
      await knex('technical_user')
        .where({ username })
        .update({ contact: JSON.stringify(contact) });
    },
    async insertCase({ id, kind, personId, enterprise, facts, state, openedAt }) {
      await knex('help_desk_case').insert({
        ...{ id, kind, state },
        person_id: personId,
        enterprise: enterprise ?? null,
        facts: JSON.stringify(facts),
        opened_at: openedAt,
      });
    },
    async supportCase(id) {
      const row = await knex<CaseRow>('help_desk_case').where({ id }).first();
      return row && caseOf(row);
    },
    async closeCase({ id, by, at }) {
      const closed = await knex('help_desk_case')
        .where({ id })
        .whereIn('state', ['open', 'approved'])
        .update({ state: 'done', closed_at: at, closed_by: by });
      return closed === 1;
    },
    async closeCasesOf({ kind, personId, by, at }) {
      const closed = await knex<CaseRow>('help_desk_case')
        .where({ kind, person_id: personId })
        .whereIn('state', ['open', 'approved'])
        .update({ state: 'done', closed_at: at, closed_by: by } as object)
        .returning('id');
      return closed.map(({ id }) => id);
    },
    async markKey(mark) {
      const [row] = rowsOf<{ mark: Buffer }>(
        await knex.raw(
          `with added as (
             insert into identity_key_check (mark) values (?) on conflict do nothing returning mark
           ) select mark from added union all select mark from identity_key_check limit 1`,
          [mark],
        ),
      );
      // Another process may have added its mark between the two halves: then there is no row yet.
      return row?.mark.equals(mark) ?? false;
    },
  };
}

function assignmentIds(
  knex: Knex,
  of: Parameters<EffectRows['endAccess']>[0]['of'],
): Knex.QueryBuilder {
  const query = knex('role_assignment').select('id');
  if ('assignmentId' in of) return query.where({ id: of.assignmentId });
  if ('qualityId' in of) return query.where({ quality_id: of.qualityId });
  if ('enterprise' in of) return query.where({ enterprise: of.enterprise });
  return query.where({ person_id: of.personId });
}

function caseOf(row: CaseRow): SupportCase {
  const { id, kind, facts, state } = row;
  return {
    ...{ id, kind, facts, state },
    personId: row.person_id,
    ...(row.enterprise === null ? {} : { enterprise: row.enterprise }),
    openedAt: row.opened_at,
  };
}
