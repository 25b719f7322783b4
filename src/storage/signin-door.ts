import type { Knex } from 'knex';
import type { AssignmentRecord, AtDoor, SignInPersonStore } from '../identity/index.ts';
import { rowsOf } from './rows.ts';
import { codeOf, passwordOf, type CodeRow, type PasswordRow } from './signin-passwords.ts';
import {
  assignmentColumns,
  assignmentInForce,
  assignmentJoins,
  assignmentOf,
  personOf,
  type AssignmentRow,
  type PersonRow,
} from './signin-rows.ts';

type Row = PersonRow &
  Partial<PasswordRow> & {
    readonly code_id: string | null;
    readonly code_purpose: CodeRow['purpose'];
    readonly code_hash: string;
    readonly code_facts: CodeRow['facts'];
    readonly code_failures: number;
    readonly code_created_by: string;
    readonly code_created_at: Date;
    readonly code_expires_at: Date;
    readonly has_totp: boolean;
    readonly roles: readonly AssignmentRow[] | null;
  };

const rolesMax = 1_000;

const sql = `
  select p.id, p.username, p.first_name, p.last_name, p.language, p.email, p.state,
    p.first_login_at, w.phc, w.policy, w.stands_alone, w.failures, w.disabled_at, w.changed_at,
    c.id as code_id, c.purpose as code_purpose, c.hash as code_hash, c.facts as code_facts,
    c.failures as code_failures, c.created_by as code_created_by,
    c.created_at as code_created_at, c.expires_at as code_expires_at,
    exists (select from totp t where t.person_id = p.id and t.state = 'active') as has_totp,
    (select json_agg(r) from (
      select ${assignmentColumns} from role_in_force a ${assignmentJoins}
      where a.person_id = p.id and ${assignmentInForce}
      order by e.name, a.enterprise, a.role, a.id limit :rolesMax) r) as roles
  from person p
  left join person_password w on w.person_id = p.id
  left join lateral (
    select * from one_time_code o
    where o.person_id = p.id and o.used_at is null and o.purpose = any(:purposes)
      and o.expires_at > :at and o.failures < :codeFailuresMax
    order by o.created_at desc limit 1) c on true
  where p.username = :username`;

/** One question for all of it: what a login costs beside its hash is trips to the database. */
export async function findAtDoor(
  knex: Knex,
  o: Parameters<SignInPersonStore['atDoor']>[0],
): Promise<AtDoor | undefined> {
  const wish = { ...o, purposes: [...o.purposes], rolesMax };
  // Named, so that each connection plans it once: planning takes longer than the search.
  const [row] = rowsOf<Row>(await knex.raw(sql, wish).options({ name: 'sluis_at_door' }));
  if (row === undefined) return undefined;
  const code = codeIn(row);
  const roles = (row.roles ?? []).flatMap((one): AssignmentRecord[] => {
    const role = assignmentOf(one);
    return role === undefined ? [] : [role];
  });
  return {
    ...{ person: personOf(row), roles, hasTotp: row.has_totp },
    ...(isPassword(row) ? { password: passwordOf(row) } : {}),
    ...(code === undefined ? {} : { code }),
  };
}

/** A left join gives nulls where there is no row. */
function isPassword(row: Row): row is Row & PasswordRow {
  return typeof row.phc === 'string';
}

function codeIn(row: Row): AtDoor['code'] {
  if (row.code_id === null) return undefined;
  return codeOf({
    ...{ id: row.code_id, person_id: row.id, purpose: row.code_purpose, hash: row.code_hash },
    ...{ facts: row.code_facts, failures: row.code_failures, created_by: row.code_created_by },
    ...{ created_at: row.code_created_at, expires_at: row.code_expires_at, used_at: null },
  });
}
