/** A page of a list that is read by keys: what is shown, and where the next one goes on. */
export interface KeyedPage<Row, Key> {
  rows: Row[];
  /** Null at the end. */
  next: Key | null;
}

/** Makes a page of rows that were asked for with one more than `limit`. */
export function pageOf<Row, Key>(
  rows: Row[],
  limit: number,
  keyOf: (row: Row) => Key,
): KeyedPage<Row, Key> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { rows: shown, next: rows.length > limit && last ? keyOf(last) : null };
}
