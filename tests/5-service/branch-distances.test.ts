import { describe, expect, it } from 'vitest';
import type { Id } from '~/muse/ids';
import type { BranchRow, GraphRow } from '~/server/ports/browse-store';
import { branchDistances } from '~/server/services/branch-distances';
import { indexHistory } from '~/server/services/index-history';
import { drawGraph, MemoryGraph, named } from '~tests/support/graph';
import { MemoryHistoryStore } from '~tests/support/memory-history-store';
import { emptyRepository, MemoryHub } from '~tests/support/memory-hub';
import { seededPrng } from '~tests/support/prng';

const REPO = '00000000-0000-4000-8000-000000000001';

/** A repository with a default branch `main` and others, which point where a test says. */
class Stage {
  readonly hub = new MemoryHub();
  readonly graph: MemoryGraph;
  readonly histories = new MemoryHistoryStore(this.hub);
  readonly branches = new Map<string, BranchRow>();

  constructor(readonly rows: Map<Id, GraphRow>) {
    this.graph = new MemoryGraph(rows);
    const repository = emptyRepository({ id: REPO, ownerId: REPO, slug: 'r', deleted: false });
    this.hub.repositories.set(REPO, repository);
    this.hub.repository(REPO).defaultBranch = 'main';
  }

  point(heads: Record<string, Id>): void {
    for (const [name, head] of Object.entries(heads)) {
      this.branches.set(name, { name, head, updatedAtMs: 0, pushSeq: 1 });
    }
  }

  get browse() {
    const { graph, branches } = this;
    return {
      findGenerations: graph.findGenerations.bind(graph),
      findOrders: graph.findOrders.bind(graph),
      scanGraph: graph.scanGraph.bind(graph),
      findBranches: async () => branches,
    };
  }

  index(branch: string): Promise<boolean> {
    const { histories, browse } = this;
    return indexHistory({ repoId: REPO, branch }, { histories, browse });
  }

  /** `ahead behind` of each branch, by name, and with a `+` when they are lower bounds. */
  async distances(): Promise<Record<string, string>> {
    const { main, others } = this.#split();
    const deps = { histories: this.histories, browse: this.browse };
    const found = await branchDistances(REPO, main, others, deps);
    return Object.fromEntries(
      [...found].map(([name, { ahead, behind, bounded }]) => [
        name,
        `${ahead} ${behind}${bounded ? '+' : ''}`,
      ]),
    );
  }

  /** The same by the plainest means. */
  plain(): Record<string, string> {
    const { main, others } = this.#split();
    const onMain = closure(this.rows, main.head);
    return Object.fromEntries(
      others.map(({ name, head }) => {
        const own = closure(this.rows, head);
        const ahead = [...own].filter((id) => !onMain.has(id)).length;
        const behind = [...onMain].filter((id) => !own.has(id)).length;
        return [name, `${ahead} ${behind}`];
      }),
    );
  }

  #split() {
    const { main, ...others } = Object.fromEntries(this.branches);
    return { main: main!, others: Object.values(others) };
  }
}

function closure(rows: Map<Id, GraphRow>, head: Id): Set<Id> {
  const seen = new Set<Id>();
  const queue = [head];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    queue.push(...rows.get(id)!.parents);
  }
  return seen;
}

const chain = (name: string, count: number, below: string) =>
  Array.from({ length: count }, (_, n) =>
    n === 0 ? `${name}0 < ${below}` : `${name}${n} < ${name}${n - 1}`,
  ).join('\n');

describe('how far branches are from the default', () => {
  const COUNT = 30_000;
  const { rows } = drawGraph(`r\n${chain('c', COUNT, 'r')}\nx < r\ny < x`);

  it('is read where it was counted, however far that is', async () => {
    const stage = new Stage(rows);
    stage.point({ main: named(`c${COUNT - 1}`), old: named('y') });
    await stage.index('old');
    stage.graph.scans = 0;
    expect(await stage.distances()).toEqual({ old: `2 ${COUNT}` });
    expect(stage.graph.scans).toBe(0);
    expect(stage.histories.requested).toEqual([]);
  });

  it('follows the default by what it moved, and has it counted anew when that is much', async () => {
    const stage = new Stage(rows);
    stage.point({ main: named('c20000'), old: named('y'), twin: named('x') });
    await stage.index('old');
    await stage.index('twin');
    stage.graph.rowsScanned = 0;
    stage.point({ main: named('c20007') });
    expect(await stage.distances()).toEqual({ old: '2 20008', twin: '1 20008' });
    expect(stage.graph.rowsScanned).toBeLessThan(1_000);
    expect(stage.histories.requested).toEqual([]);
    stage.point({ main: named('c20500') });
    expect(await stage.distances()).toEqual({ old: '2 20501', twin: '1 20501' });
    expect(stage.histories.requested.map(({ branch }) => branch)).toEqual(['old', 'twin']);
  });

  it('is walked up to a bound where nothing was counted, and asked for', async () => {
    const stage = new Stage(rows);
    stage.point({ main: named(`c${COUNT - 1}`), old: named('y'), near: named('c29000') });
    const { near, old } = await stage.distances();
    expect(near).toMatch(/^0 999\+$/);
    expect(old).toMatch(/\+$/);
    expect(stage.histories.requested.map(({ branch }) => branch).sort()).toEqual(['near', 'old']);
    for (const { branch } of stage.histories.requested) await stage.index(branch);
    expect(await stage.distances()).toEqual(stage.plain());
  });

  it('is that of a plain count, over random graphs and moves', async () => {
    const random = seededPrng('distances of branches');
    for (let round = 0; round < 60; round++) {
      const count = 2 + random.below(40);
      const lines = Array.from({ length: count }, (_, n) => {
        const parents = n === 0 || random.once(15) ? [] : [random.below(n)];
        if (parents.length > 0 && random.once(3)) parents.push(random.below(n));
        return `n${n} < ${[...new Set(parents)].map((p) => `n${p}`).join(' ')}`;
      });
      const stage = new Stage(drawGraph(lines.join('\n')).rows);
      const names = ['main', ...Array.from({ length: 1 + random.below(40) }, (_, n) => `b${n}`)];
      const anywhere = () => named(`n${random.below(count)}`);
      stage.point(Object.fromEntries(names.map((name) => [name, anywhere()])));
      for (let move = 0; move < 6; move++) {
        for (const name of names) if (!random.once(3)) await stage.index(name);
        stage.point({ [random.pick(names)]: anywhere() });
        if (random.once(2)) stage.point({ main: anywhere() });
        expect(await stage.distances(), `round ${round}, ${lines.join(', ')}`).toEqual(
          stage.plain(),
        );
      }
    }
  });
});
