import { describe, expect, it } from 'vitest';
import type { GraphRow } from '~/server/ports/browse-store';
import { HistoryCache, loadHistory } from '~/server/services/load-history';
import { walkGraph } from '~/server/services/walk-graph';
import { drawGraph, MemoryGraph, named } from '~tests/support/graph';

const REPO = '00000000-0000-4000-8000-000000000001';

function setUp(drawing: string) {
  const { rows, names } = drawGraph(drawing);
  const browse = new MemoryGraph(rows);
  const deps = { browse, histories: new HistoryCache() };
  const list = async (head: string, exclude: string | null = null) => {
    const history = await loadHistory(REPO, named(head), exclude && named(exclude), deps);
    return history.slice(0, history.count).map((id) => names.get(id));
  };
  return { rows, browse, deps, list };
}

/** What a head reaches, by the plainest means. */
function closure(rows: Map<string, GraphRow>, head: string): Set<string> {
  const seen = new Set<string>();
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

  it('finds places and neighbours', async () => {
    const { deps } = setUp(MERGED);
    const history = await loadHistory(REPO, named('m'), null, deps);
    expect(history.indexOf(named('m'))).toBe(0);
    expect(history.indexOf(named('a'))).toBe(4);
    expect(history.indexOf(named('elsewhere'))).toBe(-1);
    expect(history.at(-1)).toBeNull();
    expect(history.at(5)).toBeNull();
    expect(history.at(1)).toBe(named('d'));
  });

  it('orders a commit without a time by its parents', async () => {
    const { rows, deps } = setUp('a @ 100\nb < a @ 0\nc < b @ 200');
    rows.get(named('b'))!.timeMs = null;
    const history = await loadHistory(REPO, named('c'), null, deps);
    expect(history.slice(0, 3)).toEqual([named('c'), named('b'), named('a')]);
  });

  it('says so when a commit that is reached is not stored', async () => {
    const { rows, deps } = setUp(MERGED);
    rows.delete(named('a'));
    await expect(loadHistory(REPO, named('m'), null, deps)).rejects.toThrow(/lacks 1 commit/);
    // Not remembered: once the commit is there, the same question is answered.
    rows.set(named('a'), { id: named('a'), parents: [], generation: 1, timeMs: 0 });
    expect((await loadHistory(REPO, named('m'), null, deps)).count).toBe(5);
  });
});

describe('walking again', () => {
  it('asks the database once per head', async () => {
    const { browse, list } = setUp(MERGED);
    await Promise.all([list('m'), list('m')]);
    await list('m');
    expect(browse.scans).toBe(1);
  });

  it('walks only what a push added', async () => {
    let drawing = 'c0';
    for (let i = 1; i <= 3000; i++) drawing += `\nc${i} < c${i - 1}`;
    const { browse, list } = setUp(`${drawing}\nn1 < c3000\nn2 < n1 c10`);
    expect(await list('c3000')).toHaveLength(3001);
    browse.rowsScanned = 0;
    const after = await list('n2');
    expect(after.slice(0, 3)).toEqual(['n2', 'n1', 'c3000']);
    expect(after).toHaveLength(3003);
    // One chunk, not the history over again.
    expect(browse.rowsScanned).toBeLessThanOrEqual(512);
  });

  it('gives the same history whether it was walked at once or in steps', async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const { rows, heads } = randomGraph(seed, 60);
      const browse = new MemoryGraph(rows);
      const stepwise = { browse, histories: new HistoryCache() };
      for (const head of heads) {
        const steps = await loadHistory(REPO, head, null, stepwise);
        const atOnce = await loadHistory(REPO, head, null, {
          browse,
          histories: new HistoryCache(),
        });
        expect(new Set(steps.slice(0, steps.count))).toEqual(closure(rows, head));
        expect(steps.slice(0, 3).length).toBe(Math.min(3, steps.count));
        expect(steps.slice(0, steps.count)).toEqual(atOnce.slice(0, atOnce.count));
      }
    }
  });

  it('keeps children before parents and exclusions exact on any graph', async () => {
    for (let seed = 100; seed <= 140; seed++) {
      const { rows, heads } = randomGraph(seed, 50);
      const deps = { browse: new MemoryGraph(rows), histories: new HistoryCache() };
      const [head, exclude] = [heads[0]!, heads[1]!];
      const history = await loadHistory(REPO, head, exclude, deps);
      const listed = history.slice(0, history.count);
      const excluded = closure(rows, exclude);
      const wanted = [...closure(rows, head)].filter((id) => !excluded.has(id));
      expect(new Set(listed)).toEqual(new Set(wanted));
      for (const [place, id] of listed.entries()) {
        for (const parent of rows.get(id)!.parents) {
          const parentPlace = listed.indexOf(parent);
          if (parentPlace >= 0) expect(parentPlace).toBeGreaterThan(place);
        }
      }
    }
  });

  it('forgets the histories used longest ago when it holds too many commits', async () => {
    const { rows, browse } = setUp(MERGED);
    const deps = { browse, histories: new HistoryCache(6) };
    await loadHistory(REPO, named('m'), null, deps);
    await loadHistory(REPO, named('c'), named('b'), deps);
    await loadHistory(REPO, named('d'), named('c'), deps);
    const scans = browse.scans;
    await loadHistory(REPO, named('d'), named('c'), deps);
    expect(browse.scans).toBe(scans);
    await loadHistory(REPO, named('m'), null, deps);
    expect(browse.scans).toBeGreaterThan(scans);
    expect(rows.size).toBe(5);
  });
});

describe('walking a graph', () => {
  it('tells for every commit which heads reach it', async () => {
    const { rows, browse } = setUp(`${MERGED}\nx < b`);
    const seen = new Map<string, number>();
    const starts = [
      { id: named('m'), bits: 1 },
      { id: named('x'), bits: 2 },
    ];
    const complete = await walkGraph(REPO, starts, browse, {
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
    let drawing = 'c0';
    for (let i = 1; i <= 1500; i++) drawing += `\nc${i} < c${i - 1}`;
    const { browse } = setUp(drawing);
    const starts = [{ id: named('c1500'), bits: 1 }];
    let visited = 0;
    const complete = await walkGraph(REPO, starts, browse, {
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
  const rows = new Map<string, GraphRow>();
  const ids: string[] = [];
  for (let i = 0; i < size; i++) {
    const parents = new Set<string>();
    if (i > 0 && random(12) > 0) parents.add(ids[Math.max(0, i - 1 - random(6))]!);
    if (i > 0 && random(4) === 0) parents.add(ids[random(i)]!);
    const id = named(`${seed}/${i}`);
    const generation = 1 + Math.max(0, ...[...parents].map((p) => rows.get(p)!.generation));
    // Distinct times, so that the order has no ties to break.
    rows.set(id, { id, parents: [...parents], generation, timeMs: random(1_000_000) * 1000 + i });
    ids.push(id);
  }
  return { rows, heads: [ids[size - 1]!, ids[size - 5]!, ids[random(size)]!, ids[size - 2]!] };
}
