import type { Knex } from 'knex';
import type { Page, PersonQuestion, PersonRow } from '../identity/index.ts';
import { rowsOf } from './rows.ts';

interface Row {
  readonly assignment_id: string;
  readonly person_id: string;
  readonly username: string;
  readonly last_name: string;
  readonly first_name: string;
  readonly title: string | null;
  readonly language: PersonRow['language'];
  readonly email: string | null;
  readonly role: PersonRow['role'];
  readonly state: PersonRow['state'];
  readonly enterprise: string | null;
  readonly quality_id: string | null;
  readonly last_key: string;
  readonly first_key: string;
}

type Binding = string | number | null;

/**
 * Finds persons in their roles. Every criterion is one condition on `role_search`, so that the
 * planner may walk whichever index is the shortest way; names of the page are read afterwards.
 */
export async function searchPeople(
  knex: Knex,
  question: PersonQuestion,
  { after, max }: { readonly after?: string; readonly max: number },
): Promise<Page<PersonRow> | 'bad-cursor'> {
  const place = after === undefined ? undefined : placeOf(after);
  if (after !== undefined && place === undefined) return 'bad-cursor';
  const { sql, bindings } = conditionsOf(question);
  if (place !== undefined) {
    sql.push('(s.last_name, s.first_name, s.assignment_id) > (?, ?, cast(? as uuid))');
    bindings.push(...place);
  }
  const found = rowsOf<Row>(
    await knex.raw(
      `select f.*, p.last_name, p.first_name, p.title, p.email from (
         select s.assignment_id, s.person_id, s.username, s.language, s.role, s.state,
           s.enterprise, s.quality_id, s.last_name as last_key, s.first_name as first_key
         from role_search s
         ${sql.length === 0 ? '' : `where ${sql.join(' and ')}`}
         order by s.last_name, s.first_name, s.assignment_id limit ?
       ) f join person p on p.id = f.person_id
       order by f.last_key, f.first_key, f.assignment_id`,
      [...bindings, max + 1],
    ),
  );
  const rows = found.slice(0, max);
  const last = rows.at(-1);
  const more = found.length > max && last !== undefined;
  return { rows: rows.map(rowOf), ...(more ? { next: cursorOf(last) } : {}) };
}

function conditionsOf(question: PersonQuestion): { sql: string[]; bindings: Binding[] } {
  const sql: string[] = [];
  const bindings: Binding[] = [];
  const add = (condition: string, ...values: readonly Binding[]): void => {
    sql.push(condition);
    bindings.push(...values);
  };
  const { personId, enterprise, qualityId, title, language, application, role, state } = question;
  if (personId !== undefined) add('s.person_id = cast(? as uuid)', personId);
  if (enterprise !== undefined) add('s.enterprise = ?', enterprise);
  if (qualityId !== undefined) add('s.quality_id = cast(? as uuid)', qualityId);
  if (title !== undefined) add('s.title = search_key(?)', title);
  if (language !== undefined) add('s.language = ?', language);
  if (role !== undefined) add('s.role = ?', role);
  if (state !== undefined) add('s.state = ?', state);
  for (const [column, text] of [
    ['username', question.username],
    ['last_name', question.lastName],
    ['first_name', question.firstName],
    ['email', question.email],
  ] as const) {
    // With the order of code points, a beginning is a range of any plain index.
    if (text !== undefined) add(`s.${column} like search_key(?) || '%'`, likeLiteral(text));
  }
  if (application !== undefined) {
    add(
      `(s.role in ('AM', 'COAM', 'CUR') and exists (
          select 1 from application a join quality q on q.id = s.quality_id
          where a.code = ? and q.type = any(a.quality_types))
        or exists (
          select 1 from application_right r
          where r.assignment_id = s.assignment_id and r.application = ?))`,
      application,
      application,
    );
  }
  return { sql, bindings };
}

function likeLiteral(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}

function cursorOf(row: Row): string {
  const place = [row.last_key, row.first_key, row.assignment_id];
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function placeOf(cursor: string): readonly [string, string, string] | undefined {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (!Array.isArray(place)) return undefined;
    const [last, first, id] = place as readonly unknown[];
    if (typeof last !== 'string' || typeof first !== 'string' || typeof id !== 'string') {
      return undefined;
    }
    return uuid.test(id) && !`${last}${first}`.includes('\0') ? [last, first, id] : undefined;
  } catch {
    // Somebody made it up: not JSON.
    return undefined;
  }
}

function rowOf(row: Row): PersonRow {
  const { username, language, role, state } = row;
  return {
    ...{ username, language, role, state },
    personId: row.person_id,
    assignmentId: row.assignment_id,
    lastName: row.last_name,
    firstName: row.first_name,
    ...(row.title === null ? {} : { title: row.title }),
    ...(row.email === null ? {} : { email: row.email }),
    ...(row.enterprise === null ? {} : { enterprise: row.enterprise }),
    ...(row.quality_id === null ? {} : { qualityId: row.quality_id }),
  };
}
