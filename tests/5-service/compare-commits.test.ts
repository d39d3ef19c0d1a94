import { describe, expect, it } from 'vitest';
import { comparisonAddress } from '~/app/_components/address';
import { readComparedRefs } from '~/app/_components/compare-refs';
import { findDivergence } from '~/server/services/compare-commits';
import { drawGraph, MemoryGraph, named } from '~tests/support/graph';
import { seededPrng } from '~tests/support/prng';
import { randomHistory } from '~tests/support/random-history';

async function divergence(drawing: string, base: string, head: string) {
  const { rows, names } = drawGraph(drawing);
  const found = await findDivergence('r', named(base), named(head), new MemoryGraph(rows));
  const say = (ids: string[]) => ids.map((id) => names.get(id)!).join(' ');
  return { ...found, mergeBases: say(found.mergeBases), ahead: say(found.ahead) };
}

//   a ── b ── c ── d      main
//         \
//          x ── y         side
const FORK = 'a\nb < a\nc < b\nd < c\nx < b\ny < x';

describe('how two commits lie to each other', () => {
  it('is what each has alone, newest first, and where they parted', async () => {
    expect(await divergence(FORK, 'd', 'y')).toEqual({
      ...{ mergeBases: 'b', ahead: 'y x', behind: 2, bounded: false },
    });
  });

  it('is plain when one descends from the other, or is the same', async () => {
    expect(await divergence(FORK, 'b', 'd')).toMatchObject({ mergeBases: 'b', ahead: 'd c' });
    expect(await divergence(FORK, 'd', 'b')).toMatchObject({ ahead: '', behind: 2 });
    expect(await divergence(FORK, 'd', 'd')).toMatchObject({
      mergeBases: 'd',
      ahead: '',
      behind: 0,
    });
  });

  it('has several such places where lines were merged crosswise', async () => {
    //   a ── b ── m      m and n have both b and c
    //    \    \ /
    //     \    X
    //      \  / \
    //       c ── n
    const found = await divergence('a\nb < a\nc < a\nm < b c\nn < c b', 'm', 'n');
    expect(found).toMatchObject({ mergeBases: 'c b', ahead: 'n', behind: 1 });
  });

  it('has none where nothing is common', async () => {
    expect(await divergence('a\nb < a\nx\ny < x', 'b', 'y')).toMatchObject({
      ...{ mergeBases: '', ahead: 'y x', behind: 2 },
    });
  });

  it('is what sets of ancestors say, in random histories', async () => {
    const prng = seededPrng('divergence');
    const commits = randomHistory(prng, 300);
    const rows = new Map(
      commits.map((commit, n) => [commit.id, { ...commit, orderMs: n, timeMs: n }]),
    );
    const reach = (id: string): Set<string> => {
      const seen = new Set<string>();
      for (const open = [id]; open.length > 0; ) {
        const next = open.pop()!;
        if (seen.has(next)) continue;
        seen.add(next);
        open.push(...rows.get(next)!.parents);
      }
      return seen;
    };
    for (let n = 0; n < 60; n++) {
      const [base, head] = [prng.pick(commits).id, prng.pick(commits).id];
      const [left, right] = [reach(base), reach(head)];
      const common = [...left].filter((id) => right.has(id));
      const best = common.filter(
        (id) => !common.some((other) => other !== id && reach(other).has(id)),
      );
      const found = await findDivergence('r', base, head, new MemoryGraph(rows));
      expect(new Set(found.mergeBases)).toEqual(new Set(best));
      expect(new Set(found.ahead)).toEqual(new Set([...right].filter((id) => !left.has(id))));
      expect(found.behind).toBe([...left].filter((id) => !right.has(id)).length);
    }
  });
});

describe('the address of a comparison', () => {
  it('names both sides, with their slashes, and how they are compared', () => {
    for (const refs of [
      { base: 'main', head: 'feat/wire', direct: false },
      { base: 'release/1.0', head: 'main', direct: true },
      { base: `sha256:${'a'.repeat(64)}`, head: 'odd/ünï?#%', direct: false },
    ]) {
      const address = comparisonAddress({ owner: 'ada', slug: 'notes' }, refs, { w: '1' });
      const [, end] = /^\/ada\/notes\/compare\/([^?]*)\?w=1$/.exec(address)!;
      expect(readComparedRefs(end!.split('/').map(decodeURIComponent).join('/'))).toEqual(refs);
    }
    expect(comparisonAddress({ owner: 'a', slug: 'b' }, { base: 'x/y', head: 'z' })).toBe(
      '/a/b/compare/x/y...z',
    );
  });

  it('without two sides is none', () => {
    for (const text of ['main', '...', 'main...', '...main', 'main..', '', 'a....b']) {
      expect(readComparedRefs(text), text).toBeNull();
    }
  });
});
