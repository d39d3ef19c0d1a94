import { describe, expect, it } from 'vitest';
import { type Id, objectIdOf } from '~/muse/ids';
import type { FileChange, TreeDiff } from '~/server/services/diff-trees';
import { findRenames, nameOf, SIMILAR_FILE_MAX_BYTES } from '~/server/services/find-renames';
import { directCompute } from '~tests/support/direct-compute';
import { type Prng, seededPrng } from '~tests/support/prng';

type Files = Record<string, string>;

const NONE = { added: 0, modified: 0, removed: 0, renamed: 0 };

/** The changes between two folders, as a walk over their trees gives them. */
function changesOf(before: Files, after: Files): TreeDiff {
  const diff: TreeDiff = { files: [], ...NONE, truncated: false };
  for (const path of [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()) {
    const idOf = (files: Files) =>
      Object.hasOwn(files, path) ? objectIdOf(Buffer.from(files[path]!)) : null;
    const [was, is] = [idOf(before), idOf(after)];
    if (was === is) continue;
    const change = was === null ? 'added' : is === null ? 'removed' : 'modified';
    diff[change]++;
    diff.files.push({ path, change, before: was, after: is, oldPath: null, share: null });
  }
  return diff;
}

function sourceOf(...folders: Files[]) {
  const contents = new Map<Id, Uint8Array>();
  for (const text of folders.flatMap((files) => Object.values(files))) {
    contents.set(objectIdOf(Buffer.from(text)), Buffer.from(text));
  }
  const read: Id[] = [];
  return {
    read,
    compute: directCompute,
    sizes: async (ids: Id[]) => new Map(ids.map((id) => [id, contents.get(id)!.byteLength])),
    contents: async (ids: Id[]) => {
      read.push(...ids);
      return new Map(ids.map((id) => [id, contents.get(id)!]));
    },
  };
}

async function renames(before: Files, after: Files) {
  const found = await findRenames(changesOf(before, after), sourceOf(before, after));
  return found.files
    .filter(({ change }) => change === 'renamed')
    .map(({ oldPath, path, share }) => [oldPath, path, share]);
}

const text = (n: number, lines = 40) =>
  Array.from({ length: lines }, (_, i) => `${n} line ${i + 10}\n`).join('');

describe('renamed files', () => {
  it('with the same contents are joined, and counted as nothing else', async () => {
    const before = { 'a.txt': 'a\n', 'b.txt': 'b\n', 'same.txt': 's\n' };
    const after = { 'x/a.txt': 'a\n', 'new.txt': 'n\n', 'same.txt': 's\n' };
    const found = await findRenames(changesOf(before, after), sourceOf(before, after));
    expect(found).toMatchObject({ added: 1, removed: 1, modified: 0, renamed: 1 });
    expect(found.files.map(({ change, oldPath, path }) => [change, oldPath, path])).toEqual([
      ['removed', null, 'b.txt'],
      ['added', null, 'new.txt'],
      ['renamed', 'a.txt', 'x/a.txt'],
    ]);
  });

  it('of several with the same contents are joined by name, then by path', async () => {
    expect(
      await renames(
        { 'a/one.txt': 'x\n', 'a/two.txt': 'x\n', 'a/three.txt': 'x\n' },
        { 'b/two.txt': 'x\n', 'b/aaa.txt': 'x\n', 'b/zzz.txt': 'x\n' },
      ),
    ).toEqual([
      ['a/one.txt', 'b/aaa.txt', 1],
      ['a/two.txt', 'b/two.txt', 1],
      ['a/three.txt', 'b/zzz.txt', 1],
    ]);
  });

  it('that were changed a little are joined with the most alike', async () => {
    const before = { 'a.txt': text(1), 'b.txt': text(2) };
    const after = { 'c.txt': `${text(1)}more\n`, 'd.txt': text(2).replace('2 line 12\n', '') };
    expect(await renames(before, after)).toEqual([
      ['a.txt', 'c.txt', expect.closeTo(0.98, 1)],
      ['b.txt', 'd.txt', expect.closeTo(0.97, 1)],
    ]);
  });

  it('that share less than half, or are empty, are an old one and a new one', async () => {
    expect(await renames({ 'a.txt': text(1) }, { 'b.txt': text(2) })).toEqual([]);
    expect(await renames({ 'a.txt': '' }, { 'b.txt': '' })).toEqual([]);
    expect(await renames({ 'a.txt': 'x\n' }, { 'b.txt': `x\n${text(1)}` })).toEqual([]);
  });

  it('are looked for by contents only within the bounds', async () => {
    const large = text(1, SIMILAR_FILE_MAX_BYTES / 10);
    const before = { 'a.txt': large, 'small.txt': text(3) };
    const after = { 'b.txt': `${large}x\n`, 'tiny.txt': text(4) };
    const source = sourceOf(before, after);
    expect((await findRenames(changesOf(before, after), source)).renamed).toBe(0);
    expect(source.read).toHaveLength(2);

    const many = (folder: string, end: string): Files =>
      Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`${folder}/${n}`, text(n) + end]));
    const crowd = sourceOf(many('a', ''), many('b', 'x\n'));
    const found = await findRenames(changesOf(many('a', ''), many('b', 'x\n')), crowd);
    expect([found.renamed, crowd.read.length]).toEqual([0, 0]);
    const moved = changesOf(many('a', ''), many('b', ''));
    expect((await findRenames(moved, crowd)).renamed).toBe(101);
  });

  it('are those that a slow and plain search finds, in random folders', async () => {
    const prng = seededPrng('renames');
    for (let n = 0; n < 150; n++) {
      const [before, after] = randomFolders(prng);
      const changes = changesOf(before, after);
      const found = await findRenames(changes, sourceOf(before, after));
      const pairs = found.files
        .filter(({ change }) => change === 'renamed')
        .map(({ oldPath, path }) => `${oldPath} → ${path}`);
      expect(pairs).toEqual(plainRenames(changes.files, before, after));
      // Joining loses no file and makes none up.
      const sides = found.files.flatMap(({ change, path, oldPath }) =>
        change === 'renamed' ? [`-${oldPath}`, `+${path}`] : [`${change}${path}`],
      );
      expect(sides).toHaveLength(changes.files.length);
    }
  });
});

/** A folder, and another in which some of its files moved, changed, went or came. */
function randomFolders(prng: Prng): [Files, Files] {
  const lines = () =>
    Array.from({ length: prng.below(8) }, () => `${prng.pick(['one', 'two', 'three', 'four'])}\n`);
  const name = () =>
    `${prng.pick(['a', 'b', 'c'])}/${prng.pick(['x', 'y', 'z', 'w'])}${prng.below(3)}`;
  const before: Files = {};
  for (let n = prng.below(12); n > 0; n--) before[name()] = lines().join('');
  const after: Files = {};
  for (const [path, content] of Object.entries(before)) {
    if (prng.once(5)) continue;
    const kept = content
      .split(/(?<=\n)/)
      .filter(() => !prng.once(4))
      .join('');
    after[prng.once(2) ? name() : path] = prng.once(2) ? content : kept;
  }
  for (let n = prng.below(3); n > 0; n--) after[name()] = lines().join('');
  return [before, after];
}

/** Every pair of a file that went and one that came, weighed line by line; the best first. */
function plainRenames(files: FileChange[], before: Files, after: Files): string[] {
  const share = (from: string, to: string): number => {
    if (from === to) return from === '' ? 0 : 2;
    const left = from.split(/(?<=\n)/);
    let common = 0;
    for (const line of to.split(/(?<=\n)/)) {
      const place = left.indexOf(line);
      if (place < 0) continue;
      left.splice(place, 1);
      common += line.length;
    }
    return common / Math.max(from.length, to.length);
  };
  const gone = files.filter(({ change }) => change === 'removed');
  const come = files.filter(({ change }) => change === 'added');
  const pairs = gone.flatMap((from, i) =>
    come.map((to, j) => ({
      ...{ i, j, from: from.path, to: to.path, share: share(before[from.path]!, after[to.path]!) },
      sameName: Number(nameOf(from.path) === nameOf(to.path)),
    })),
  );
  // Equal files are given out by the order of those that came, alike ones by that of those that went.
  const order = (a: (typeof pairs)[0], b: (typeof pairs)[0]) =>
    a.share === 2 ? a.j - b.j || a.i - b.i : a.i - b.i || a.j - b.j;
  pairs.sort((a, b) => b.share - a.share || b.sameName - a.sameName || order(a, b));
  const taken = new Set<string>();
  const found = new Map<string, string>();
  for (const { from, to, share: weight } of pairs) {
    if (weight < 0.5 || taken.has(from) || found.has(to)) continue;
    taken.add(from);
    found.set(to, from);
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([to, from]) => `${from} → ${to}`);
}
