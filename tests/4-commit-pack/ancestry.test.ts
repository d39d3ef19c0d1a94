import { describe, expect, it } from 'vitest';
import { generationsOf, reachFrom, sortTopologically } from '~/muse/ancestry';
import { isProblem } from '~/muse/problem';
import { seededPrng } from '~tests/support/prng';

interface Drawn {
  id: string;
  parents: string[];
}

/** A graph from lines such as `m < a b`: m has the parents a and b. */
const draw = (drawing: string): Map<string, Drawn> =>
  new Map(
    drawing
      .trim()
      .split('\n')
      .map((line): [string, Drawn] => {
        const [id = '', parents = ''] = line.split('<').map((part) => part.trim());
        return [id, { id, parents: parents.split(' ').filter(Boolean) }];
      }),
  );

function order(graph: Map<string, Drawn>): string[] {
  const sorted = sortTopologically(graph);
  if (isProblem(sorted)) throw new Error(`${sorted.code} at ${sorted.detail.commit_id}`);
  return sorted.map(({ id }) => id);
}

/** A chain c0 ← c1 ← … ← c(length-1), given in any order. */
const chain = (length: number, newestFirst: boolean): Map<string, Drawn> => {
  const nodes = Array.from({ length }, (_, i): [string, Drawn] => [
    `c${i}`,
    { id: `c${i}`, parents: i === 0 ? [] : [`c${i - 1}`] },
  ]);
  return new Map(newestFirst ? nodes.reverse() : nodes);
};

//     a ← b ← d ← e      a and f are roots; x is stored elsewhere
//      ↖ c ↙    ↖ g → f
const diamond = draw(`
  e < d
  d < b c
  g < d f
  f
  b < a
  c < a x
  a
`);

describe('the order of commits', () => {
  it('puts every parent before its children, each commit once', () => {
    const sorted = order(diamond);
    expect(sorted.toSorted()).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    for (const { id, parents } of diamond.values())
      for (const parent of parents)
        if (diamond.has(parent)) expect(sorted.indexOf(parent)).toBeLessThan(sorted.indexOf(id));
  });

  it('is the given one where that will do', () => {
    expect(order(draw('a\nb < a\nc < a\nm < b c'))).toEqual(['a', 'b', 'c', 'm']);
    expect(order(draw('b\na\nm < a b'))).toEqual(['b', 'a', 'm']);
  });

  it.each([
    ['of one commit that is its own parent', 'a < a'],
    ['of two', 'a < b\nb < a'],
    ['behind a head', 'h < a\na < b\nb < c\nc < a'],
    ['through a second parent', 'r\na < r c\nb < a\nc < b'],
  ])('does not exist for a cycle %s', (_, drawing) => {
    expect(sortTopologically(draw(drawing))).toMatchObject({ code: 'commit-cycle' });
  });

  it('does not take a diamond for a cycle', () => {
    expect(order(draw('m < b c\nb < a\nc < a\na'))).toEqual(['a', 'b', 'c', 'm']);
    expect(order(draw('m < a a\na'))).toEqual(['a', 'm']);
  });

  it.each([true, false])('is found for a chain of 50,000 (newest first: %s)', (newestFirst) => {
    const started = performance.now();
    const sorted = order(chain(50_000, newestFirst));
    expect([sorted[0], sorted.at(-1), sorted.length]).toEqual(['c0', 'c49999', 50_000]);
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it('of a cycle of 50,000 is refused', () => {
    const ring = chain(50_000, true);
    ring.get('c0')!.parents.push('c49999');
    expect(sortTopologically(ring)).toMatchObject({ code: 'commit-cycle' });
  });
});

describe('what a head reaches', () => {
  it('is all commits through any parent, and what lies just beyond', () => {
    expect(reachFrom('e', diamond)).toEqual({
      inside: new Set(['e', 'd', 'b', 'c', 'a']),
      outside: new Set(['x']),
    });
    expect(reachFrom('f', diamond)).toEqual({ inside: new Set(['f']), outside: new Set() });
  });

  it('is itself alone when it is not in the graph', () => {
    expect(reachFrom('y', diamond)).toEqual({ inside: new Set(), outside: new Set(['y']) });
  });

  it('agrees with the definition for random graphs', () => {
    const random = seededPrng('reach');
    for (let round = 0; round < 100; round++) {
      const graph = new Map<string, Drawn>();
      for (let i = 0; i < 40; i++) {
        const parents = Array.from(
          { length: random.below(3) },
          () => `n${random.below(i + 3) - 3}`,
        );
        graph.set(`n${i}`, { id: `n${i}`, parents });
      }
      for (const [id, node] of graph) node.parents = node.parents.filter((parent) => parent !== id);
      const closure = new Set(['n39']);
      for (let before = 0; before !== closure.size; ) {
        before = closure.size;
        for (const id of [...closure]) for (const p of graph.get(id)?.parents ?? []) closure.add(p);
      }
      const { inside, outside } = reachFrom('n39', graph);
      expect(new Set([...inside, ...outside])).toEqual(closure);
      expect([...inside].every((id) => graph.has(id))).toBe(true);
      expect([...outside].some((id) => graph.has(id))).toBe(false);
    }
  });
});

describe('the generation of a commit', () => {
  it('is 1 for a root, else 1 more than its highest parent, stored ones counted', () => {
    const sorted = sortTopologically(diamond);
    if (isProblem(sorted)) throw new Error(sorted.code);
    const generations = generationsOf(sorted, (id) => (id === 'x' ? 7 : undefined));
    expect(Object.fromEntries(generations)).toEqual({ a: 1, b: 2, c: 8, d: 9, e: 10, f: 1, g: 10 });
  });
});
