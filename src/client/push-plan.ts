import type { Id, IdFormat } from '~/muse/ids';
import { checkPath } from '~/muse/paths';
import type { SnapshotDelta, SnapshotRecord } from '~/wire/frames';
import { encodeSnapshot, encodeSnapshotDelta } from '~/wire/pack-codec';
import { ClientError } from './client-error';
import { type NewHistory, type ReadCommit, walkNewHistory } from './history-walk';

/** What a plan reads of the repository; `Repository` has it. */
export interface PushSource {
  readCommit: ReadCommit;
  snapshot(id: Id): SnapshotRecord;
  objectSize(id: Id): number | null;
}

export interface PlannedObject {
  id: Id;
  /** Bytes. */
  size: number;
  /** A path that it has in one of the snapshots. */
  path: string;
}

/** A record to be sent: its bytes, or, when they are many, the way to make them again. */
export type PlannedRecord = Uint8Array | (() => Uint8Array);

export interface PushPlan {
  head: Id;
  /** The text form of ids in the records of this repository. */
  idFormat: IdFormat;
  /** Parents before children. */
  commits: PlannedRecord[];
  /** In the order of the commits; a delta's parent comes before it or is known to the remote. */
  snapshots: { delta: boolean; record: PlannedRecord }[];
  /** Sorted by path: versions of a file, and files of a folder, lie together. */
  objects: PlannedObject[];
  /** Sum of the sizes of `objects`. */
  objectBytes: number;
}

/** Records up to this size are kept until they are sent; larger ones are made twice. */
const RECORD_BYTES_KEPT = 16 * 1024;
/** Snapshots of the remote that are read to see which objects it has. */
const KNOWN_SNAPSHOTS_READ = 32;
const MANIFESTS_KEPT = 4;

/**
 * Decides what a push sends so that the remote, which has the commits `known` and all they reach,
 * comes to have `head`.
 *
 * @param known heads of the remote that are here, of which every commit counts as there
 * @throws ClientError `repository-damaged`, `bad-path`
 */
export function planPush(source: PushSource, head: Id, known: Iterable<Id>): PushPlan {
  const heads = [...known];
  const history = walkNewHistory(head, heads, (id) => source.readCommit(id));
  const idFormat = (history.commits.at(-1) ?? source.readCommit(head))?.idFormat ?? 'bare';
  const plan: PushPlan = {
    head,
    idFormat,
    commits: [],
    snapshots: [],
    objects: [],
    objectBytes: 0,
  };
  const mixed = history.commits.find((commit) => commit.idFormat !== idFormat);
  if (mixed !== undefined) {
    throw new ClientError(
      'id-format-mismatch',
      `This repository mixes both forms of ids: commit ${mixed.commit.id} has another than ${head}.`,
    );
  }
  for (const record of history.commits) {
    const { id } = record.commit;
    plan.commits.push(
      record.raw.length <= RECORD_BYTES_KEPT ? record.raw : () => source.readCommit(id)!.raw,
    );
  }
  planSnapshots(plan, source, history, heads);
  plan.objects.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return plan;
}

function planSnapshots(plan: PushPlan, source: PushSource, history: NewHistory, heads: Id[]): void {
  const manifests = new ManifestCache(source);
  const there = new Set<Id>();
  const objects = new Set<Id>();
  for (const id of knownSnapshots(source, history, heads)) {
    there.add(id);
    for (const objectId of manifests.of(id).values()) objects.add(objectId);
  }
  const snapshotOf = new Map<Id, Id>();
  for (const { commit } of [...history.boundary, ...history.commits]) {
    snapshotOf.set(commit.id, commit.snapshotId);
  }
  for (const { commit } of history.commits) {
    const id = commit.snapshotId;
    if (there.has(id)) continue;
    const parentId = snapshotOf.get(commit.parents[0] ?? '') ?? null;
    const base = parentId !== null && there.has(parentId) ? manifests.of(parentId) : EMPTY;
    const record = source.snapshot(id);
    manifests.keep(record);
    const { add, remove } = difference(base, record.manifest);
    for (const [path, objectId] of add) {
      if (objects.has(objectId)) continue;
      objects.add(objectId);
      plan.objects.push(plannedObject(source, objectId, path));
    }
    const delta = base !== EMPTY && add.length + remove.length < record.manifest.length;
    plan.snapshots.push({
      delta,
      record: planned(plan, source, record, delta ? { parentId: parentId!, add, remove } : null),
    });
    there.add(id);
  }
  for (const object of plan.objects) plan.objectBytes += object.size;
}

function planned(
  plan: PushPlan,
  source: PushSource,
  record: SnapshotRecord,
  delta: Pick<SnapshotDelta, 'parentId' | 'add' | 'remove'> | null,
): PlannedRecord {
  if (delta !== null) {
    return encodeSnapshotDelta({ id: record.id, extra: record.extra, ...delta }, plan.idFormat);
  }
  const bytes = encodeSnapshot(record, plan.idFormat);
  if (bytes.length <= RECORD_BYTES_KEPT) return bytes;
  return () => encodeSnapshot(source.snapshot(record.id), plan.idFormat);
}

/** Snapshots that the remote has for certain: those the new commits build on first. */
function knownSnapshots(source: PushSource, history: NewHistory, heads: Id[]): Set<Id> {
  const ids = new Set(history.boundary.map((record) => record.commit.snapshotId));
  for (const head of heads) {
    if (ids.size >= KNOWN_SNAPSHOTS_READ) break;
    const record = source.readCommit(head);
    if (record !== null) ids.add(record.commit.snapshotId);
  }
  return ids;
}

function plannedObject(source: PushSource, id: Id, path: string): PlannedObject {
  const reason = checkPath(path);
  if (reason !== null) {
    throw new ClientError('bad-path', `The path ${JSON.stringify(path)} ${reason}.`, {
      detail: { path },
    });
  }
  const size = source.objectSize(id);
  if (size === null) {
    throw new ClientError('repository-damaged', `The object ${id} of ${path} is missing here.`, {
      detail: { object_id: id, path },
    });
  }
  return { id, size, path };
}

const EMPTY: ReadonlyMap<string, Id> = new Map();

/** What changes from one manifest to another. */
export function difference(
  from: ReadonlyMap<string, Id>,
  to: readonly (readonly [string, Id])[],
): { add: [string, Id][]; remove: string[] } {
  const add: [string, Id][] = [];
  let kept = 0;
  for (const [path, id] of to) {
    const old = from.get(path);
    if (old !== undefined) kept++;
    if (old !== id) add.push([path, id]);
  }
  if (kept === from.size) return { add, remove: [] };
  const paths = new Set(to.map(([path]) => path));
  return { add, remove: [...from.keys()].filter((path) => !paths.has(path)) };
}

/** The manifests last used, so that a line of commits reads each snapshot once. */
class ManifestCache {
  readonly #source: PushSource;
  readonly #kept = new Map<Id, ReadonlyMap<string, Id>>();

  constructor(source: PushSource) {
    this.#source = source;
  }

  of(id: Id): ReadonlyMap<string, Id> {
    const kept = this.#kept.get(id);
    if (kept === undefined) return this.keep(this.#source.snapshot(id));
    this.#kept.delete(id);
    this.#kept.set(id, kept);
    return kept;
  }

  keep(record: SnapshotRecord): ReadonlyMap<string, Id> {
    const manifest = new Map(record.manifest);
    this.#kept.delete(record.id);
    this.#kept.set(record.id, manifest);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MANIFESTS_KEPT) break;
      this.#kept.delete(oldest);
    }
    return manifest;
  }
}
