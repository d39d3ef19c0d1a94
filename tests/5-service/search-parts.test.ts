import { describe, expect, it } from 'vitest';
import { EMPTY_TREE_ID, encodeTree, treeIdOf } from '~/muse/tree';
import { walkPaths } from '~/server/services/list-paths';
import { matchPaths } from '~/server/services/match-paths';
import { asksNothing, parseSearch } from '~/server/services/search-query';
import { TreeSource } from '~/server/services/tree-source';

describe('what is typed into the search field', () => {
  it('is words, phrases in quotes, and fields by their names', () => {
    expect(parseSearch('fix "streaming push" author:ada type:feat')).toMatchObject({
      ...{ words: ['fix'], phrases: ['streaming push'], author: 'ada', type: 'feat' },
      ...{ agent: null, repo: null, ref: null, idStart: null },
    });
    expect(parseSearch('AUTHOR:"Ada Lovelace" repo:ada/engine ref:feat/x')).toMatchObject({
      ...{ words: [], author: 'Ada Lovelace', repo: 'ada/engine', ref: 'feat/x' },
    });
  });

  it('always means something, whatever it is', () => {
    expect(parseSearch('"open').phrases).toEqual(['open']);
    expect(parseSearch('other:thing').words).toEqual(['other:thing']);
    expect(parseSearch('author:').words).toEqual([]);
    expect(parseSearch(`' \\ & | ! ( ) :* <->`).words).toHaveLength(9);
    expect(parseSearch('').words).toEqual([]);
    expect(parseSearch('a '.repeat(400)).words).toHaveLength(12);
  });

  it('may be the start of an id when it is six hex digits or more, and nothing else', () => {
    expect(parseSearch('sha256:ABCDEF0').idStart).toBe('abcdef0');
    expect(parseSearch('abcdef').idStart).toBe('abcdef');
    expect(parseSearch('abcde').idStart).toBeNull();
    expect(parseSearch('abcdef more').idStart).toBeNull();
    expect(parseSearch(`"abcdef"`).idStart).toBeNull();
  });

  it('asks nothing without a word or a field that narrows', () => {
    expect(asksNothing(parseSearch('  '))).toBe(true);
    expect(asksNothing(parseSearch('repo:a/b'))).toBe(true);
    expect(asksNothing(parseSearch('agent:bot'))).toBe(false);
  });
});

describe('matching paths', () => {
  const paths = [
    'README.md',
    'docs/protocol.md',
    'src/wire/frame-codec.ts',
    'src/wire/frames.ts',
    'tests/frame-codec.test.ts',
    'src/server/services/receive-push.ts',
  ];

  it('takes the letters in their order, not necessarily together', () => {
    expect(matchPaths(paths, 'recpush', 9)).toEqual(['src/server/services/receive-push.ts']);
    expect(matchPaths(paths, 'swframe', 9)).toContain('src/wire/frames.ts');
    expect(matchPaths(paths, 'zz', 9)).toEqual([]);
  });

  it('puts a name before a part of a name, and that before a folder', () => {
    expect(matchPaths(paths, 'frames.ts', 9)[0]).toBe('src/wire/frames.ts');
    expect(matchPaths(paths, 'frame-codec', 9)).toEqual([
      'src/wire/frame-codec.ts',
      'tests/frame-codec.test.ts',
    ]);
    expect(matchPaths(paths, 'wire', 9)).toEqual(['src/wire/frames.ts', 'src/wire/frame-codec.ts']);
  });

  it('is without case and spaces, bounded, and everything for nothing', () => {
    expect(matchPaths(paths, ' READ me ', 9)).toEqual(['README.md']);
    expect(matchPaths(paths, '', 2)).toEqual(paths.slice(0, 2));
    expect(matchPaths(paths, 's', 3)).toHaveLength(3);
  });
});

describe('the paths of a snapshot', () => {
  const trees = new Map<string, Uint8Array>();
  const put = (entries: Parameters<typeof encodeTree>[0]) => {
    const bytes = encodeTree(entries);
    trees.set(treeIdOf(bytes), bytes);
    return treeIdOf(bytes);
  };
  const file = (name: string) => ({ kind: 'file' as const, name, id: 'ab'.repeat(32) });
  const dir = (name: string, id: string) => ({ kind: 'dir' as const, name, id });
  const leaf = put([file('x'), file('y')]);
  const root = put([dir('a', leaf), file('a.txt'), dir('b', put([dir('c', leaf), file('z')]))]);
  const source = () => {
    const loads: number[] = [];
    const trie = new TreeSource(async (ids) => {
      loads.push(ids.length);
      return new Map(ids.map((id) => [id, trees.get(id)!]));
    });
    return { trie, loads };
  };

  it('come in the order of their bytes', async () => {
    const found = await walkPaths(root, source().trie, 100);
    expect(found).toEqual({
      paths: ['a.txt', 'a/x', 'a/y', 'b/c/x', 'b/c/y', 'b/z'],
      truncated: false,
    });
    expect(found.paths).toEqual([...found.paths].sort());
    expect((await walkPaths(EMPTY_TREE_ID, source().trie, 9)).paths).toEqual([]);
  });

  it('end at the bound, which is said', async () => {
    expect(await walkPaths(root, source().trie, 3)).toEqual({
      paths: ['a.txt', 'a/x', 'a/y'],
      truncated: true,
    });
    expect((await walkPaths(root, source().trie, 6)).truncated).toBe(false);
  });
});
