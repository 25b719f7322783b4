import type { Knex } from '../../src/storage/index.ts';
import { eventually } from './exchange.ts';

/** A statement that processes on one database hang in: where one of them can be killed. */
export interface CrashPoint {
  /** Resolves once somebody hangs in it. */
  reached(): Promise<void>;
  /**
   * Lets the statement through for those who come after. Those who hang in it are cut off first, so
   * that theirs never counts: to be called once they are dead.
   */
  lift(): Promise<void>;
  /** Lets those go on who hang in it, as if nothing had been. */
  release(): Promise<void>;
}

const lockKey = 7_312;

/**
 * Makes writers hang just before a row is written that the condition is true of; `written` names the
 * row in it.
 */
export async function crashPoint(
  knex: Knex,
  { table, when }: { readonly table: string; readonly when: string },
): Promise<CrashPoint> {
  const holder = await knex.transaction();
  await holder.raw('select pg_advisory_xact_lock(?)', [lockKey]);
  await knex.raw(
    `create function crash_point() returns trigger language plpgsql as $$
     declare written record := new;
     begin
       if ${when} then perform pg_advisory_xact_lock_shared(${String(lockKey)}); end if;
       return new;
     end $$`,
  );
  await knex.raw(
    `create trigger crash_point before insert or update on ${table}
     for each row execute function crash_point()`,
  );
  const hanging = `from pg_locks l where l.locktype = 'advisory' and l.objid = ${String(lockKey)}
    and l.database = (select oid from pg_database where datname = current_database())
    and not l.granted`;
  const remove = async (): Promise<void> => {
    await knex.raw(`drop trigger crash_point on ${table}`);
    await knex.raw('drop function crash_point()');
  };
  return {
    async release() {
      await holder.rollback();
      await remove();
    },
    async reached() {
      await eventually(async () => {
        const { rows } = await knex.raw<{ rows: unknown[] }>(`select 1 ${hanging}`);
        return rows.length > 0 || undefined;
      }, `a row of ${table} with ${when}`);
    },
    async lift() {
      const { rows: hung } = await knex.raw<{ rows: { pid: number }[] }>(`select l.pid ${hanging}`);
      const pids = hung.map(({ pid }) => pid);
      await knex.raw('select pg_terminate_backend(pid) from unnest(?::int[]) as pid', [pids]);
      // Those, and no others: who came to hang meanwhile comes after, and is let through.
      await eventually(async () => {
        const alive = await knex.raw<{ rows: unknown[] }>(
          'select 1 from pg_stat_activity where pid = any (?::int[])',
          [pids],
        );
        return alive.rows.length === 0 || undefined;
      }, 'the end of those that hung');
      await holder.rollback();
      await remove();
    },
  };
}
