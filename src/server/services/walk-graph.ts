import type { Id } from '~/muse/ids';
import type { BrowseStore, GraphRow } from '~/server/ports/browse-store';

const CHUNK_MIN_ROWS = 512;
const CHUNK_MAX_ROWS = 8192;
/** So many commits are asked about at once at most. */
const HINTS_MAX = 200;

/** A head to walk from, with the bits that everything it reaches gets. */
export interface Start {
  id: Id;
  bits: number;
}

/**
 * Walks the commits that some heads reach, children before parents, and tells of each which of the
 * heads reach it: every start paints its bits onto all its ancestors.
 *
 * Reads the repository's commits by descending generation in growing chunks, so that the cost is
 * that of the commits between the highest head and where the walk ends, in a few queries, whatever
 * the shape of the graph. It ends when nothing is left, or when all that is left is `settled`: a
 * function of the bits that says that neither this commit nor anything below it can matter.
 *
 * Resolves to whether the walk was complete: false when it ended because `maxRows` were read.
 */
export async function walkGraph(
  repoId: string,
  starts: Start[],
  browse: Pick<BrowseStore, 'scanGraph' | 'findGenerations'>,
  options: {
    settled: (bits: number) => boolean;
    visit: (row: GraphRow, bits: number) => void;
    /** The bits that a commit paints onto its parents; its own when absent. */
    passed?: (bits: number) => number;
    /** Bits that are known to reach these commits; asked for a few, when the walk gets long. */
    hint?: (ids: Id[]) => Promise<Map<Id, number>>;
    maxRows?: number;
  },
): Promise<boolean> {
  const { settled, visit, passed, hint, maxRows = Number.POSITIVE_INFINITY } = options;
  const pending = new Map<Id, number>();
  const hinted = new Set<Id>();
  let open = 0;
  const paint = (id: Id, bits: number) => {
    const before = pending.get(id);
    const after = (before ?? 0) | bits;
    if (before !== undefined && !settled(before)) open--;
    if (!settled(after)) open++;
    pending.set(id, after);
  };
  for (const start of starts) paint(start.id, start.bits);

  const generations = await browse.findGenerations(repoId, [...pending.keys()]);
  let before = { generation: 1 + Math.max(0, ...generations.values()), id: '0'.repeat(64) };
  let rowsRead = 0;
  for (let chunk = CHUNK_MIN_ROWS; open > 0; chunk = Math.min(chunk * 2, CHUNK_MAX_ROWS)) {
    if (rowsRead >= maxRows) return false;
    if (hint && rowsRead > 0) {
      await takeHints();
      if (open === 0) break;
    }
    const rows = await browse.scanGraph(repoId, before, chunk);
    for (const row of rows) {
      const bits = pending.get(row.id);
      if (bits === undefined) continue;
      pending.delete(row.id);
      if (!settled(bits)) open--;
      visit(row, bits);
      const onto = passed ? passed(bits) : bits;
      for (const parent of row.parents) paint(parent, onto);
      if (open === 0) return true;
    }
    rowsRead += rows.length;
    const last = rows.at(-1);
    if (!last) {
      // Invariant I2: the closure of every branch is stored.
      throw new Error(`repository ${repoId} lacks ${open} commit(s) that its branches reach`);
    }
    before = { generation: last.generation, id: last.id };
  }
  return true;

  async function takeHints(): Promise<void> {
    const unsettled: Id[] = [];
    for (const [id, bits] of pending) if (!settled(bits) && !hinted.has(id)) unsettled.push(id);
    if (unsettled.length === 0 || unsettled.length > HINTS_MAX) return;
    for (const id of unsettled) hinted.add(id);
    for (const [id, bits] of await hint!(unsettled)) paint(id, bits);
  }
}
