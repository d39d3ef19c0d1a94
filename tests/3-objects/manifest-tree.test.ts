import { describe, expect, it } from 'vitest';
import { type Id, sha256 } from '~/muse/ids';
import { DEFAULT_MANIFEST_LIMITS, ManifestTree } from '~/muse/manifest-tree';
import { isProblem, type Problem } from '~/muse/problem';
import { snapshotIdOf } from '~/muse/snapshot';
import { decodeTree, EMPTY_TREE_ID, encodeTree, type TreeEntry, treeIdOf } from '~/muse/tree';
import * as wireLimits from '~/wire/limits';
import { type Prng, seededPrng } from '~tests/support/prng';

const id = (text: string): Id => sha256(text);

function good(result: ManifestTree | Problem): ManifestTree {
  if (isProblem(result)) throw new Error(`${result.code} ${JSON.stringify(result.detail)}`);
  return result;
}

const manifest = (paths: Record<string, string>): ManifestTree =>
  good(ManifestTree.build(Object.entries(paths).map(([path, text]) => [path, id(text)])));

const storeOf = (...trees: ManifestTree[]): Map<Id, Uint8Array> =>
  new Map(trees.flatMap((tree) => [...tree.newTrees(() => false)].map((t) => [t.id, t.bytes])));

/** Root tree of a manifest by the definition: group by first segment, encode, hash. */
function naiveTreeId(entries: [path: string, objectId: Id][]): Id {
  const files = new Map<string, Id>();
  const dirs = new Map<string, [string, Id][]>();
  for (const [path, objectId] of entries) {
    const slash = path.indexOf('/');
    if (slash === -1) files.set(path, objectId);
    else {
      const name = path.slice(0, slash);
      dirs.set(name, [...(dirs.get(name) ?? []), [path.slice(slash + 1), objectId]]);
    }
  }
  return treeIdOf(
    encodeTree([
      ...[...files].map(([name, objectId]): TreeEntry => ({ kind: 'file', name, id: objectId })),
      ...[...dirs].map(
        ([name, below]): TreeEntry => ({ kind: 'dir', name, id: naiveTreeId(below) }),
      ),
    ]),
  );
}

describe('a manifest as a tree', () => {
  it('without files is the empty tree and the empty snapshot', () => {
    const empty = ManifestTree.empty();
    expect([empty.rootTreeId, empty.entryCount, [...empty.entries()]]).toEqual([
      EMPTY_TREE_ID,
      0,
      [],
    ]);
    expect(empty.snapshotId()).toBe(sha256(''));
    expect([...empty.newTrees(() => false)].map((tree) => tree.id)).toEqual([EMPTY_TREE_ID]);
  });

  it('gives its files back in byte order of the paths, whatever order they came in', () => {
    const tree = manifest({ 'a/b': '1', 'a.b': '2', a0: '3', 'a/c/d': '4', A: '5', é: '6' });
    expect([...tree.entries()].map(([path]) => path)).toEqual([
      'A',
      'a.b',
      'a/b',
      'a/c/d',
      'a0',
      'é',
    ]);
    expect(tree.entryCount).toBe(6);
    expect(tree.get('a/c/d')).toBe(id('4'));
    expect([tree.get('a/c'), tree.get('a'), tree.get('a/b/c'), tree.get('b')]).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });

  it('sorts as UTF-8 where UTF-16 would not', () => {
    const tree = manifest({ '\u{1f600}/x': '1', '\uff5e/y': '2' });
    expect([...tree.entries()].map(([path]) => path)).toEqual(['\uff5e/y', '\u{1f600}/x']);
    expect(tree.snapshotId()).toBe(snapshotIdOf(tree.entries()));
  });

  it('keeps the former version as it was', () => {
    const before = manifest({ 'a/b': '1', 'a/c': '2', d: '3' });
    const ids = [before.rootTreeId, before.snapshotId()];
    const after = good(before.apply({ add: [['a/b', id('9')]], remove: ['a/c'] }));
    expect([before.rootTreeId, before.snapshotId()]).toEqual(ids);
    expect(before.get('a/b')).toBe(id('1'));
    expect([...after.entries()]).toEqual([
      ['a/b', id('9')],
      ['d', id('3')],
    ]);
  });

  it('shares every directory that a change does not touch', () => {
    const before = manifest({ 'a/x/1': '1', 'a/y/2': '2', 'b/3': '3' });
    const known = storeOf(before);
    const after = good(before.apply({ add: [['a/x/1', id('new')]], remove: [] }));
    const fresh = [...after.newTrees((tree) => known.has(tree))];
    // root, a and a/x; neither a/y nor b
    expect(fresh).toHaveLength(3);
    expect(known.size).toBe(5);
  });

  it('gives a directory that stands in two places once', () => {
    const tree = manifest({ 'a/same': '1', 'b/same': '1' });
    expect([...tree.newTrees(() => false)]).toHaveLength(2);
  });

  it('stays itself when a change changes nothing', () => {
    const before = manifest({ 'a/b': '1' });
    expect(before.apply({ add: [['a/b', id('1')]], remove: [] })).toBe(before);
    expect(before.apply({ add: [], remove: [] })).toBe(before);
  });

  it('has no empty directories', () => {
    const before = manifest({ 'a/b/c': '1', d: '2' });
    const after = good(before.apply({ add: [], remove: ['a/b/c'] }));
    expect(after.rootTreeId).toBe(manifest({ d: '2' }).rootTreeId);
    const none = good(after.apply({ add: [], remove: ['d'] }));
    expect(none.rootTreeId).toBe(EMPTY_TREE_ID);
  });

  it('lets a file become a directory and a directory a file', () => {
    const file = manifest({ a: '1' });
    const directory = good(file.apply({ add: [['a/b', id('2')]], remove: ['a'] }));
    expect([...directory.entries()]).toEqual([['a/b', id('2')]]);
    const again = good(directory.apply({ add: [['a', id('3')]], remove: ['a/b'] }));
    expect([...again.entries()]).toEqual([['a', id('3')]]);
  });
});

describe('a change of a manifest', () => {
  const base = manifest({ 'a/b': '1', c: '2' });

  it.each<[string, string, [string, Id][], string[]]>([
    ['adds a file where a directory is', 'a', [['a', id('x')]], []],
    ['adds a directory where a file is', 'c', [['c/d', id('x')]], []],
    [
      'adds both of one name',
      'n',
      [
        ['n', id('x')],
        ['n/m', id('y')],
      ],
      [],
    ],
    [
      'adds both, the directory first',
      'n',
      [
        ['n/m', id('y')],
        ['n', id('x')],
      ],
      [],
    ],
    ['makes a deep directory of a file', 'c', [['c/d/e/f', id('x')]], []],
    ['removes what is not there', 'a/x', [], ['a/x']],
    ['removes a directory', 'a', [], ['a']],
    ['removes below a file', 'c/d', [], ['c/d']],
    ['removes in a directory that is not there', 'x/y/z', [], ['x/y/z']],
    [
      'names a path twice',
      'n',
      [
        ['n', id('x')],
        ['n', id('x')],
      ],
      [],
    ],
    ['removes and adds one path', 'c', [['c', id('x')]], ['c']],
    ['removes a path twice', 'c', [], ['c', 'c']],
    ['adds a path that is not allowed', '../x', [['../x', id('x')]], []],
    ['removes a path that is not allowed', '/c', [], ['/c']],
  ])('is refused with the path when it %s', (_, path, add, remove) => {
    expect(base.apply({ add, remove })).toMatchObject({ code: 'bad-path', detail: { path } });
  });

  it('is bounded in files, directories and text', () => {
    expect(DEFAULT_MANIFEST_LIMITS).toEqual({
      maxEntries: wireLimits.SNAPSHOT_MAX_ENTRIES,
      maxDirectories: wireLimits.SNAPSHOT_MAX_DIRECTORIES,
      maxTextBytes: wireLimits.SNAPSHOT_MAX_TEXT_BYTES,
    });
    const limits = { maxEntries: 3, maxDirectories: 4, maxTextBytes: 400 };
    const build = (paths: string[]) =>
      ManifestTree.build(
        paths.map((path) => [path, id(path)]),
        limits,
      );
    expect(isProblem(build(['a', 'b', 'c']))).toBe(false);
    expect(build(['a', 'b', 'c', 'd'])).toMatchObject({
      detail: { limit: 'snapshot_max_entries' },
    });
    expect(isProblem(build(['a/b/c/d']))).toBe(false);
    expect(build(['a/b/c/d/e'])).toMatchObject({ detail: { limit: 'snapshot_max_directories' } });
    expect(build(['a'.repeat(200), 'b'.repeat(200)])).toMatchObject({
      code: 'limit-exceeded',
      detail: { limit: 'snapshot_max_text_bytes', max: 400 },
    });
  });

  it('cannot make a directory of every two bytes sent', () => {
    const deep = Array.from({ length: 400 }, (_, i) => `${i}/${'d/'.repeat(1_500)}f`);
    const result = ManifestTree.build(deep.map((path) => [path, id(path)]));
    expect(result).toMatchObject({
      code: 'limit-exceeded',
      detail: {
        limit: 'snapshot_max_directories',
        max: DEFAULT_MANIFEST_LIMITS.maxDirectories * 2,
      },
    });
  });

  it('reaches a file at the greatest depth a path can have', () => {
    const path = `${'d/'.repeat(2_047)}ff`;
    const tree = manifest({ [path]: '1' });
    expect(tree.get(path)).toBe(id('1'));
    expect(tree.snapshotId()).toBe(snapshotIdOf([[path, id('1')]]));
    expect(good(tree.apply({ add: [], remove: [path] })).rootTreeId).toBe(EMPTY_TREE_ID);
  });
});

describe('a stored manifest', () => {
  const tree = manifest({ 'a/b/c': '1', 'a/d': '2', 'x/b/c': '1', e: '3' });
  const stored = storeOf(tree);
  const loadFrom = (trees: Map<Id, Uint8Array>) => (ids: Id[]) =>
    Promise.resolve(
      new Map(ids.flatMap((key) => (trees.has(key) ? [[key, trees.get(key)!]] : []))),
    );

  it('is loaded level by level, each directory once', async () => {
    const asked: Id[][] = [];
    const load = loadFrom(stored);
    const again = await ManifestTree.load(tree.rootTreeId, (ids) => {
      asked.push(ids);
      return load(ids);
    });
    expect([...again.entries()]).toEqual([...tree.entries()]);
    expect([again.snapshotId(), again.rootTreeId]).toEqual([tree.snapshotId(), tree.rootTreeId]);
    // root; a and x; b, which is the same below both
    expect(asked.map((ids) => ids.length)).toEqual([1, 2, 1]);
  });

  it('can be changed like one that was built', async () => {
    const again = await ManifestTree.load(tree.rootTreeId, loadFrom(stored));
    const change = { add: [['a/b/n', id('n')] as const], remove: ['x/b/c'] };
    expect(good(again.apply(change)).snapshotId()).toBe(good(tree.apply(change)).snapshotId());
  });

  it('is a fault when a directory is missing', async () => {
    const [first, ...rest] = [...stored].filter(([key]) => key !== tree.rootTreeId);
    const holes = new Map([[tree.rootTreeId, stored.get(tree.rootTreeId)!], ...rest]);
    await expect(ManifestTree.load(tree.rootTreeId, loadFrom(holes))).rejects.toThrow(
      `tree ${first![0]} is missing`,
    );
  });

  it('is a fault when a directory does not hash to its id', async () => {
    const root = Uint8Array.from(stored.get(tree.rootTreeId)!);
    root[root.length - 1]! ^= 1;
    const spoilt = new Map(stored).set(tree.rootTreeId, root);
    await expect(ManifestTree.load(tree.rootTreeId, loadFrom(spoilt))).rejects.toThrow(/damaged/);
  });
});

const canonical = (bytes: Uint8Array): boolean =>
  Buffer.compare(encodeTree(decodeTree(bytes)), bytes) === 0;

/** A few names, so that random changes meet each other; some long enough for text of many KiB. */
const NAMES = [
  'a',
  'b',
  'a.b',
  'a0',
  'é',
  'ｚ',
  '😀',
  'src',
  'lib',
  'x'.repeat(60),
  'y'.repeat(130),
];

const randomPath = (random: Prng): string =>
  Array.from({ length: 1 + random.below(4) }, () => random.pick(NAMES)).join('/');

/** Whether a path may join the others: no file where a directory is, nor the other way round. */
function fits(path: string, paths: Iterable<string>): boolean {
  for (const other of paths)
    if (other.startsWith(`${path}/`) || path.startsWith(`${other}/`)) return false;
  return true;
}

describe('a chain of random versions', () => {
  it('has the files, trees and ids of one built anew each time', async () => {
    const random = seededPrng('manifest versions');
    const now = new Map<string, Id>();
    let tree = ManifestTree.empty();
    for (let version = 0; version < 300; version++) {
      const remove = [...now.keys()].filter(() => random.once(6));
      for (const path of remove) now.delete(path);
      const add = new Map<string, Id>();
      for (let i = random.below(30); i > 0; i--) {
        const path = randomPath(random);
        if (remove.includes(path) || !fits(path, now.keys())) continue;
        add.set(path, id(`${random.below(5)}`));
        now.set(path, add.get(path)!);
      }
      tree = good(tree.apply({ add, remove }));
      const entries = [...now];
      expect(tree.snapshotId()).toBe(snapshotIdOf(entries));
      expect(tree.rootTreeId).toBe(naiveTreeId(entries));
      expect(tree.entryCount).toBe(entries.length);
      expect([...tree.entries()].every(([path, objectId]) => now.get(path) === objectId)).toBe(
        true,
      );
      const built = good(ManifestTree.build(entries));
      expect(built.rootTreeId).toBe(tree.rootTreeId);
      const trees = [...tree.newTrees(() => false)];
      expect(trees.filter((t) => treeIdOf(t.bytes) !== t.id)).toEqual([]);
      expect(trees.filter((t) => !canonical(t.bytes))).toEqual([]);
    }
  });

  it('costs what changes: 300 versions of 2,000 files make few new directories', () => {
    const path = (i: number) => `m${i % 10}/p${Math.floor(i / 10) % 10}/file-${i}.ts`;
    const files = Array.from({ length: 2_000 }, (_, i): [string, Id] => [path(i), id(`${i}`)]);
    let tree = good(ManifestTree.build(files));
    const seen = new Set([...tree.newTrees(() => false)].map((t) => t.id));
    expect(seen.size).toBe(111);
    const now = new Map(files);
    for (let version = 0; version < 300; version++) {
      const add = [7, 611, 1_303].map((step): [string, Id] => [
        path((version * step) % 2_000),
        id(`${version} ${step}`),
      ]);
      for (const [changed, objectId] of new Map(add)) now.set(changed, objectId);
      tree = good(tree.apply({ add: new Map(add), remove: [] }));
      const fresh = [...tree.newTrees((treeId) => seen.has(treeId))];
      // At most root, and for each of three files a module and a part.
      expect(fresh.length).toBeLessThanOrEqual(7);
      for (const { id: treeId } of fresh) seen.add(treeId);
      tree.snapshotId();
    }
    expect(tree.snapshotId()).toBe(snapshotIdOf(now));
    expect(tree.approxBytes).toBeLessThan(1_000_000);
  });
});
