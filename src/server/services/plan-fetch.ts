import { IdSet } from '~/muse/id-set';
import type { Id } from '~/muse/ids';
import type { FetchStore } from '../ports/fetch-store';
import { PlannedSnapshots } from './planned-snapshots';
import { StoredRecordDamaged, type TreeSource } from './tree-source';
import { type TreePair, walkTrees } from './walk-trees';

/** What a fetch asks for; ids without duplicates, `want` all stored in the repository. */
export interface FetchWish {
  want: Id[];
  have: Id[];
  /** Generations from the wanted commits; null: all. */
  depth: number | null;
}

/**
 * What a fetch will send, as ids: about 110 bytes for each commit and 50 for each object, whatever
 * these hold. It never changes, so that several fetches may read it.
 */
export interface FetchPlan {
  /** Parents before children. */
  commits: IdSet;
  snapshots: PlannedSnapshots;
  objectCount: number;
  /** The objects to send, in batches. */
  objects(batchObjects: number): Iterable<Id[]>;
  /** Bytes it keeps in memory, about. */
  heldBytes: number;
}

/** Snapshots whose trees are walked together. */
const SNAPSHOTS_PER_WALK = 128;
/** Tips of the peer's own side that are looked at for objects it has. */
const HAVE_TIPS_MAX = 64;
/** Entries of the peer's snapshots that are read to find objects it has under other paths. */
export const HELD_ENTRIES_MAX = 200_000;

/**
 * Plans a fetch: which commits `want` reaches and `have` does not, their snapshots, and the objects
 * that these hold and the snapshots at the peer's boundary do not.
 *
 * The cost follows what changed: a tree that a commit shares with its parent is not read. Above
 * `HELD_ENTRIES_MAX` entries the peer's own snapshots are not searched to the end; then an object
 * that it has under another path may be sent once more. Throws `StoredRecordDamaged`.
 *
 * @param trees of the repository
 */
export async function planFetch(
  repoId: string,
  wish: FetchWish,
  store: FetchStore,
  trees: TreeSource,
): Promise<FetchPlan> {
  const history = await walkHistory(repoId, wish, store);
  const { objects, met } = await collectObjects(repoId, history, store, trees);
  const held = new Uint8Array(objects.size);
  let heldCount = 0;
  const markHeld = (bytes: Buffer, start: number) => {
    const index = objects.indexOfBytes(bytes, start);
    if (index < 0 || held[index]) return;
    held[index] = 1;
    heldCount++;
  };
  for (const id of met) markHeld(Buffer.from(id, 'hex'), 0);
  if (heldCount < objects.size) {
    const own = await snapshotsOfPeer(repoId, wish, history, store);
    const done = () => heldCount === objects.size;
    await searchPeer(repoId, own, store, trees, { file: markHeld, done });
  }
  const { commits, snapshots } = history;
  return {
    commits,
    snapshots,
    objectCount: objects.size - heldCount,
    objects: (batchObjects) => batches(objects, held, batchObjects),
    heldBytes: commits.heldBytes + snapshots.heldBytes + objects.heldBytes + held.byteLength,
  };
}

function* batches(objects: IdSet, held: Uint8Array, batchObjects: number): Generator<Id[]> {
  let batch: Id[] = [];
  for (let index = 0; index < objects.size; index++) {
    if (held[index]) continue;
    batch.push(objects.at(index));
    if (batch.length < batchObjects) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

interface History {
  commits: IdSet;
  snapshots: PlannedSnapshots;
  /** Parents of sent commits that the peer has, and the places of their snapshots. */
  boundary: Map<Id, number>;
}

/** Walks the commits to send, and finds where the peer's history begins. */
async function walkHistory(repoId: string, wish: FetchWish, store: FetchStore): Promise<History> {
  const commits = new IdSet();
  const snapshots = new PlannedSnapshots();
  const boundary = new Map<Id, number>();
  if (wish.want.length === 0) return { commits, snapshots, boundary };
  const { want, have, depth } = wish;
  for await (const batch of store.walkCommits(repoId, want, have, depth)) {
    const unsent = new Set(batch.flatMap(({ parents }) => parents));
    for (const { id } of batch) unsent.delete(id);
    for (const id of unsent) if (commits.has(id) || boundary.has(id)) unsent.delete(id);
    for (const [id, snapshotId] of await heldOf(repoId, [...unsent], wish, store)) {
      boundary.set(id, snapshots.addHeld(snapshotId));
    }
    for (const { id, snapshotId, parents } of batch) {
      if (!commits.add(id)) continue;
      const first = parents[0];
      const index = first === undefined ? -1 : commits.indexOf(first);
      const base = index >= 0 ? snapshots.ofCommit(index) : first && boundary.get(first);
      snapshots.push(snapshotId, typeof base === 'number' ? base : null);
    }
  }
  return { commits, snapshots, boundary };
}

/**
 * Those of the unsent parents that the peer has, with their snapshots. Without a depth all of them:
 * they were not walked because `have` reaches them.
 */
async function heldOf(
  repoId: string,
  parents: Id[],
  { have, depth }: FetchWish,
  store: FetchStore,
): Promise<Map<Id, Id>> {
  const held = new Map<Id, Id>();
  if (parents.length === 0 || have.length === 0) return held;
  for await (const batch of store.walkCommits(repoId, parents, [], 1)) {
    for (const { id, snapshotId } of batch) held.set(id, snapshotId);
  }
  if (depth === null) return held;
  for await (const batch of store.walkCommits(repoId, parents, have, 1)) {
    for (const { id } of batch) held.delete(id);
  }
  return held;
}

/** Gathers the objects of the snapshots to send, and those met on the way that the peer has. */
async function collectObjects(
  repoId: string,
  { snapshots, boundary }: History,
  store: FetchStore,
  trees: TreeSource,
): Promise<{ objects: IdSet; met: IdSet }> {
  const objects = new IdSet();
  const met = new IdSet();
  const seen = new IdSet();
  // Without a boundary every parent is walked before its children, and `seen` alone prunes.
  const known = (place: number) => (boundary.size > 0 ? snapshots.baseOf(place) : null);
  for (let from = 0; from < snapshots.size; from += SNAPSHOTS_PER_WALK) {
    const places: number[] = [];
    const ids = new Set<Id>();
    const end = Math.min(snapshots.size, from + SNAPSHOTS_PER_WALK);
    for (let place = from; place < end; place++) {
      if (snapshots.isHeld(place)) continue;
      places.push(place);
      ids.add(snapshots.at(place));
      const base = known(place);
      if (base !== null) ids.add(snapshots.at(base));
    }
    const roots = await rootTrees(repoId, [...ids], store);
    const pairs = places.map((place): TreePair => {
      const tree = roots.get(snapshots.at(place))!;
      const base = known(place);
      if (base === null) return { tree, known: null, knownHeld: false };
      return { tree, known: roots.get(snapshots.at(base))!, knownHeld: snapshots.isHeld(base) };
    });
    await walkTrees(pairs, trees, seen, {
      file: (bytes, start) => objects.addBytes(bytes, start),
      heldFile: (bytes, start) => met.addBytes(bytes, start),
    });
  }
  return { objects, met };
}

/** Snapshots that the peer has: at the boundary first, then at the tips of its own side. */
async function snapshotsOfPeer(
  repoId: string,
  { have }: FetchWish,
  { boundary, snapshots }: History,
  store: FetchStore,
): Promise<Id[]> {
  if (have.length === 0) return [];
  const own = new Map<Id, Id>();
  const inner = new Set<Id>();
  for await (const batch of store.walkCommits(repoId, have, [...boundary.keys()], 1)) {
    for (const { id, snapshotId, parents } of batch) {
      own.set(id, snapshotId);
      for (const parent of parents) inner.add(parent);
    }
  }
  const tips = [...own].filter(([id]) => !inner.has(id)).slice(0, HAVE_TIPS_MAX);
  const atBoundary = [...boundary.values()].map((place) => snapshots.at(place));
  return [...new Set([...atBoundary, ...tips.map(([, snapshotId]) => snapshotId)])];
}

/** Looks through snapshots of the peer for objects that need not be sent. */
async function searchPeer(
  repoId: string,
  snapshotIds: Id[],
  store: FetchStore,
  trees: TreeSource,
  visitor: { file(bytes: Buffer, start: number): void; done(): boolean },
): Promise<void> {
  const seen = new IdSet();
  let entries = 0;
  for (let from = 0; from < snapshotIds.length; from += SNAPSHOTS_PER_WALK) {
    const ids = snapshotIds.slice(from, from + SNAPSHOTS_PER_WALK);
    const roots = await rootTrees(repoId, ids, store);
    const pairs = ids.map((id) => ({ tree: roots.get(id)!, known: null, knownHeld: false }));
    const complete = await walkTrees(pairs, trees, seen, {
      file(bytes, start) {
        entries++;
        visitor.file(bytes, start);
      },
      enough: () => entries > HELD_ENTRIES_MAX || visitor.done(),
    });
    if (!complete) return;
  }
}

async function rootTrees(repoId: string, ids: Id[], store: FetchStore): Promise<Map<Id, Id>> {
  const roots = new Map<Id, Id>();
  if (ids.length === 0) return roots;
  const found = await store.loadSnapshots(repoId, ids);
  for (const id of ids) {
    const snapshot = found.get(id);
    if (!snapshot) throw new StoredRecordDamaged('snapshot', id, 'missing');
    roots.set(id, snapshot.rootTreeId);
  }
  return roots;
}
