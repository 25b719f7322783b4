import type { Knex } from 'knex';
import type { CaseRecord, CaseStore, RecoveryRequest } from '../identity/index.ts';
import { rowsOf } from './rows.ts';

interface CaseRow {
  readonly id: string;
  readonly kind: CaseRecord['kind'];
  readonly person_id: string | null;
  readonly enterprise: string | null;
  readonly facts: Readonly<Record<string, string>>;
  readonly state: CaseRecord['state'];
  readonly opened_at: Date;
  readonly due_on: string | null;
  readonly alarm_on: string | null;
  readonly alarmed_at: Date | null;
  readonly closed_at: Date | null;
  readonly closed_by: string | null;
}

interface RequestRow {
  readonly id: string;
  readonly kind: RecoveryRequest['kind'];
  readonly enterprise: string;
  readonly insz_hash: Buffer;
  readonly language: RecoveryRequest['language'];
  readonly source: string;
  readonly requested_at: Date;
}

const open = ['open', 'approved'] as const;

/** The help desk's cases, and what people at the door asked for. */
export function caseStore(knex: Knex): CaseStore {
  const table = (): Knex.QueryBuilder<CaseRow, CaseRow[]> => knex<CaseRow>('help_desk_case');
  return {
    async insert(record) {
      await table().insert({
        id: record.id,
        kind: record.kind,
        person_id: record.personId ?? null,
        enterprise: record.enterprise ?? null,
        facts: record.facts,
        state: record.state,
        opened_at: record.openedAt,
        due_on: record.dueOn ?? null,
        alarm_on: record.alarmOn ?? null,
      });
    },
    async find(id) {
      const row = await table().where({ id }).first();
      return row && recordOf(row);
    },
    async openOf(personId, kind) {
      const row = await table().where({ person_id: personId, kind }).whereIn('state', open).first();
      return row && recordOf(row);
    },
    async list({ states, after, max }) {
      const query = table()
        .whereIn('state', [...states])
        .orderBy(['opened_at', 'id'])
        .limit(max);
      if (after !== undefined) {
        void query.whereRaw(
          '(opened_at, id) > (select opened_at, id from help_desk_case where id = ?)',
          [after],
        );
      }
      return (await query).map(recordOf);
    },
    async change({ id, from, to, at, by, facts = {} }) {
      const closed = to === 'done' || to === 'refused';
      const done = await table()
        .where({ id })
        .whereIn('state', [...from])
        .update({
          state: to,
          facts: knex.raw('facts || cast(? as jsonb)', [JSON.stringify(facts)]),
          ...(closed ? { closed_at: at, closed_by: by } : {}),
        });
      return done === 1;
    },
    async takeAlarms(today, at, max) {
      const rows = rowsOf<CaseRow>(
        await knex.raw(
          `update help_desk_case set alarmed_at = :at where id in (
             select id from help_desk_case
             where state in ('open', 'approved') and alarm_on <= :today and alarmed_at is null
             order by alarm_on, id limit :max for update skip locked)
           returning *`,
          { today, at, max },
        ),
      );
      return rows.map(recordOf);
    },
    async addRequest(request) {
      await knex('recovery_request').insert({
        id: request.id,
        kind: request.kind,
        enterprise: request.enterprise,
        insz_hash: request.inszHash,
        language: request.language,
        source: request.source,
        requested_at: request.requestedAt,
      });
    },
    async takeRequest() {
      const rows = rowsOf<RequestRow>(
        await knex.raw(
          `delete from recovery_request where id in (
             select id from recovery_request order by requested_at, id limit 1
             for update skip locked)
           returning *`,
        ),
      );
      return rows[0] && requestOf(rows[0]);
    },
  };
}

function recordOf(row: CaseRow): CaseRecord {
  return {
    id: row.id,
    kind: row.kind,
    ...(row.person_id === null ? {} : { personId: row.person_id }),
    ...(row.enterprise === null ? {} : { enterprise: row.enterprise }),
    facts: row.facts,
    state: row.state,
    openedAt: row.opened_at,
    ...(row.due_on === null ? {} : { dueOn: row.due_on }),
    ...(row.alarm_on === null ? {} : { alarmOn: row.alarm_on }),
    ...(row.alarmed_at === null ? {} : { alarmedAt: row.alarmed_at }),
    ...(row.closed_at === null ? {} : { closedAt: row.closed_at }),
    ...(row.closed_by === null ? {} : { closedBy: row.closed_by }),
  };
}

function requestOf(row: RequestRow): RecoveryRequest {
  const { id, kind, enterprise, language, source } = row;
  return {
    ...{ id, kind, enterprise, language, source },
    inszHash: row.insz_hash,
    requestedAt: row.requested_at,
  };
}
