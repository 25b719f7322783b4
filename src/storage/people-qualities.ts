import type { Knex } from 'knex';
import type {
  ApplicationRecord,
  ApplicationRows,
  QualityRecord,
  QualityRows,
  QualityType,
  RightRecord,
} from '../identity/index.ts';
import { conflictOf } from './registration-conflict.ts';

interface QualityRow {
  readonly id: string;
  readonly enterprise: string;
  readonly type: string;
  readonly email: string | null;
  readonly data: Readonly<Record<string, string>>;
  readonly state: QualityRecord['state'];
  readonly activated_at: Date;
  readonly revision: number;
}

interface TypeRow {
  readonly code: string;
  readonly labels: QualityType['labels'];
  readonly fields: QualityType['fields'];
  readonly needs_entitlement: boolean;
  readonly ordinal: number;
}

/** Qualities and their catalogue in PostgreSQL. */
export function qualityRows(knex: Knex): QualityRows {
  const one = async (where: object): Promise<QualityRecord | undefined> => {
    const row = await knex<QualityRow>('quality').where(where).first();
    return row && qualityOf(row);
  };
  return {
    quality: (id) => one({ id }),
    qualityOf: (enterprise, type) => one({ enterprise, type }),
    async qualitiesOf(enterprise) {
      const rows = await knex('quality')
        .join('quality_type', 'quality_type.code', 'quality.type')
        .where('quality.enterprise', enterprise)
        .orderBy(['quality_type.ordinal', 'quality.type'])
        .select<QualityRow[]>('quality.*');
      return rows.map(qualityOf);
    },
    async insertQuality({ id, enterprise, type, email, data, state, activatedAt }) {
      try {
        await knex('quality').insert({
          ...{ id, enterprise, type, state },
          email: email ?? null,
          data: JSON.stringify(data),
          activated_at: activatedAt,
          changed_at: activatedAt,
        });
        return 'done';
      } catch (thrown) {
        if (conflictOf(thrown)?.kind === 'taken') return 'taken';
        throw thrown;
      }
    },
    async updateQuality(id, { at, seen, ...change }) {
      const changed = await knex('quality')
        .where({ id, ...(seen === undefined ? {} : { revision: seen }) })
        .update({ ...change, changed_at: at });
      return changed === 1;
    },
    async qualityTypes() {
      const rows: TypeRow[] = await knex<TypeRow>('quality_type').orderBy(['ordinal', 'code']);
      return rows.map(({ needs_entitlement, ...rest }) => ({
        ...rest,
        needsEntitlement: needs_entitlement,
      }));
    },
    async saveQualityType({ code, labels, fields, needsEntitlement, ordinal }) {
      await knex('quality_type')
        .insert({
          ...{ code, ordinal },
          labels: JSON.stringify(labels),
          fields: JSON.stringify(fields),
          needs_entitlement: needsEntitlement,
        })
        .onConflict('code')
        .merge();
    },
    async entitlements(enterprise) {
      const rows = await knex('enterprise_entitlement')
        .where({ enterprise })
        .select<{ quality_type: string }[]>('quality_type');
      return new Set(rows.map(({ quality_type }) => quality_type));
    },
    async entitle(enterprise, type, at) {
      const { rows } = await knex.raw<{ rows: unknown[] }>(
        `insert into enterprise_entitlement (enterprise, quality_type, added_at)
         values (?, ?, ?) on conflict do nothing returning 1`,
        [enterprise, type, at],
      );
      return rows.length === 1;
    },
  };
}

function qualityOf(row: QualityRow): QualityRecord {
  const { id, enterprise, type, email, data, state } = row;
  return {
    ...{ id, enterprise, type, data, state },
    ...(email === null ? {} : { email }),
    activatedAt: row.activated_at,
    revision: row.revision,
  };
}

interface ApplicationRow {
  readonly code: string;
  readonly labels: ApplicationRecord['labels'];
  readonly quality_types: readonly string[];
  readonly roles: ApplicationRecord['roles'];
  readonly certificate_required: boolean;
  readonly ordinal: number;
}

interface RightRow {
  readonly assignment_id: string;
  readonly application: string;
  readonly application_role: string;
  readonly granted_by: string;
  readonly granted_at: Date;
}

/** Applications and who was ticked for them, in PostgreSQL. */
export function applicationRows(knex: Knex): ApplicationRows {
  return {
    async applications() {
      const rows: ApplicationRow[] = await knex<ApplicationRow>('application').orderBy([
        'ordinal',
        'code',
      ]);
      return rows.map(({ code, labels, roles, ordinal, ...row }) => ({
        ...{ code, labels, roles, ordinal },
        qualityTypes: row.quality_types,
        certificateRequired: row.certificate_required,
      }));
    },
    async saveApplication({ code, labels, roles, ordinal, ...rest }) {
      await knex('application')
        .insert({
          ...{ code, ordinal },
          labels: JSON.stringify(labels),
          roles: JSON.stringify(roles),
          quality_types: [...rest.qualityTypes],
          certificate_required: rest.certificateRequired,
        })
        .onConflict('code')
        .merge();
    },
    async rights(assignmentId) {
      const rows: RightRow[] = await knex<RightRow>('application_right')
        .where({ assignment_id: assignmentId })
        .orderBy(['application', 'application_role']);
      return rows.map(rightOf);
    },
    async insertRight(right) {
      const { rows } = await knex.raw<{ rows: unknown[] }>(
        `insert into application_right
           (assignment_id, application, application_role, granted_by, granted_at)
         values (?, ?, ?, ?, ?) on conflict do nothing returning 1`,
        [
          ...[right.assignmentId, right.application, right.applicationRole],
          ...[right.grantedBy, right.grantedAt],
        ],
      );
      return rows.length === 1;
    },
    deleteRight: ({ assignmentId, application, applicationRole }) =>
      knex('application_right')
        .where({ assignment_id: assignmentId, application })
        .where(applicationRole === undefined ? {} : { application_role: applicationRole })
        .delete(),
  };
}

function rightOf(row: RightRow): RightRecord {
  return {
    assignmentId: row.assignment_id,
    application: row.application,
    applicationRole: row.application_role,
    grantedBy: row.granted_by,
    grantedAt: row.granted_at,
  };
}
