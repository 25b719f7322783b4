import type { Knex } from 'knex';
import type {
  AssignmentRecord,
  SessionRecord,
  SessionStore,
  TokenRecord,
  TokenStore,
} from '../identity/index.ts';
import { rowsOf } from './rows.ts';
import {
  assignmentColumns,
  assignmentInForce,
  assignmentJoins,
  assignmentOf,
  markLoginSql,
  markOf,
  personOf,
  type AssignmentRow,
  type PersonRow,
} from './signin-rows.ts';

interface SessionRow {
  readonly id: string;
  readonly token_hash: Buffer;
  readonly person_id: string;
  readonly assignment_id: string | null;
  readonly quality_id: string | null;
  readonly certificate_id: string | null;
  readonly stage: SessionRecord['stage'];
  readonly factors: SessionRecord['factors'];
  readonly csrf_hash: Buffer;
  readonly source: string;
  readonly user_agent: string;
  readonly created_at: Date;
  readonly authenticated_at: Date;
  readonly seen_at: Date;
  readonly idle_until: Date;
  readonly absolute_until: Date;
  readonly ended_at: Date | null;
  readonly end_reason: string | null;
}

const listMax = 200;

/** Sessions by the SHA-256 of their token: who reads the table cannot use one. */
export function sessionStore(knex: Knex): SessionStore {
  const running = (at: Date): Knex.QueryBuilder<SessionRow, SessionRow[]> =>
    knex<SessionRow>('session')
      .whereNull('ended_at')
      .where('idle_until', '>', at)
      .where('absolute_until', '>', at);
  return {
    begin: (record, role) => begin(knex, record, role),
    open: (tokenHash, at) => open(knex, tokenHash, at),
    async touch(id, seenAt, idleUntil) {
      await knex('session')
        .where({ id, ended_at: null })
        .update({ seen_at: seenAt, idle_until: idleUntil });
    },
    async renew(id, change) {
      const done = await knex('session')
        .where({ id, ended_at: null })
        .update({
          ...{ token_hash: change.tokenHash, csrf_hash: change.csrfHash, stage: change.stage },
          ...{ factors: [...change.factors], idle_until: change.idleUntil },
          ...('authenticatedAt' in change ? { authenticated_at: change.authenticatedAt } : {}),
          ...('assignmentId' in change ? { assignment_id: change.assignmentId ?? null } : {}),
          ...('qualityId' in change ? { quality_id: change.qualityId ?? null } : {}),
          ...('certificateId' in change ? { certificate_id: change.certificateId } : {}),
        });
      return done === 1;
    },
    async end({ id, at, reason }) {
      const done = await knex('session')
        .where({ id, ended_at: null })
        .update({ ended_at: at, end_reason: reason });
      return done === 1;
    },
    async endOf({ personId, except, at, reason }) {
      const query = knex('session').where({ person_id: personId, ended_at: null });
      if (except !== undefined) void query.whereNot('id', except);
      return query.update({ ended_at: at, end_reason: reason });
    },
    async list(personId, at) {
      const rows = await running(at)
        .where({ person_id: personId })
        .orderBy('created_at', 'desc')
        .limit(listMax);
      return rows.map(sessionOf);
    },
    async prune(before, max) {
      const old = knex('session').select('id').where('absolute_until', '<', before).limit(max);
      const unused = old.whereNotExists(
        knex.select(knex.raw('1')).from('factor_enrolment').whereRaw('session_id = session.id'),
      );
      return knex('session').whereIn('id', unused).delete();
    },
  };
}

const sessionColumns: readonly (keyof SessionRow)[] = [
  ...(['id', 'token_hash', 'person_id', 'assignment_id', 'quality_id', 'certificate_id'] as const),
  ...(['stage', 'factors', 'csrf_hash', 'source', 'user_agent', 'created_at'] as const),
  ...(['authenticated_at', 'seen_at', 'idle_until', 'absolute_until', 'ended_at'] as const),
  'end_reason',
];

/** One trip for all that a login writes but its line in the trail. */
const beginSql = `
  with begun as (
    insert into session (${sessionColumns.join(', ')})
    values (${sessionColumns.map((name) => `:${name}`).join(', ')})),
  ${markLoginSql}
  select number from opened`;

async function begin(
  knex: Knex,
  record: SessionRecord,
  role: AssignmentRecord | undefined,
): ReturnType<SessionStore['begin']> {
  const wish = {
    ...rowOf(record),
    ...markOf({ personId: record.personId, assignment: role, at: record.createdAt }),
  };
  const opened = rowsOf<{ readonly number: string }>(
    await knex.raw(beginSql, wish).options({ name: 'sluis_begin_session' }),
  );
  return { enterpriseOpened: opened.length === 1 };
}

async function open(knex: Knex, tokenHash: Buffer, at: Date): ReturnType<SessionStore['open']> {
  const rows = rowsOf<SessionRow & Prefixed & { readonly selected_quality_id: string | null }>(
    await knex
      .raw(
        // A quality that was suspended since it was selected is selected no longer.
        `select s.*, (select q.id from quality q where q.id = s.quality_id and q.state = 'active')
         as selected_quality_id, ${prefixedPerson}, ${prefixedAssignment}
       from session s join person p on p.id = s.person_id and p.state = 'active'
       left join (
         select ${assignmentColumns} from role_in_force a ${assignmentJoins}
         where ${assignmentInForce}
       ) r on r.assignment_id = s.assignment_id
       where s.token_hash = :tokenHash and s.ended_at is null
         and s.idle_until > :at and s.absolute_until > :at`,
        { tokenHash, at },
      )
      .options({ name: 'sluis_open_session' }),
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const assignment = assignmentOf(assignmentRowOf(row));
  return {
    session: sessionOf({ ...row, quality_id: row.selected_quality_id }),
    person: personOf(personRowOf(row)),
    ...(assignment === undefined ? {} : { assignment }),
  };
}

/** Columns of three tables share names; those of person and role carry a prefix. */
type Prefixed = { readonly [Name in keyof PersonRow as `p_${Name}`]: PersonRow[Name] } & {
  readonly [Name in keyof AssignmentRow as `r_${Name}`]: AssignmentRow[Name];
};

const prefixed = (prefix: string, names: readonly string[]): string =>
  names.map((name) => `${prefix}.${name} as ${prefix}_${name}`).join(', ');
const prefixedPerson = prefixed('p', [
  ...['id', 'username', 'first_name', 'last_name', 'language', 'email', 'state', 'first_login_at'],
]);
const prefixedAssignment = prefixed('r', [
  ...['assignment_id', 'role', 'enterprise', 'enterprise_name', 'country', 'quality_id'],
  'quality_type',
]);

function personRowOf(row: Prefixed): PersonRow {
  return withoutPrefix(row, 'p_') as unknown as PersonRow;
}

function assignmentRowOf(row: Prefixed): AssignmentRow {
  return withoutPrefix(row, 'r_') as unknown as AssignmentRow;
}

function withoutPrefix(row: object, prefix: string): object {
  const own = Object.entries(row).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length), value]));
}

function rowOf(record: SessionRecord): SessionRow {
  return {
    id: record.id,
    token_hash: record.tokenHash,
    person_id: record.personId,
    assignment_id: record.assignmentId ?? null,
    quality_id: record.qualityId ?? null,
    certificate_id: record.certificateId ?? null,
    stage: record.stage,
    factors: [...record.factors],
    csrf_hash: record.csrfHash,
    source: record.source,
    user_agent: record.userAgent,
    created_at: record.createdAt,
    authenticated_at: record.authenticatedAt,
    seen_at: record.seenAt,
    idle_until: record.idleUntil,
    absolute_until: record.absoluteUntil,
    ended_at: record.endedAt ?? null,
    end_reason: record.endReason ?? null,
  };
}

function sessionOf(row: SessionRow): SessionRecord {
  return {
    id: row.id,
    tokenHash: row.token_hash,
    personId: row.person_id,
    ...(row.assignment_id === null ? {} : { assignmentId: row.assignment_id }),
    ...(row.quality_id === null ? {} : { qualityId: row.quality_id }),
    ...(row.certificate_id === null ? {} : { certificateId: row.certificate_id }),
    stage: row.stage,
    factors: row.factors,
    csrfHash: row.csrf_hash,
    source: row.source,
    userAgent: row.user_agent,
    createdAt: row.created_at,
    authenticatedAt: row.authenticated_at,
    seenAt: row.seen_at,
    idleUntil: row.idle_until,
    absoluteUntil: row.absolute_until,
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
    ...(row.end_reason === null ? {} : { endReason: row.end_reason }),
  };
}

interface TokenRow {
  readonly id: string;
  readonly token_hash: Buffer;
  readonly person_id: string;
  readonly assignment_id: string;
  readonly quality_id: string | null;
  readonly name: string;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly last_used_at: Date | null;
  readonly revoked_at: Date | null;
}

/** API tokens, likewise by their hash. */
export function tokenStore(knex: Knex): TokenStore {
  return {
    async insert(record, perPersonMax) {
      const { rowCount } = await knex.raw<{ readonly rowCount: number }>(
        `insert into api_token (id, token_hash, person_id, assignment_id, quality_id, name,
           created_at, expires_at)
         select :id, :tokenHash, :personId, :assignmentId, :qualityId, :name, :createdAt, :expiresAt
         where (select count(*) from api_token where person_id = :personId
           and revoked_at is null and expires_at > :createdAt) < :perPersonMax`,
        {
          ...{ id: record.id, tokenHash: record.tokenHash, personId: record.personId },
          ...{ assignmentId: record.assignmentId, qualityId: record.qualityId ?? null },
          ...{ name: record.name, createdAt: record.createdAt, expiresAt: record.expiresAt },
          perPersonMax,
        },
      );
      return rowCount === 1;
    },
    async open(tokenHash, at) {
      const rows = rowsOf<TokenRow & Prefixed>(
        await knex
          .raw(
            `select t.*, ${prefixedPerson}, ${prefixedAssignment}
           from api_token t join person p on p.id = t.person_id and p.state = 'active'
           join (
             select ${assignmentColumns} from role_in_force a ${assignmentJoins}
             where ${assignmentInForce}
           ) r on r.assignment_id = t.assignment_id
           where t.token_hash = :tokenHash and t.revoked_at is null and t.expires_at > :at
             and not exists (select from quality q
               where q.id = t.quality_id and q.state <> 'active')`,
            { tokenHash, at },
          )
          .options({ name: 'sluis_open_token' }),
      );
      const [row] = rows;
      const assignment = row && assignmentOf(assignmentRowOf(row));
      if (row === undefined || assignment === undefined) return undefined;
      return { token: tokenOf(row), person: personOf(personRowOf(row)), assignment };
    },
    async touch(id, at) {
      await knex('api_token').where({ id }).update({ last_used_at: at });
    },
    async list(personId) {
      const rows = await knex<TokenRow>('api_token')
        .where({ person_id: personId })
        .orderBy('created_at', 'desc')
        .limit(listMax);
      return rows.map(tokenOf);
    },
    async revoke({ id, personId, at }) {
      const done = await knex('api_token')
        .where({ id, person_id: personId, revoked_at: null })
        .update({ revoked_at: at });
      return done === 1;
    },
  };
}

function tokenOf(row: TokenRow): TokenRecord {
  return {
    id: row.id,
    tokenHash: row.token_hash,
    personId: row.person_id,
    assignmentId: row.assignment_id,
    ...(row.quality_id === null ? {} : { qualityId: row.quality_id }),
    name: row.name,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    ...(row.last_used_at === null ? {} : { lastUsedAt: row.last_used_at }),
    ...(row.revoked_at === null ? {} : { revokedAt: row.revoked_at }),
  };
}
