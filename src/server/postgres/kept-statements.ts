/**
 * Statements whose text begins with this are parsed and planned once per connection instead of every
 * time, which is most of what a small statement costs the database.
 *
 * It is for statements with one good plan, whatever the values: inserts, and steps into a key. Where
 * the plan hangs on values, or on how much a table holds by now, it is made anew each time.
 */
export const KEPT = '/* kept */';

/** Texts are written in this source, so they are few; more than this says that one is put together. */
const TEXTS_MAX = 200;

/** Names kept statements, so that each connection recognizes them; '', no name, for all others. */
export function nameStatements(): (query: { sql: string }) => string {
  const names = new Map<string, string>();
  return ({ sql }) => {
    if (!sql.startsWith(KEPT)) return '';
    const known = names.get(sql);
    if (known !== undefined) return known;
    if (names.size >= TEXTS_MAX) return '';
    const name = `kept_${names.size + 1}`;
    names.set(sql, name);
    return name;
  };
}
