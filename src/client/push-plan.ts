import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Id, IdFormat } from '~/muse/ids';
import { checkPath } from '~/muse/paths';
import { encodeSnapshot, encodeSnapshotDelta } from '~/wire/pack-codec';
import { ClientError, checkInterrupted } from './client-error';
import type { DeltaIndex, KnownDelta } from './delta-index';
import { type NewHistory, type ReadCommit, walkNewHistory } from './history-walk';
import { fileIdOf, readSnapshotParts, type SnapshotParts, snapshotRecordOf } from './records';
import type { SnapshotLineReader } from './snapshot-lines';

/** What a plan reads of the repository; `Repository` has it. */
export interface PushSource {
  readCommit: ReadCommit;
  snapshotParts(id: Id): SnapshotParts;
  objectSize(id: Id): number | null;
  /** Differences found by earlier plans. */
  readonly deltas?: DeltaIndex;
  /** Finds others without reading the records. */
  readonly lines?: Pick<SnapshotLineReader, 'difference'>;
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

/** Who looks on while a plan is made. */
export interface PlanWatch {
  /** Commits looked at so far, and in all. */
  onStep?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

/** Commits that are looked at before others, such as Ctrl-C, get a turn. */
const STEPS_PER_TURN = 32;
/** Records up to this size are kept until they are sent; larger ones are made twice. */
const RECORD_BYTES_KEPT = 16 * 1024;
/** Snapshots of the remote that are read to see which objects it has. */
const KNOWN_SNAPSHOTS_READ = 32;
const SNAPSHOTS_KEPT = 4;
/** New commits from which on differences found before are looked up. */
const INDEXED_COMMITS_MIN = 16;

/**
 * Decides what a push sends so that the remote, which has the commits `known` and all they reach,
 * comes to have `head`.
 *
 * @param known heads of the remote that are here, of which every commit counts as there
 * @throws ClientError `repository-damaged`, `bad-path`, `interrupted`
 */
export async function planPush(
  source: PushSource,
  head: Id,
  known: Iterable<Id>,
  watch: PlanWatch = {},
): Promise<PushPlan> {
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
  await planSnapshots(plan, source, history, heads, watch);
  plan.objects.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return plan;
}

async function planSnapshots(
  plan: PushPlan,
  source: PushSource,
  history: NewHistory,
  heads: Id[],
  watch: PlanWatch,
): Promise<void> {
  const cache = new SnapshotCache(source);
  // Reading the index of a long history would cost a small push more than it saves.
  const deltas = history.commits.length >= INDEXED_COMMITS_MIN ? source.deltas : undefined;
  const there = new Set<Id>();
  const objects = new Set<Id>();
  for (const id of knownSnapshots(source, history, heads)) {
    there.add(id);
    const parts = cache.of(id);
    for (const path of parts.paths) objects.add(fileIdOf(parts, path));
  }
  const snapshotOf = new Map<Id, Id>();
  for (const { commit } of [...history.boundary, ...history.commits]) {
    snapshotOf.set(commit.id, commit.snapshotId);
  }
  for (const [index, { commit }] of history.commits.entries()) {
    if (index % STEPS_PER_TURN === STEPS_PER_TURN - 1) {
      watch.onStep?.(index, history.commits.length);
      await nextTurn();
      checkInterrupted(watch.signal);
    }
    const id = commit.snapshotId;
    if (there.has(id)) continue;
    const { idFormat } = plan;
    const first = snapshotOf.get(commit.parents[0] ?? '');
    const parentId = first !== undefined && there.has(first) ? first : null;
    const found = parentId === null ? null : quickDelta(source, id, parentId, deltas);
    if (parentId !== null && found !== null) {
      planObjects(plan, source, found.add, objects);
      const record = encodeSnapshotDelta({ id, parentId, ...found }, idFormat);
      plan.snapshots.push({ delta: true, record });
      there.add(id);
      continue;
    }
    const parts = cache.of(id);
    const base = parentId === null ? null : cache.of(parentId);
    const { add, remove } = difference(base, parts);
    planObjects(plan, source, add, objects);
    if (base !== null && add.length + remove.length < parts.paths.length) {
      const delta = { add, remove, extra: parts.extra };
      deltas?.note(id, base.id, delta);
      const record = encodeSnapshotDelta({ id, parentId: base.id, ...delta }, idFormat);
      plan.snapshots.push({ delta: true, record });
    } else plan.snapshots.push({ delta: false, record: wholeSnapshot(source, parts, idFormat) });
    there.add(id);
  }
  for (const object of plan.objects) plan.objectBytes += object.size;
  deltas?.save();
}

/** A difference that needs no records: one that was found before, or that the lines tell. */
function quickDelta(
  source: PushSource,
  id: Id,
  parentId: Id,
  deltas: DeltaIndex | undefined,
): KnownDelta | null {
  const known = deltas?.find(id, parentId);
  if (known) return known;
  const found = source.lines?.difference(parentId, id);
  if (!found) return null;
  const { extra } = readSnapshotParts(found.rest, id, `snapshot ${id}`);
  const delta = { add: found.add, remove: found.remove, extra };
  deltas?.note(id, parentId, delta);
  return delta;
}

/** Adds the objects that are not among `planned`, nor with the remote, to the plan. */
function planObjects(
  plan: PushPlan,
  source: PushSource,
  files: readonly (readonly [string, Id])[],
  planned: Set<Id>,
): void {
  for (const [path, id] of files) {
    if (planned.has(id)) continue;
    planned.add(id);
    plan.objects.push(plannedObject(source, id, path));
  }
}

function wholeSnapshot(
  source: PushSource,
  parts: SnapshotParts,
  idFormat: IdFormat,
): PlannedRecord {
  const bytes = encodeSnapshot(snapshotRecordOf(parts), idFormat);
  if (bytes.length <= RECORD_BYTES_KEPT) return bytes;
  return () => encodeSnapshot(snapshotRecordOf(source.snapshotParts(parts.id)), idFormat);
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

/** What changes from one manifest, null for none, to another. */
export function difference(
  from: SnapshotParts | null,
  to: SnapshotParts,
): { add: [string, Id][]; remove: string[] } {
  const add: [string, Id][] = [];
  let kept = 0;
  for (const path of to.paths) {
    const old = from?.files[path];
    if (old !== undefined) kept++;
    if (old !== to.files[path]) add.push([path, fileIdOf(to, path)]);
  }
  if (from === null || kept === from.paths.length) return { add, remove: [] };
  return { add, remove: from.paths.filter((path) => to.files[path] === undefined) };
}

/** The snapshots last used, so that a line of commits reads each once. */
class SnapshotCache {
  readonly #source: PushSource;
  readonly #kept = new Map<Id, SnapshotParts>();

  constructor(source: PushSource) {
    this.#source = source;
  }

  of(id: Id): SnapshotParts {
    const parts = this.#kept.get(id) ?? this.#source.snapshotParts(id);
    this.#kept.delete(id);
    this.#kept.set(id, parts);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= SNAPSHOTS_KEPT) break;
      this.#kept.delete(oldest);
    }
    return parts;
  }
}
