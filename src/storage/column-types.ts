import pg from 'pg';

const { builtins } = pg.types;

/**
 * How column values arrive: `int8` always as bigint (it holds cents, and a number would lose them
 * beyond 2^53 without a word), `date` as the text YYYY-MM-DD (a legal date has no instant), `numeric`
 * as text, `timestamptz` as Date. Where a bigint is an identifier or a count, the store says
 * `Number(…)`, or the query says `count(*)::int`.
 */
export const columnTypes: pg.CustomTypesConfig = {
  getTypeParser: (...[oid, format]: Parameters<typeof pg.types.getTypeParser>): unknown => {
    if (oid === builtins.INT8) return BigInt;
    if (oid === builtins.DATE) return String;
    return pg.types.getTypeParser(oid, format);
  },
};
