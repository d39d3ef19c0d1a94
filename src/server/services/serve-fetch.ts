import type { Id } from '~/muse/ids';
import { commitRecordOf } from '~/wire/commit-record';
import type { CommitRecord, SnapshotDelta, SnapshotRecord } from '~/wire/frames';
import type { FetchStore } from '../ports/fetch-store';
import type { ObjectReader, ObjectToRead, ReadObject } from '../ports/object-storage';
import { BatchSize } from './batch-size';
import type { FetchPlans } from './fetch-plans';
import { checkWish } from './fetch-wish';
import { deltaOf, warmDeltas } from './manifest-delta';
import { listManifest } from './manifest-list';
import type { OpenRepository } from './open-repository';
import type { FetchPlan, FetchWish } from './plan-fetch';
import { objectNotFound } from './read-object';
import { StoredRecordDamaged, TreeSource } from './tree-source';

/**
 * A fetch (docs/protocol.md §4) in two halves: `openFetch` answers what can still have an HTTP
 * status, then the parts are drawn one after the other, each no sooner than the peer reads it.
 *
 * What is drawn stands in stored rows and segments that never change, so a fetch needs no lock; a
 * row or byte that is gone or wrong throws and is never skipped.
 */
export interface ServeFetchDeps {
  store: FetchStore;
  objects: ObjectReader;
  plans: FetchPlans;
}

export interface OpenedFetch {
  repoId: string;
  branchHeads: Record<string, Id>;
  plan: FetchPlan;
  /** The repository's trees, the last read ones at hand. */
  trees: TreeSource;
}

/** A snapshot to be sent: whole, or as the difference from one that the peer has by then. */
export type SentSnapshot =
  | { kind: 'whole'; record: SnapshotRecord }
  | { kind: 'delta'; record: SnapshotDelta };

/** Objects located in one query, and read in the order in which they lie. */
const LOCATE_BATCH_OBJECTS = 4096;
const RECORDS_BATCH_MAX = 64;
const SNAPSHOTS_BATCH = 64;

/**
 * Looks at what is asked and plans the answer. Throws `Refusal` `object-not-found` for a wanted
 * commit that is not here, `StoredRecordDamaged` for what should be and is not.
 */
export async function openFetch(
  repo: OpenRepository,
  wish: FetchWish,
  { store, plans }: Pick<ServeFetchDeps, 'store' | 'plans'>,
): Promise<OpenedFetch> {
  const repoId = repo.entry.id;
  const branchHeads = await store.branchHeads(repoId);
  const trees = new TreeSource((ids) => store.loadTrees(repoId, ids));
  const plan = await plans.find(repoId, await checkWish(repo, wish, store), store, trees);
  return { repoId, branchHeads, plan, trees };
}

/** The objects of a fetch, verified, in batches; large ones are for the caller to read in parts. */
export async function* sentObjects(
  { repoId, plan }: OpenedFetch,
  { store, objects }: ServeFetchDeps,
  signal: AbortSignal,
): AsyncGenerator<ReadObject<ObjectToRead>[]> {
  for (const ids of plan.objects(LOCATE_BATCH_OBJECTS)) {
    const located = await locate(repoId, ids, store);
    yield* objects.readBatches(repoId, located, { signal });
  }
}

/** Where these objects lie, in the order in which they lie. Throws `StoredRecordDamaged`. */
async function locate(repoId: string, ids: Id[], store: FetchStore): Promise<ObjectToRead[]> {
  const found = await store.locateObjects(repoId, ids);
  const located = ids.map((id): ObjectToRead => {
    const location = found.get(id);
    if (!location) throw new StoredRecordDamaged('object', id, 'missing');
    return { id, location };
  });
  return located.sort((a, b) => compareExtents(a.location.extents[0], b.location.extents[0]));
}

type Extent = ObjectToRead['location']['extents'][number];

function compareExtents(a: Extent | undefined, b: Extent | undefined): number {
  if (!a || !b) return a ? 1 : b ? -1 : 0;
  if (a.segmentId !== b.segmentId) return a.segmentId < b.segmentId ? -1 : 1;
  return a.offset - b.offset;
}

/** The commit records of a fetch, parents first, as the exact bytes that were pushed. */
export async function* sentCommits(
  { repoId, plan }: OpenedFetch,
  { store }: ServeFetchDeps,
  signal: AbortSignal,
): AsyncGenerator<{ index: number; record: CommitRecord }> {
  const batch = new BatchSize(RECORDS_BATCH_MAX);
  for (let from = 0; from < plan.commits.size; ) {
    signal.throwIfAborted();
    const ids: Id[] = [];
    const end = Math.min(plan.commits.size, from + batch.count);
    for (let index = from; index < end; index++) ids.push(plan.commits.at(index));
    const records = await store.loadRecords(repoId, ids);
    let bytes = 0;
    for (const [offset, id] of ids.entries()) {
      const raw = records.get(id);
      if (!raw) throw new StoredRecordDamaged('commit', id, 'missing');
      bytes += raw.byteLength;
      yield { index: from + offset, record: readRecord(id, raw) };
    }
    batch.note(ids.length, bytes);
    from = end;
  }
}

function readRecord(id: Id, raw: Uint8Array): CommitRecord {
  const record = commitRecordOf(raw);
  if ('code' in record) throw new StoredRecordDamaged('commit', id, record.message);
  if (record.commit.id !== id) throw new StoredRecordDamaged('commit', id, 'another commit');
  return record;
}

/**
 * The snapshots of a fetch, each once, in the order in which the commits name them. With `deltas`
 * a snapshot that resembles one that the peer has by then comes as the difference from it.
 */
export async function* sentSnapshots(
  { repoId, plan, trees }: OpenedFetch,
  { store }: ServeFetchDeps,
  options: { deltas: boolean; signal: AbortSignal },
): AsyncGenerator<SentSnapshot & { place: number }> {
  const { snapshots } = plan;
  for (let from = 0; from < snapshots.size; from += SNAPSHOTS_BATCH) {
    options.signal.throwIfAborted();
    const steps: Step[] = [];
    const end = Math.min(snapshots.size, from + SNAPSHOTS_BATCH);
    for (let place = from; place < end; place++) {
      if (snapshots.isHeld(place)) continue;
      const base = options.deltas ? snapshots.baseOf(place) : null;
      const baseId = base === null ? null : snapshots.at(base);
      steps.push({ place, id: snapshots.at(place), baseId });
    }
    const asked = steps.flatMap(({ id, baseId }) => (baseId === null ? [id] : [id, baseId]));
    const rows = await store.loadSnapshots(repoId, [...new Set(asked)]);
    await warm(steps, rows, trees);
    for (const step of steps)
      yield { place: step.place, ...(await makeSnapshot(step, rows, trees)) };
  }
}

interface Step {
  place: number;
  id: Id;
  baseId: Id | null;
}

type SnapshotRows = Awaited<ReturnType<FetchStore['loadSnapshots']>>;

async function warm(steps: Step[], rows: SnapshotRows, trees: TreeSource): Promise<void> {
  const pairs = steps.flatMap(({ id, baseId }) =>
    baseId === null
      ? []
      : [{ before: rowOf(baseId, rows).rootTreeId, after: rowOf(id, rows).rootTreeId }],
  );
  await warmDeltas(pairs, trees);
}

async function makeSnapshot(
  { id, baseId }: Step,
  rows: SnapshotRows,
  trees: TreeSource,
): Promise<SentSnapshot> {
  const { rootTreeId, entryCount, extra } = rowOf(id, rows);
  if (baseId !== null) {
    const base = rowOf(baseId, rows);
    // A difference as long as the manifest would only be one more thing to get wrong.
    const delta = await deltaOf(base.rootTreeId, rootTreeId, trees, entryCount);
    if (delta !== null) {
      const record = { id, parentId: baseId, ...delta, extra, laterSchema: false };
      return { kind: 'delta', record };
    }
  }
  const manifest = await listManifest(rootTreeId, trees);
  if (manifest.length !== entryCount) {
    throw new StoredRecordDamaged('snapshot', id, `${manifest.length} of ${entryCount} files`);
  }
  return { kind: 'whole', record: { id, manifest, extra, laterSchema: false } };
}

function rowOf(
  id: Id,
  rows: SnapshotRows,
): { rootTreeId: Id; entryCount: number; extra: Uint8Array } {
  const row = rows.get(id);
  if (!row) throw new StoredRecordDamaged('snapshot', id, 'missing');
  return row;
}

/**
 * Objects that a peer asks for by their ids. Throws `Refusal` `object-not-found` for the first that
 * is not in this repository, before any is read.
 */
export async function openObjects(
  { entry }: OpenRepository,
  ids: Id[],
  { store }: Pick<ServeFetchDeps, 'store'>,
): Promise<ObjectToRead[]> {
  const wanted = [...new Set(ids)];
  const located: ObjectToRead[] = [];
  for (let from = 0; from < wanted.length; from += LOCATE_BATCH_OBJECTS) {
    const batch = wanted.slice(from, from + LOCATE_BATCH_OBJECTS);
    const found = await store.locateObjects(entry.id, batch);
    for (const id of batch) {
      const location = found.get(id);
      if (!location) throw objectNotFound(id, entry.idFormat ?? 'bare');
      located.push({ id, location });
    }
  }
  return located.sort((a, b) => compareExtents(a.location.extents[0], b.location.extents[0]));
}
