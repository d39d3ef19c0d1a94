import { beforeEach, describe, expect, it } from 'vitest';
import { type Id, objectIdOf, sha256 } from '~/muse/ids';
import type { FetchStore } from '~/server/ports/fetch-store';
import { BatchSize } from '~/server/services/batch-size';
import { deltaOf } from '~/server/services/manifest-delta';
import { listManifest } from '~/server/services/manifest-list';
import { type FetchPlan, planFetch } from '~/server/services/plan-fetch';
import { StoredRecordDamaged, TreeSource } from '~/server/services/tree-source';
import type { FetchStage, Person } from '~tests/support/fetch-stage';
import { memoryStage } from '~tests/support/memory-stage';
import { Prng } from '~tests/support/prng';
import type { SeedCommit, SeededRepository, SeedFiles } from '~tests/support/seed-repository';

let stage: FetchStage;
let ada: Person;
let repoId: string;

beforeEach(async () => {
  stage = memoryStage();
  ada = await stage.person('ada');
  repoId = await stage.emptyRepository(ada, 'notes');
});

/** The store, with how many trees each query asked for. */
function watched(): { store: FetchStore; trees: Id[]; queries: () => number } {
  const trees: Id[] = [];
  let queries = 0;
  const real = stage.deps.store;
  const store = new Proxy(real, {
    get(target, name) {
      const member = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        queries++;
        if (name === 'loadTrees') trees.push(...(args[1] as Id[]));
        return member.apply(target, args);
      };
    },
  });
  return { store, trees, queries: () => queries };
}

const treesOf = (id: string, store: FetchStore) =>
  new TreeSource((ids) => store.loadTrees(id, ids));

const planOf = (
  repo: SeededRepository,
  want: string[],
  have: string[] = [],
  depth: number | null = null,
  store = stage.deps.store,
) =>
  planFetch(
    repoId,
    {
      want: want.map((name) => repo.commits.get(name)!.id),
      have: have.map((name) => repo.commits.get(name)!.id),
      depth,
    },
    store,
    treesOf(repoId, store),
  );

const objectsOf = (plan: FetchPlan): Id[] => [...plan.objects(7)].flat();
const idOf = (text: string): Id => objectIdOf(Buffer.from(text));

describe('the objects of a fetch', () => {
  it('are not sent when a file is copied, moved, or its folder renamed', async () => {
    const repo = await stage.seed(ada, repoId, [
      { name: 'a', files: { 'x/one.txt': '1', 'x/deep/two.txt': '2', 'y.txt': '3' } },
      { name: 'copy', parents: ['a'], files: { 'z/one.txt': '1' } },
      { name: 'move', parents: ['copy'], files: { 'y.txt': null, 'w/y.txt': '3' } },
      {
        name: 'rename',
        parents: ['move'],
        files: {
          'x/one.txt': null,
          'x/deep/two.txt': null,
          'v/one.txt': '1',
          'v/deep/two.txt': '2',
        },
      },
    ]);
    const plan = await planOf(repo, ['rename'], ['a']);
    expect(plan.commits.size).toBe(3);
    expect([plan.objectCount, objectsOf(plan)]).toEqual([0, []]);
  });

  it('are those on the way that no snapshot at the boundary holds, also when they are gone again', async () => {
    const repo = await stage.seed(ada, repoId, [
      { name: 'a', files: { 'f.txt': 'first' } },
      { name: 'b', parents: ['a'], files: { 'f.txt': 'brief' } },
      { name: 'c', parents: ['b'], files: { 'f.txt': 'first' } },
    ]);
    const plan = await planOf(repo, ['c'], ['a']);
    expect(objectsOf(plan)).toEqual([idOf('brief')]);
    expect(plan.objectCount).toBe(1);
  });

  it('leave out what the peer has on a branch of its own', async () => {
    const repo = await stage.seed(ada, repoId, [
      { name: 'a', files: { 'f.txt': '1' } },
      { name: 'theirs', parents: ['a'], files: { 'picked.txt': 'picked' } },
      { name: 'ours', parents: ['a'], files: { 'elsewhere.txt': 'picked', 'new.txt': 'new' } },
      { name: 'm', parents: ['ours', 'theirs'], files: {} },
    ]);
    const plan = await planOf(repo, ['ours'], ['theirs']);
    expect(objectsOf(plan)).toEqual([idOf('new')]);
  });

  it('are counted as they are listed', async () => {
    const files: SeedFiles = {};
    for (let n = 0; n < 100; n++) files[`d${n % 7}/f${n}`] = `content ${n % 90}`;
    const repo = await stage.seed(ada, repoId, [{ name: 'a', files }]);
    const plan = await planOf(repo, ['a']);
    expect(plan.objectCount).toBe(90);
    expect(new Set(objectsOf(plan)).size).toBe(90);
    expect([...plan.objects(40)].map((batch) => batch.length)).toEqual([40, 40, 10]);
  });
});

describe('the snapshots of a fetch', () => {
  it('come once each, and not when the peer has them', async () => {
    const repo = await stage.seed(ada, repoId, [
      { name: 'a', files: { 'f.txt': '1' } },
      { name: 'b', parents: ['a'], files: { 'f.txt': '2' } },
      { name: 'same', parents: ['b'], files: {} },
      { name: 'back', parents: ['same'], files: { 'f.txt': '1' } },
    ]);
    const plan = await planOf(repo, ['back'], ['a']);
    expect(plan.commits.size).toBe(3);
    expect(plan.snapshots.sendCount).toBe(1);
    const sent = Array.from({ length: plan.snapshots.size }, (_, place) => place).filter(
      (place) => !plan.snapshots.isHeld(place),
    );
    expect(sent.map((place) => plan.snapshots.at(place))).toEqual([
      repo.commits.get('b')!.snapshotId,
    ]);
    expect(plan.snapshots.at(plan.snapshots.ofCommit(2))).toBe(repo.commits.get('a')!.snapshotId);
  });
});

describe('the cost of a plan', () => {
  /** 100 folders of 10 files. */
  const manyFiles = (): SeedFiles => {
    const files: SeedFiles = {};
    for (let n = 0; n < 1000; n++) files[`folder-${n % 100}/file-${n}.txt`] = `content ${n}`;
    return files;
  };

  it('is one read of each tree for a clone, whatever the number of commits', async () => {
    const commits: SeedCommit[] = [{ name: '0', files: manyFiles() }];
    for (let n = 1; n <= 50; n++) {
      commits.push({
        name: `${n}`,
        parents: [`${n - 1}`],
        files: { [`folder-${n}/file-x.txt`]: `x ${n}` },
      });
    }
    const repo = await stage.seed(ada, repoId, commits);
    const { store, trees, queries } = watched();
    const plan = await planOf(repo, ['50'], [], null, store);
    expect(plan.objectCount).toBe(1050);
    // 101 trees of the first snapshot, then a root and a folder for each commit.
    expect(trees.length).toBe(201);
    expect(new Set(trees).size).toBe(201);
    expect(queries()).toBeLessThan(30);
  });

  it('is what changed, for a file changed deep in a large tree', async () => {
    const repo = await stage.seed(ada, repoId, [
      { name: 'a', files: { ...manyFiles(), 'one/two/three/deep.txt': 'old' } },
      { name: 'b', parents: ['a'], files: { 'one/two/three/deep.txt': 'new' } },
    ]);
    const { store, trees } = watched();
    const source = new TreeSource((ids) => store.loadTrees(repoId, ids));
    const [before, after] = ['a', 'b'].map((name) => repo.commits.get(name)!.tree.rootTreeId);
    expect(await deltaOf(before!, after!, source, 1000)).toEqual({
      add: [['one/two/three/deep.txt', idOf('new')]],
      remove: [],
    });
    expect(trees.length).toBe(8);
  });
});

describe('a plan of any history', () => {
  it('has exactly the commits of want without have, and every object the peer lacks', async () => {
    const random = new Prng(20_260_416);
    for (let round = 0; round < 15; round++) {
      const id = await stage.emptyRepository(ada, `random-${round}`);
      const commits = randomCommits(random, 30);
      const repo = await stage.seed(ada, id, commits, { head: 'c29' });
      for (let n = 0; n < 6; n++) {
        const want = [`c${random.below(30)}`, `c${random.below(30)}`];
        const have = n === 0 ? [] : [`c${random.below(30)}`, `c${random.below(30)}`];
        const wish = {
          want: [...new Set(want)].map((name) => repo.commits.get(name)!.id),
          have: [...new Set(have)].map((name) => repo.commits.get(name)!.id),
          depth: null,
        };
        const plan = await planFetch(id, wish, stage.deps.store, treesOf(id, stage.deps.store));
        const wanted = closure(repo, want);
        const held = closure(repo, have);
        const missing = [...wanted].filter((commit) => !held.has(commit));
        expect([...plan.commits].sort()).toEqual(missing.sort());
        const had = new Set([...held].flatMap((commit) => objectsIn(repo, commit)));
        const lacking = new Set(missing.flatMap((commit) => objectsIn(repo, commit)));
        for (const object of had) lacking.delete(object);
        const sent = objectsOf(plan);
        for (const object of lacking) expect(sent).toContain(object);
        // More than is lacking may only be what left the peer's snapshots again.
        for (const object of sent) if (!lacking.has(object)) expect(had).toContain(object);
      }
    }
  });

  function randomCommits(random: Prng, count: number): SeedCommit[] {
    const trees: Map<string, SeedFiles>[] = [];
    return Array.from({ length: count }, (_, n) => {
      const parents =
        n === 0
          ? []
          : [...new Set([random.below(n), random.below(n)])].slice(0, random.below(2) + 1);
      const present = new Map(n === 0 ? [] : trees[parents[0]!]);
      const files: SeedFiles = {};
      for (let k = 0; k <= random.below(4); k++) {
        const path = `d${random.below(4)}/e${random.below(3)}/f${random.below(5)}`;
        if (present.has(path) && !(path in files) && random.once(3)) {
          files[path] = null;
          present.delete(path);
        } else {
          files[path] = `content ${random.below(60)}`;
          present.set(path, {});
        }
      }
      trees.push(present);
      return { name: `c${n}`, parents: parents.map((p) => `c${p}`), files, message: `${n}` };
    });
  }

  function closure(repo: SeededRepository, names: string[]): Set<Id> {
    const byId = new Map([...repo.commits.values()].map((commit) => [commit.id, commit]));
    const reached = new Set<Id>();
    const pending = names.map((name) => repo.commits.get(name)!.id);
    for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
      if (reached.has(id)) continue;
      reached.add(id);
      pending.push(...byId.get(id)!.parents);
    }
    return reached;
  }

  const objectsIn = (repo: SeededRepository, id: Id): Id[] => {
    const commit = [...repo.commits.values()].find((one) => one.id === id)!;
    return [...commit.manifest.values()];
  };
});

describe('a source of trees', () => {
  it('hashes what it reads, and does not take a damaged tree for one', async () => {
    const repo = await stage.seed(ada, repoId, [{ name: 'a', files: { 'x/f': '1' } }]);
    const root = repo.commits.get('a')!.tree.rootTreeId;
    const wrong = new TreeSource(async (ids) => new Map(ids.map((id) => [id, Buffer.from([1])])));
    await expect(wrong.load([root])).rejects.toBeInstanceOf(StoredRecordDamaged);
    const none = new TreeSource(async () => new Map());
    await expect(none.load([root])).rejects.toMatchObject({
      kind: 'tree',
      id: root,
      reason: 'missing',
    });
  });

  it('keeps the last used within its bound of bytes', async () => {
    const trees = new Map<Id, Buffer>();
    for (let n = 0; n < 50; n++) {
      const bytes = Buffer.concat([Buffer.from([1]), Buffer.alloc(999, n)]);
      trees.set(sha256(bytes), bytes);
    }
    const asked: Id[] = [];
    const source = new TreeSource(async (ids) => {
      asked.push(...ids);
      return new Map(ids.map((id) => [id, trees.get(id)!]));
    }, 10_000);
    const ids = [...trees.keys()];
    for (const id of ids) {
      await source.load([id]);
      await source.load([ids[0]!]);
    }
    expect(asked.length).toBe(50);
    await source.load([ids[1]!]);
    expect(asked.length).toBe(51);
  });

  it('knows the empty tree', async () => {
    const source = new TreeSource(() => Promise.reject(new Error('asked')));
    const { EMPTY_TREE_ID } = await import('~/muse/tree');
    expect(await listManifest(EMPTY_TREE_ID, source)).toEqual([]);
  });
});

describe('the size of a batch', () => {
  it('grows while rows are small, and shrinks at once when they are large', () => {
    const batch = new BatchSize(512, 1000);
    const sizes = [batch.count];
    for (let n = 0; n < 4; n++) {
      batch.note(batch.count, batch.count);
      sizes.push(batch.count);
    }
    expect(sizes).toEqual([16, 64, 256, 512, 512]);
    batch.note(512, 512_000);
    expect(batch.count).toBe(1);
    batch.note(1, 1_000_000);
    expect(batch.count).toBe(1);
  });
});
