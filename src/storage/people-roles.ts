import type { Knex } from 'knex';
import type { Capacity, RoleRecord, RoleRows } from '../identity/index.ts';
import { conflictOf } from './registration-conflict.ts';

interface Row {
  readonly id: string;
  readonly person_id: string;
  readonly role: RoleRecord['role'];
  readonly enterprise: string | null;
  readonly quality_id: string | null;
  readonly capacity: Capacity | null;
  readonly state: RoleRecord['state'];
  readonly valid_from: Date;
  readonly valid_to: Date | null;
  readonly facts: Readonly<Record<string, string>>;
  readonly created_by: string;
}

/** Assignments in PostgreSQL. */
export function roleRows(knex: Knex): RoleRows {
  const table = (): Knex.QueryBuilder<Row, Row[]> => knex<Row>('role_assignment');
  const present = (): Knex.QueryBuilder<Row, Row[]> =>
    table().whereNot('state', 'deleted').orderBy(['created_at', 'id']);
  return {
    async role(id) {
      const row = await table().where({ id }).first();
      return row && recordOf(row);
    },
    async rolesOf(personId) {
      const rows = await present().where({ person_id: personId });
      return rows.map(recordOf);
    },
    async rolesIn({ enterprise, qualityId, roles }) {
      const query = present().whereIn('role', [...roles]);
      if (enterprise !== undefined) void query.where({ enterprise });
      if (qualityId !== undefined) void query.where({ quality_id: qualityId });
      const rows = await query;
      return rows.map(recordOf);
    },
    async insertRole(role) {
      try {
        await knex('role_assignment').insert({
          id: role.id,
          person_id: role.personId,
          role: role.role,
          enterprise: role.enterprise ?? null,
          quality_id: role.qualityId ?? null,
          capacity: role.capacity ?? null,
          state: role.state,
          valid_from: role.validFrom,
          valid_to: role.validTo ?? null,
          facts: JSON.stringify(role.facts),
          created_by: role.createdBy,
          created_at: role.at,
          changed_at: role.at,
        });
        return 'done';
      } catch (thrown) {
        if (conflictOf(thrown)?.kind === 'taken') return 'taken';
        throw thrown;
      }
    },
    async changeRole({ id, from, to, validTo, at }) {
      const changed = await knex('role_assignment')
        .where({ id })
        .whereIn('state', [...from])
        .update({ state: to, changed_at: at, ...(validTo && { valid_to: validTo }) });
      return changed === 1;
    },
    async setRoleEnterprise({ id, enterprise, at }) {
      const changed = await knex('role_assignment')
        .where({ id, enterprise: null })
        .whereNot('state', 'deleted')
        .update({ enterprise, changed_at: at });
      return changed === 1;
    },
  };
}

function recordOf(row: Row): RoleRecord {
  const { id, role, state, facts } = row;
  return {
    ...{ id, role, state, facts },
    personId: row.person_id,
    ...(row.enterprise === null ? {} : { enterprise: row.enterprise }),
    ...(row.quality_id === null ? {} : { qualityId: row.quality_id }),
    ...(row.capacity === null ? {} : { capacity: row.capacity }),
    validFrom: row.valid_from,
    ...(row.valid_to === null ? {} : { validTo: row.valid_to }),
    createdBy: row.created_by,
  };
}
