import type { Knex } from 'knex';
import type { CodeRecord, CodeStore, PasswordRecord, PasswordStore } from '../identity/index.ts';
import { rowsOf } from './rows.ts';

export interface PasswordRow {
  readonly person_id: string;
  readonly phc: string;
  readonly policy: string;
  readonly stands_alone: boolean;
  readonly failures: number;
  readonly disabled_at: Date | null;
  readonly changed_at: Date;
}

/** Passwords of persons, as hashes. */
export function passwordStore(knex: Knex): PasswordStore {
  const table = (): Knex.QueryBuilder<PasswordRow, PasswordRow[]> =>
    knex<PasswordRow>('person_password');
  return {
    async find(personId) {
      const row = await table().where({ person_id: personId }).first();
      return row && passwordOf(row);
    },
    async set(personId, { phc, policy, standsAlone, changedAt }) {
      await table()
        .insert({
          ...{ person_id: personId, phc, policy, stands_alone: standsAlone, failures: 0 },
          ...{ disabled_at: null, changed_at: changedAt },
        })
        .onConflict('person_id')
        .merge();
    },
    async rehash(personId, from, to) {
      await table().where({ person_id: personId, phc: from }).update({ phc: to });
    },
    fail: (personId, limit, at) => countFailure(knex, 'person_password', { personId, limit, at }),
    async succeed(personId) {
      await table()
        .where({ person_id: personId })
        .where('failures', '>', 0)
        .update({ failures: 0 });
    },
    async disable(personId, at) {
      await table().where({ person_id: personId, disabled_at: null }).update({ disabled_at: at });
    },
  };
}

export function passwordOf(row: PasswordRow): PasswordRecord {
  return {
    phc: row.phc,
    policy: row.policy,
    standsAlone: row.stands_alone,
    failures: row.failures,
    ...(row.disabled_at === null ? {} : { disabledAt: row.disabled_at }),
    changedAt: row.changed_at,
  };
}

/** Counts under the row's lock: of two wrong tries at once, each counts. */
export async function countFailure(
  knex: Knex,
  table: 'person_password' | 'totp',
  o: { readonly personId: string; readonly limit: number; readonly at: Date },
): Promise<{ readonly failures: number; readonly disabled: boolean }> {
  const rows = rowsOf<{ readonly failures: number; readonly disabled: boolean }>(
    await knex.raw(
      `update ${table} set failures = failures + 1,
         disabled_at = case when failures + 1 >= :limit then coalesce(disabled_at, :at)
           else disabled_at end
       where person_id = :personId
       returning failures, coalesce(disabled_at = :at and failures = :limit, false) as disabled`,
      o,
    ),
  );
  return rows[0] ?? { failures: 0, disabled: false };
}

export interface CodeRow {
  readonly id: string;
  readonly person_id: string;
  readonly purpose: CodeRecord['purpose'];
  readonly hash: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly failures: number;
  readonly created_by: string;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly used_at: Date | null;
}

/** One-time codes, as hashes. A void code is a used one. */
export function codeStore(knex: Knex): CodeStore {
  const table = (): Knex.QueryBuilder<CodeRow, CodeRow[]> => knex<CodeRow>('one_time_code');
  const voidAll: CodeStore['voidAll'] = async (personId, purposes, at) => {
    await table()
      .where({ person_id: personId, used_at: null })
      .whereIn('purpose', [...purposes])
      .update({ used_at: at });
  };
  return {
    async insert(record) {
      await voidAll(record.personId, [record.purpose], record.createdAt);
      await table().insert({
        id: record.id,
        person_id: record.personId,
        purpose: record.purpose,
        hash: record.hash,
        facts: record.facts,
        failures: record.failures,
        created_by: record.createdBy,
        created_at: record.createdAt,
        expires_at: record.expiresAt,
      });
    },
    async current(personId, purposes, at, failuresMax) {
      const row = await table()
        .where({ person_id: personId, used_at: null })
        .whereIn('purpose', [...purposes])
        .where('expires_at', '>', at)
        .where('failures', '<', failuresMax)
        .orderBy('created_at', 'desc')
        .first();
      return row && codeOf(row);
    },
    async fail(id) {
      await table().where({ id }).increment('failures', 1);
    },
    async use(id, at) {
      const used = await table()
        .where({ id, used_at: null })
        .where('expires_at', '>', at)
        .update({ used_at: at });
      return used === 1;
    },
    voidAll,
  };
}

export function codeOf(row: CodeRow): CodeRecord {
  const { id, purpose, hash, facts, failures } = row;
  return {
    ...{ id, purpose, hash, facts, failures },
    personId: row.person_id,
    createdBy: row.created_by,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    ...(row.used_at === null ? {} : { usedAt: row.used_at }),
  };
}
