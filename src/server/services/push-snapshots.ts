import { IdSet } from '~/muse/id-set';
import type { Id } from '~/muse/ids';
import { DEFAULT_MANIFEST_LIMITS, type ManifestLimits, ManifestTree } from '~/muse/manifest-tree';
import { isProblem, type Problem } from '~/muse/problem';
import { Refusal } from '~/wire/errors';
import type { SnapshotDelta, SnapshotRecord } from '~/wire/frames';
import type { Limits } from '~/wire/limits';
import type { Spool, SpoolSlot } from '../ports/object-storage';
import type { NewSnapshot, NewTree, PushStore } from '../ports/push-store';
import type { RecentManifests } from './recent-manifests';

/** Manifests kept at hand as parents of later deltas; beyond it the oldest are built again from trees. */
const MANIFESTS_AT_HAND_BYTES = 32 * 1024 ** 2;
const ROWS_PER_BATCH = 2_000;
const BYTES_PER_BATCH = 4 * 1024 ** 2;
/** Ids looked up in the database at a time. */
const LOOKUP_BATCH = 10_000;

interface StagedSnapshot {
  rootTreeId: Id;
  entryCount: number;
  extra: SpoolSlot;
  idVerified: boolean;
  laterSchema: boolean;
}

/**
 * The snapshots of one push, checked as they come and kept, as trees, in a spool until the
 * transaction. What grows with a push is one small entry per snapshot and per new directory.
 *
 * Closure is settled here as well: every object that a snapshot adds was sent in this stream or is
 * stored in this repository, never in another one (docs/protocol.md §3).
 */
export class PushSnapshots {
  readonly staged = new Map<Id, StagedSnapshot>();
  private readonly trees = new Map<Id, SpoolSlot>();
  /** Directories of parents that were stored before. */
  private readonly storedTrees = new IdSet();
  private readonly atHand = new Map<Id, ManifestTree>();
  private atHandBytes = 0;
  /** Objects that must be stored already, with a snapshot that names each; not yet looked up. */
  private readonly awaited = new Map<Id, Id>();
  private readonly confirmed = new Set<Id>();
  private readonly bounds: ManifestLimits;

  constructor(
    private readonly repoId: string,
    private readonly store: Pick<PushStore, 'findObjects' | 'findSnapshots' | 'loadTrees'>,
    private readonly recent: RecentManifests,
    private readonly spool: Spool,
    private readonly wasSent: (objectId: Id) => boolean,
    limits: Limits,
  ) {
    this.bounds = { ...DEFAULT_MANIFEST_LIMITS, maxEntries: limits.maxSnapshotEntries };
  }

  async addWhole(record: SnapshotRecord): Promise<void> {
    if (this.staged.has(record.id)) return;
    const tree = ManifestTree.build(record.manifest, this.bounds);
    if (isProblem(tree)) throw refusalOf(tree, record.id);
    await this.stage(record, tree, record.manifest);
  }

  async addDelta(delta: SnapshotDelta): Promise<void> {
    if (this.staged.has(delta.id)) return;
    const parent = await this.manifestOf(delta.parentId);
    if (!parent) {
      throw new Refusal('snapshot-missing', {
        snapshot_id: delta.parentId,
        named_by: delta.id,
        reason: 'the parent of a snapshot delta must be sent before it or be stored here',
      });
    }
    const tree = parent.apply({ add: delta.add, remove: delta.remove }, this.bounds);
    if (isProblem(tree)) throw refusalOf(tree, delta.id);
    await this.stage(delta, tree, delta.add);
  }

  /** Looks up what is still awaited; throws `object-missing` when an object is nowhere. */
  async settle(): Promise<void> {
    if (this.awaited.size === 0) return;
    const ids = [...this.awaited.keys()];
    for (let from = 0; from < ids.length; from += LOOKUP_BATCH) {
      const batch = ids.slice(from, from + LOOKUP_BATCH);
      const stored = await this.store.findObjects(this.repoId, batch);
      const missing = batch.filter((id) => !stored.has(id));
      if (missing.length > 0) {
        throw new Refusal('object-missing', {
          object_id: missing[0],
          snapshot_id: this.awaited.get(missing[0]!),
          missing: missing.length,
          more: missing.slice(1, 20),
        });
      }
      for (const id of batch) this.confirmed.add(id);
    }
    this.awaited.clear();
  }

  /** Notes that all of this is stored, so that what comes next finds the manifest of the head. */
  remember(headSnapshotId: Id): void {
    const manifest = this.atHand.get(headSnapshotId);
    if (manifest) this.recent.keep(this.repoId, headSnapshotId, manifest);
  }

  /** New directories in batches, children and parents alike; each id once. */
  async *treeBatches(): AsyncIterable<NewTree[]> {
    for (const entries of batchesOf(this.trees, ([, slot]) => slot.length)) {
      const bytes = await this.spool.readMany(entries.map(([, slot]) => slot));
      yield entries.map(([id], index) => ({ id, bytes: bytes[index]! }));
    }
  }

  async *snapshotBatches(): AsyncIterable<NewSnapshot[]> {
    for (const entries of batchesOf(this.staged, ([, staged]) => staged.extra.length)) {
      const extras = await this.spool.readMany(entries.map(([, staged]) => staged.extra));
      yield entries.map(([id, { rootTreeId, entryCount, idVerified }], index) => ({
        id,
        rootTreeId,
        entryCount,
        idVerified,
        extra: extras[index]!,
      }));
    }
  }

  private async stage(
    record: SnapshotRecord | SnapshotDelta,
    tree: ManifestTree,
    added: [path: string, objectId: Id][],
  ): Promise<void> {
    const { id } = record;
    const idVerified = tree.snapshotId() === id;
    if (!idVerified && !record.laterSchema) {
      throw new Refusal('snapshot-id-mismatch', { snapshot_id: id, computed: tree.snapshotId() });
    }
    for (const [, objectId] of added) {
      if (!this.wasSent(objectId) && !this.confirmed.has(objectId)) this.awaited.set(objectId, id);
    }
    const known = (treeId: Id) => this.trees.has(treeId) || this.storedTrees.has(treeId);
    for (const { id: treeId, bytes } of tree.newTrees(known)) {
      this.trees.set(treeId, this.spool.append(bytes));
    }
    this.staged.set(id, {
      rootTreeId: tree.rootTreeId,
      entryCount: tree.entryCount,
      extra: this.spool.append(record.extra),
      idVerified,
      laterSchema: record.laterSchema,
    });
    this.keepAtHand(id, tree);
    await this.spool.ready();
    if (this.awaited.size >= LOOKUP_BATCH) await this.settle();
  }

  private async manifestOf(id: Id): Promise<ManifestTree | null> {
    const here = this.atHand.get(id);
    if (here) return here;
    const recent = this.recent.get(this.repoId, id);
    if (recent) {
      for (const { id: treeId } of recent.newTrees(() => false)) this.storedTrees.add(treeId);
      this.keepAtHand(id, recent);
      return recent;
    }
    const staged = this.staged.get(id);
    const found = staged ?? (await this.store.findSnapshots(this.repoId, [id])).get(id);
    if (!found) return null;
    const tree = await ManifestTree.load(found.rootTreeId, (ids) => this.loadTrees(ids));
    this.keepAtHand(id, tree);
    return tree;
  }

  private async loadTrees(ids: Id[]): Promise<Map<Id, Uint8Array>> {
    const found = new Map<Id, Uint8Array>();
    const staged = ids.filter((id) => this.trees.has(id));
    const bytes = await this.spool.readMany(staged.map((id) => this.trees.get(id)!));
    staged.forEach((id, index) => {
      found.set(id, bytes[index]!);
    });
    const stored = ids.filter((id) => !this.trees.has(id));
    if (stored.length === 0) return found;
    for (const [id, tree] of await this.store.loadTrees(this.repoId, stored)) {
      found.set(id, tree);
      this.storedTrees.add(id);
    }
    return found;
  }

  private keepAtHand(id: Id, tree: ManifestTree): void {
    this.atHand.set(id, tree);
    this.atHandBytes += tree.approxBytes;
    for (const [oldest, dropped] of this.atHand) {
      if (this.atHandBytes <= MANIFESTS_AT_HAND_BYTES || oldest === id) break;
      this.atHand.delete(oldest);
      this.atHandBytes -= dropped.approxBytes;
    }
  }
}

function refusalOf(problem: Problem, snapshotId: Id): Refusal {
  return new Refusal(problem.code, { snapshot_id: snapshotId, ...problem.detail }, problem.message);
}

/** Cuts entries into batches bounded in rows and in bytes. */
export function* batchesOf<T>(entries: Iterable<T>, bytesOf: (entry: T) => number): Generator<T[]> {
  let batch: T[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = bytesOf(entry);
    if (batch.length > 0 && (batch.length >= ROWS_PER_BATCH || bytes + size > BYTES_PER_BATCH)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(entry);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
