import { commitIdsOf } from '~/muse/commit-id';
import { formatId, type Id, type IdFormat, objectIdOf } from '~/muse/ids';
import { snapshotIdOf } from '~/muse/snapshot';
import { parseCommitRecord } from '~/wire/commit-record';
import { isViolation } from '~/wire/errors';
import { encodePushFrame } from '~/wire/frame-codec';
import {
  type CommitRecord,
  type OutgoingPushFrame,
  SFRAME_COMMIT_PACK,
  SFRAME_END,
  SFRAME_HEADER,
  SFRAME_OBJECT,
  type SnapshotDelta,
  type SnapshotRecord,
} from '~/wire/frames';
import { encodeValue } from '~/wire/msgpack-writer';

/** Pushes written down as what they say: a small history, and the frames that bring it. */

export interface ScriptCommit {
  id: Id;
  snapshotId: Id;
  record: CommitRecord;
  snapshot: SnapshotRecord;
  /** Content by object id. */
  objects: Map<Id, Uint8Array>;
}

export interface CommitWish {
  files?: Record<string, string | Uint8Array>;
  parents?: ScriptCommit[];
  message?: string;
  /** Other keys of the record, in place of or beside the usual ones. */
  record?: Record<string, unknown>;
  idFormat?: IdFormat;
}

let ticks = 0;

/** A commit with real ids, over whole files. */
export function commitOf(wish: CommitWish = {}): ScriptCommit {
  const { files = {}, parents = [], message = 'feat: a commit', idFormat = 'bare' } = wish;
  const objects = new Map<Id, Uint8Array>();
  const manifest = Object.entries(files).map(([path, content]): [string, Id] => {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    const id = objectIdOf(bytes);
    objects.set(id, bytes);
    return [path, id];
  });
  const snapshotId = snapshotIdOf(manifest);
  const committedAt = new Date(Date.parse('2026-04-16T12:00:00Z') + ticks++ * 1000)
    .toISOString()
    .replace('Z', '000+00:00');
  const author = 'ada';
  const parentIds = parents.map((parent) => parent.id);
  const hashed = {
    snapshotId,
    parents: parentIds,
    message,
    committedAt,
    author,
    signerPublicKey: '',
  };
  const id = commitIdsOf(hashed).four;
  const text = (of: Id | undefined) => (of === undefined ? null : formatId(of, idFormat));
  const raw = encodeValue({
    commit_id: text(id),
    repo_id: 'c162083c-7733-48c4-b348-6d74d43f8a4e',
    branch: 'main',
    snapshot_id: text(snapshotId),
    message,
    committed_at: committedAt,
    parent_commit_id: text(parentIds[0]),
    parent2_commit_id: text(parentIds[1]),
    author,
    metadata: {},
    structured_delta: null,
    sem_ver_bump: 'minor',
    breaking_changes: [],
    format_version: 5,
    reviewed_by: [],
    test_runs: 0,
    ...wish.record,
  });
  const commit = parseCommitRecord(raw);
  if (isViolation(commit)) throw new Error(`${commit.code}: ${commit.message}`);
  return {
    id: commit.id,
    snapshotId: commit.snapshotId,
    record: { commit, raw },
    snapshot: {
      id: snapshotId,
      manifest,
      extra: encodeValue({ created_at: committedAt }),
      laterSchema: false,
    },
    objects,
  };
}

export interface PushWish {
  branch?: string;
  commits?: ScriptCommit[];
  head?: Id | null;
  expectedHead?: Id | null;
  force?: boolean;
  pushId?: string;
  idFormat?: IdFormat;
  /** Objects to send; those of the commits when absent. */
  objects?: Map<Id, Uint8Array>;
  snapshots?: SnapshotRecord[];
  snapshotDeltas?: SnapshotDelta[];
  header?: Partial<Extract<OutgoingPushFrame, { type: 'H' }>>;
}

/** The frames of a push, one element each. */
export function framesOf(wish: PushWish): Uint8Array[] {
  const { commits = [], branch = 'main', idFormat = 'bare' } = wish;
  const objects = wish.objects ?? new Map(commits.flatMap((commit) => [...commit.objects]));
  const snapshots = wish.snapshots ?? [
    ...new Map(commits.map(({ snapshot }) => [snapshot.id, snapshot])).values(),
  ];
  const frames: OutgoingPushFrame[] = [
    {
      type: SFRAME_HEADER,
      version: 2,
      pushId: wish.pushId,
      branch,
      head: wish.head === undefined ? (commits.at(-1)?.id ?? null) : wish.head,
      expectedHead: wish.expectedHead,
      force: wish.force ?? false,
      objectCount: objects.size,
      commitCount: commits.length,
      client: 'script/1',
      ...wish.header,
    },
  ];
  for (const [id, data] of objects) {
    frames.push({ type: SFRAME_OBJECT, id, size: data.length, encoding: 'raw', data });
  }
  if (commits.length > 0 || snapshots.length > 0) {
    frames.push({
      type: SFRAME_COMMIT_PACK,
      commits: commits.map(({ record }) => record),
      snapshots,
      snapshotDeltas: wish.snapshotDeltas ?? [],
    });
  }
  frames.push({ type: SFRAME_END, objectCount: objects.size, commitCount: commits.length });
  return frames.map((frame) => encodePushFrame(frame, idFormat));
}

/** A request body that gives these chunks and then ends. */
export function bodyOf(chunks: Uint8Array[]): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream({
    pull(controller) {
      if (next < chunks.length) controller.enqueue(chunks[next++]!);
      else controller.close();
    },
  });
}
