import { describe, expect, it } from 'vitest';
import { compareNewest, orderOf } from '~/muse/commit-order';
import type { Id } from '~/muse/ids';
import type { BranchRow, GraphRow } from '~/server/ports/browse-store';
import type { HistoryScope } from '~/server/ports/history-store';
import { indexHistory } from '~/server/services/index-history';
import { HistoryCache, loadHistory } from '~/server/services/load-history';
import { walkGraph } from '~/server/services/walk-graph';
import { drawGraph, MemoryGraph, named } from '~tests/support/graph';
import { MemoryHistoryStore } from '~tests/support/memory-history-store';
import { emptyRepository, MemoryHub } from '~tests/support/memory-hub';

const REPO = '00000000-0000-4000-8000-000000000001';
const KEY = { repoId: REPO, branch: 'topic' };

/** A repository whose branch `topic` and default branch `main` point where a test says. */
class Stage {
  readonly hub = new MemoryHub();
  readonly graph: MemoryGraph;
  readonly histories = new MemoryHistoryStore(this.hub);
  historyCache = new HistoryCache();
  scope: HistoryScope = { head: '', exclude: null };

  constructor(readonly rows: Map<Id, GraphRow>) {
    this.graph = new MemoryGraph(rows);
    const repository = emptyRepository({ id: REPO, ownerId: REPO, slug: 'r', deleted: false });
    this.hub.repositories.set(REPO, repository);
  }

  point(head: Id, exclude: Id | null): void {
    this.scope = { head, exclude };
    this.hub.repository(REPO).defaultBranch = exclude === null ? KEY.branch : 'main';
  }

  load() {
    const { graph: browse, histories, historyCache } = this;
    return loadHistory(KEY, this.scope, { browse, histories, historyCache });
  }

  async list(): Promise<Id[]> {
    const history = await this.load();
    return history.slice(0, history.count);
  }

  index(): Promise<boolean> {
    const branch = (name: string, head: Id): BranchRow => ({
      ...{ name, head, updatedAtMs: 0, pushSeq: 1 },
    });
    const { head, exclude } = this.scope;
    const branches = new Map([[KEY.branch, branch(KEY.branch, head)]]);
    if (exclude !== null) branches.set('main', branch('main', exclude));
    const graph = this.graph;
    const browse = {
      findGenerations: graph.findGenerations.bind(graph),
      findOrders: graph.findOrders.bind(graph),
      scanGraph: graph.scanGraph.bind(graph),
      findBranches: async () => branches,
    };
    return indexHistory(KEY, { histories: this.histories, browse });
  }
}

function setUp(drawing: string) {
  const { rows, names } = drawGraph(drawing);
  const stage = new Stage(rows);
  const list = async (head: string, exclude: string | null = null) => {
    stage.point(named(head), exclude && named(exclude));
    return (await stage.list()).map((id) => names.get(id));
  };
  return { rows, stage, list };
}

/** What a scope has, by the plainest means. */
function plainList(rows: Map<Id, GraphRow>, { head, exclude }: HistoryScope): Id[] {
  const excluded = exclude === null ? new Set<Id>() : closure(rows, exclude);
  return [...closure(rows, head)]
    .filter((id) => !excluded.has(id))
    .map((id) => rows.get(id)!)
    .sort(compareNewest)
    .map(({ id }) => id);
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

//   a ── b ── d ── m        main
//    \            /
//     c ─────────            side, merged
const MERGED = `
a
b < a
c < a
d < b
m < d c`;

const chain = (count: number) =>
  Array.from({ length: count }, (_, n) => (n === 0 ? 'c0' : `c${n} < c${n - 1}`)).join('\n');

describe('the history of a branch', () => {
  it('holds the commits the head reaches, newest first', async () => {
    const { list } = setUp(MERGED);
    expect(await list('m')).toEqual(['m', 'd', 'c', 'b', 'a']);
    expect(await list('c')).toEqual(['c', 'a']);
  });

  it('leaves out what an excluded head reaches', async () => {
    const { list } = setUp(`${MERGED}\nx < b\ny < x`);
    expect(await list('y', 'm')).toEqual(['y', 'x']);
    expect(await list('c', 'm')).toEqual([]);
    expect(await list('m', 'y')).toEqual(['m', 'd', 'c']);
  });

  it('never shows a parent before its child, whatever the clocks say', async () => {
    const { list } = setUp('a @ 500\nb < a @ 100\nc < b @ 300\nd < a @ 501');
    expect(await list('c')).toEqual(['c', 'b', 'a']);
  });

  it('interleaves branches by time, not by depth', async () => {
    // A side branch of three quick commits, merged much later.
    const { list } = setUp(
      'a @ 0\ns1 < a @ 1\ns2 < s1 @ 2\ns3 < s2 @ 3\nb < a @ 1000\nc < b @ 2000\nm < c s3 @ 3000',
    );
    expect(await list('m')).toEqual(['m', 'c', 'b', 's3', 's2', 's1', 'a']);
  });

  it('finds places and neighbours, also where nothing is', async () => {
    const { stage, rows } = setUp(`${MERGED}\nx < m`);
    stage.point(named('m'), null);
    const history = await stage.load();
    expect(await history.indexOf(named('m'))).toBe(0);
    expect(await history.indexOf(named('a'))).toBe(4);
    expect(await history.indexOf(named('x'))).toBe(-1);
    expect(await history.indexOf(named('elsewhere'))).toBe(-1);
    expect(await history.at(-1)).toBeNull();
    expect(await history.at(5)).toBeNull();
    expect(await history.at(1)).toBe(named('d'));
    stage.point(named('c'), named('m'));
    expect(await (await stage.load()).indexOf(named('c'))).toBe(-1);
    expect(rows.size).toBe(6);
  });

  it('says so when a commit that is reached is not stored', async () => {
    const { rows, stage, list } = setUp(MERGED);
    const root = rows.get(named('a'))!;
    rows.delete(named('a'));
    await expect(list('m')).rejects.toThrow(/lacks 1 commit/);
    // Not remembered: once the commit is there, the same question is answered.
    rows.set(named('a'), root);
    expect((await stage.load()).count).toBe(5);
  });
});

describe('the order of a commit', () => {
  it('is its time, or a millisecond after its latest parent', () => {
    expect(orderOf(500, [])).toBe(500);
    expect(orderOf(500, [100, 400])).toBe(500);
    expect(orderOf(500, [100, 700])).toBe(701);
  });

  it('counts what is no time of the calendar as the epoch', () => {
    expect(orderOf(null, [])).toBe(0);
    expect(orderOf(8.64e15, [])).toBe(0);
    expect(orderOf(null, [100])).toBe(101);
  });
});

describe('a history that is not saved', () => {
  it('is walked once, however many ask at the same time, and asked for', async () => {
    const { stage } = setUp(MERGED);
    stage.point(named('m'), null);
    await Promise.all([stage.list(), stage.list()]);
    await stage.list();
    expect(stage.graph.scans).toBe(1);
    expect(stage.histories.requested).toEqual([KEY]);
  });

  it('is forgotten when others need the room', async () => {
    const { stage, list } = setUp(MERGED);
    stage.historyCache = new HistoryCache(300);
    await list('m');
    await list('d');
    const { scans } = stage.graph;
    await list('d');
    expect(stage.graph.scans).toBe(scans);
    await list('m');
    expect(stage.graph.scans).toBeGreaterThan(scans);
  });
});

describe('a saved history', () => {
  it('is read without a walk, only where it is looked at', async () => {
    const { stage } = setUp(chain(5_000));
    stage.point(named('c4999'), null);
    expect(await stage.index()).toBe(true);
    stage.graph.scans = 0;
    const history = await stage.load();
    expect(history.count).toBe(5_000);
    expect(await history.slice(4_998, 5_010)).toEqual([named('c1'), named('c0')]);
    expect(await history.indexOf(named('c0'))).toBe(4_999);
    expect(stage.graph.scans).toBe(0);
    expect(stage.histories.chunksRead).toBe(1);
    // Another process reads it as fast.
    stage.historyCache = new HistoryCache();
    expect(await (await stage.load()).at(0)).toBe(named('c4999'));
    expect(stage.histories.chunksRead).toBe(2);
  });

  it('follows the branch by walking only what a push added', async () => {
    const { stage } = setUp(`${chain(5_000)}\nn1 < c4999\nn2 < n1 c10`);
    stage.point(named('c4999'), null);
    await stage.index();
    stage.graph.rowsScanned = 0;
    stage.point(named('n2'), null);
    const history = await stage.load();
    expect(await history.slice(0, 3)).toEqual(['n2', 'n1', 'c4999'].map(named));
    expect(history.count).toBe(5_002);
    // One chunk of the graph, not the history down to what was merged.
    expect(stage.graph.rowsScanned).toBeLessThanOrEqual(512);
    expect(stage.histories.requested).toEqual([]);
  });

  it('of a branch far below costs nothing when the default moves', async () => {
    const { stage } = setUp(`${chain(3_000)}\nt < c5\nn1 < c2999`);
    stage.point(named('t'), named('c2999'));
    await stage.index();
    stage.graph.rowsScanned = 0;
    stage.point(named('t'), named('n1'));
    expect(await stage.list()).toEqual([named('t')]);
    expect(stage.graph.rowsScanned).toBeLessThanOrEqual(512);
  });

  it('is saved in few new chunks when a push adds to it', async () => {
    const { stage } = setUp(`${chain(5_000)}\nn1 < c4999`);
    stage.point(named('c4999'), null);
    await stage.index();
    const before = (await stage.histories.find(KEY))!;
    stage.point(named('n1'), null);
    await stage.index();
    const after = (await stage.histories.find(KEY))!;
    expect(after.nextNumber - before.nextNumber).toBe(1);
    expect(await stage.index()).toBe(false);
  });

  it('that is far behind is asked for anew', async () => {
    const { stage } = setUp(chain(600));
    stage.point(named('c10'), null);
    await stage.index();
    stage.point(named('c599'), null);
    expect(await stage.list()).toHaveLength(600);
    expect(stage.histories.requested).toEqual([KEY]);
  });

  it('is made again by whoever comes second when two save at once', async () => {
    const { stage } = setUp(chain(1_500));
    stage.point(named('c1499'), null);
    expect((await Promise.all([stage.index(), stage.index()])).sort()).toEqual([false, true]);
    expect(await stage.list()).toHaveLength(1_500);
  });
});

describe('on any graph, wherever the branches are moved', () => {
  it('a history is what a plain walk finds, saved, followed or walked', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const { rows, ids, random } = randomGraph(seed, 80);
      await expectPlain(new Stage(rows), ids, random, 12);
    }
  });

  it('so it is over many chunks', async () => {
    for (let seed = 500; seed <= 503; seed++) {
      const { rows, ids, random } = randomGraph(seed, 2_600);
      await expectPlain(new Stage(rows), ids, random, 12);
    }
  });

  async function expectPlain(
    stage: Stage,
    ids: Id[],
    random: (below: number) => number,
    moves: number,
  ) {
    let at = Math.floor(ids.length / 2);
    for (let move = 0; move < moves; move++) {
      // Forward for the most part, sometimes anywhere, the default branch too.
      at = random(4) === 0 ? random(ids.length) : Math.min(ids.length - 1, at + random(40));
      const exclude = random(3) === 0 ? null : ids[random(ids.length)]!;
      stage.point(ids[at]!, random(2) === 0 ? exclude : stage.scope.exclude);
      const expected = plainList(stage.rows, stage.scope);
      const history = await stage.load();
      expect(history.count).toBe(expected.length);
      expect(await history.slice(0, history.count)).toEqual(expected);
      const some = random(expected.length || 1);
      if (expected[some]) expect(await history.indexOf(expected[some])).toBe(some);
      const other = ids[random(ids.length)]!;
      expect(await history.indexOf(other)).toBe(expected.indexOf(other));
      if (random(2) === 0) {
        await stage.index();
        expect(await stage.list()).toEqual(expected);
      }
    }
  }
});

describe('walking a graph', () => {
  it('tells for every commit which heads reach it', async () => {
    const { rows, stage } = setUp(`${MERGED}\nx < b`);
    const seen = new Map<string, number>();
    const starts = [
      { id: named('m'), bits: 1 },
      { id: named('x'), bits: 2 },
    ];
    const complete = await walkGraph(REPO, starts, stage.graph, {
      settled: () => false,
      visit: (row, bits) => {
        seen.set(row.id, bits);
      },
    });
    expect(complete).toBe(true);
    const both = [...rows.keys()].filter((id) => seen.get(id) === 3);
    expect(new Set(both)).toEqual(new Set([named('a'), named('b')]));
    expect(seen.get(named('c'))).toBe(1);
    expect(seen.get(named('x'))).toBe(2);
  });

  it('stops at the bound of rows and says that it is not complete', async () => {
    const { stage } = setUp(chain(1_501));
    const starts = [{ id: named('c1500'), bits: 1 }];
    let visited = 0;
    const complete = await walkGraph(REPO, starts, stage.graph, {
      settled: () => false,
      visit: () => {
        visited++;
      },
      maxRows: 512,
    });
    expect(complete).toBe(false);
    expect(visited).toBe(512);
  });
});

function randomGraph(seed: number, size: number) {
  let state = seed;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const rows = new Map<Id, GraphRow>();
  const ids: Id[] = [];
  for (let i = 0; i < size; i++) {
    const parents = new Set<Id>();
    if (i > 0 && random(12) > 0) parents.add(ids[Math.max(0, i - 1 - random(6))]!);
    if (i > 0 && random(4) === 0) parents.add(ids[random(i)]!);
    const id = named(`${seed}/${i}`);
    const above = [...parents].map((parent) => rows.get(parent)!);
    const generation = 1 + Math.max(0, ...above.map((row) => row.generation));
    // Many equal times: the ids break the ties.
    const orders = above.map(({ orderMs }) => orderMs);
    const orderMs = orderOf(random(size) * 1000, orders);
    rows.set(id, { id, parents: [...parents], generation, orderMs });
    ids.push(id);
  }
  return { rows, ids, random };
}
