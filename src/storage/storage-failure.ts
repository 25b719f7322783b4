import { Failure } from '../vocabulary/index.ts';

/** SQLSTATE classes and codes after which the same query may work a moment later. */
const unavailable =
  /^(?:08\w{3}|57P0[1-5]|53300|53200|53000|ECONN\w+|EPIPE|ENOENT|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN|EACCES)$/;
/** The database is there but does not take us: wrong password, no such database. */
const refused = /^(?:28\w{3}|3D000)$/;
const diskFull = /^(?:53100|ENOSPC|EDQUOT)$/;
/** What knex and pg say without a code. */
const silent = /Timeout acquiring a connection|Connection terminated|timeout expired|not queryable/;

/**
 * Translates what PostgreSQL, its driver or the pool threw: `storage.unavailable` when it is gone or
 * does not take us, `storage.disk-full` when it is full. Anything else is returned as it is.
 */
export function storageFailure(thrown: unknown): unknown {
  if (thrown instanceof Failure || typeof thrown !== 'object' || thrown === null) return thrown;
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
  const message = 'message' in thrown ? String(thrown.message) : '';
  if (diskFull.test(code)) return new Failure('storage.disk-full', { code }, thrown);
  if (unavailable.test(code)) return new Failure('storage.unavailable', { code }, thrown);
  // The text of a refusal names the role or the database, and is what the operator needs.
  if (refused.test(code)) {
    return new Failure('storage.unavailable', { code, said: message }, thrown);
  }
  return silent.test(message) ? new Failure('storage.unavailable', {}, thrown) : thrown;
}

/** What work on the database or the blob directory gives, with what it throws translated. */
export async function translating<T>(query: () => Promise<T>): Promise<T> {
  try {
    return await query();
  } catch (thrown) {
    throw storageFailure(thrown);
  }
}

type Query = (...given: unknown[]) => Promise<unknown>;

/** The same store, with what the driver throws translated into failures. */
export function translated<T extends object>(store: T): T {
  const queries = Object.entries(store) as [string, Query][];
  const wrapped = queries.map(([name, query]): [string, Query] => [
    name,
    (...given) => translating(() => query(...given)),
  ]);
  return Object.fromEntries(wrapped) as T;
}

/** Whether a statement broke a unique constraint, or the one named. */
export function isUniqueViolation(thrown: unknown, constraint?: string): boolean {
  const error = thrown as { readonly code?: unknown; readonly constraint?: unknown } | undefined;
  if (error?.code !== '23505') return false;
  return constraint === undefined || error.constraint === constraint;
}

/** Whether a statement was given up because it and another waited for each other. */
export function isDeadlock(thrown: unknown): boolean {
  return (thrown as { readonly code?: unknown } | undefined)?.code === '40P01';
}
