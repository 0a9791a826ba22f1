/**
 * Builds a page from the rows of a query with the limit `limit + 1`: the extra row shows whether there
 * is a next page.
 */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  { toItem, toCursor }: { toItem: (row: Row) => Item; toCursor: (row: Row) => string },
): { items: Item[]; nextCursor: string | null } {
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return {
    items: page.map((row) => toItem(row)),
    nextCursor: last === undefined ? null : toCursor(last),
  };
}
