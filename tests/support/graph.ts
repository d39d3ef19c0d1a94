import { createHash } from 'node:crypto';
import { orderOf } from '~/muse/commit-order';
import type { BrowseStore, GraphRow } from '~/server/ports/browse-store';

/** The id that a test's short name stands for. */
export const named = (name: string) => createHash('sha256').update(name).digest('hex');

/**
 * A graph from lines such as `c < a b` (c has the parents a and b, in this order), one commit each,
 * parents before children. A time in seconds may follow: `c < a b @ 120`; without one, a commit is
 * ten seconds after the line above it.
 */
export function drawGraph(drawing: string): {
  rows: Map<string, GraphRow>;
  names: Map<string, string>;
} {
  const rows = new Map<string, GraphRow>();
  const names = new Map<string, string>();
  let clock = 0;
  for (const line of drawing.trim().split('\n')) {
    const [shape = '', at] = line.split('@').map((part) => part.trim());
    const [name = '', parentNames = ''] = shape.split('<').map((part) => part.trim());
    const parents = parentNames.split(/\s+/).filter(Boolean).map(named);
    const generation = 1 + Math.max(0, ...parents.map((id) => rows.get(id)!.generation));
    clock = at === undefined ? clock + 10 : Number(at);
    const parentOrders = parents.map((id) => rows.get(id)!.orderMs);
    const orderMs = orderOf(clock * 1000, parentOrders);
    rows.set(named(name), { id: named(name), parents, generation, orderMs });
    names.set(named(name), name);
  }
  return { rows, names };
}

/** The part of the browse store that reads graphs, over rows in memory; counts what was asked. */
export class MemoryGraph
  implements Pick<BrowseStore, 'scanGraph' | 'findGenerations' | 'findOrders'>
{
  scans = 0;
  rowsScanned = 0;

  constructor(readonly rows: Map<string, GraphRow>) {}

  async findGenerations(_repoId: string, ids: string[]): Promise<Map<string, number>> {
    const found = ids.map((id) => this.rows.get(id)).filter((row) => row !== undefined);
    return new Map(found.map((row) => [row.id, row.generation]));
  }

  async findOrders(_repoId: string, ids: string[]): Promise<Map<string, number>> {
    const found = ids.map((id) => this.rows.get(id)).filter((row) => row !== undefined);
    return new Map(found.map((row) => [row.id, row.orderMs]));
  }

  async scanGraph(_repoId: string, before: { generation: number; id: string }, limit: number) {
    const below = [...this.rows.values()].filter(
      (row) =>
        row.generation < before.generation ||
        (row.generation === before.generation && row.id < before.id),
    );
    below.sort((a, b) => b.generation - a.generation || (a.id < b.id ? 1 : -1));
    const page = below.slice(0, limit);
    this.scans++;
    this.rowsScanned += page.length;
    return page;
  }
}
