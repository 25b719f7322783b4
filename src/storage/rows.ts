/** The rows of a raw query: knex hands the driver's result out untyped. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller names the row its SQL selects
export function rowsOf<Row>(result: unknown): readonly Row[] {
  return (result as { rows: Row[] }).rows;
}
