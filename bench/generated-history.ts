import { createHash, randomUUID } from 'node:crypto';
import { ManifestFolder } from '~/client/manifest-folder';
import { packs } from '~/client/send-push';
import { commitIdsOf } from '~/muse/commit-id';
import { type Id, objectIdOf } from '~/muse/ids';
import { encodeObjectHead, encodePushFrame } from '~/wire/frame-codec';
import { SFRAME_END, SFRAME_HEADER, SFRAME_OBJECT } from '~/wire/frames';
import { STREAM_MAX_COMMIT_PACK_BYTES, STREAM_VERSION } from '~/wire/limits';
import { encodeValue } from '~/wire/msgpack-writer';
import { encodeSnapshot, encodeSnapshotDelta } from '~/wire/pack-codec';

/** A long history, made from a seed, as the frames of pushes one after the other. */
export interface HistoryShape {
  commits: number;
  files: number;
  /** Files that each commit after the first changes. */
  changed: number;
  seed: string;
  commitsPerPush: number;
  /** Branches of one commit each that leave the main one at even distances. */
  branches?: number;
}

const FILES_PER_FOLDER = 40;
const FOLDERS_PER_FOLDER = 25;
const MAIN = 'main';
const NOTHING = encodeValue({});

/** Records are gathered up to this size; below what a COMMIT_PACK frame may have. */
const PACK_BYTES = Math.min(8 * 1024 ** 2, STREAM_MAX_COMMIT_PACK_BYTES);

interface Change {
  path: string;
  content: Buffer;
  id: Id;
}

/** The pushes in their order; the frames of each must be drawn to the end before the next one's. */
export function* commitFrames(
  shape: HistoryShape,
): Generator<{ commits: number; frames: Iterable<Uint8Array> }> {
  const { branches = 0 } = shape;
  const state = { ...BEGINNING };
  const forks = new Map<number, State>();
  for (let n = 1; n <= branches; n++) {
    forks.set(Math.floor((shape.commits * n) / (branches + 1)), state);
  }
  for (let from = 0; from < shape.commits; from += shape.commitsPerPush) {
    const to = Math.min(shape.commits, from + shape.commitsPerPush);
    yield { commits: to, frames: pushFrames(shape, state, forks, from, to) };
  }
  let at = shape.commits;
  for (const [place, fork] of forks) {
    const branch = { ...fork, branch: `from-${place}`, pushed: null };
    yield { commits: at + 1, frames: pushFrames(shape, branch, new Map(), at, at + 1) };
    at++;
  }
}

/** The newest commit of the first so many; of 1 the oldest there is. */
export function headOf(shape: HistoryShape, commits: number): Id {
  return recordsOf(shape, { ...BEGINNING }, new Map(), 0, commits).head;
}

/** How far a branch is. */
interface State {
  branch: string;
  /** Where it was pushed to. */
  pushed: Id | null;
  manifest: ManifestFolder;
  snapshotId: Id | null;
  head: Id | null;
}

const BEGINNING: State = {
  ...{ branch: MAIN, pushed: null },
  ...{ manifest: ManifestFolder.EMPTY, snapshotId: null, head: null },
};

function* pushFrames(
  shape: HistoryShape,
  state: State,
  forks: Map<number, State>,
  from: number,
  to: number,
): Generator<Uint8Array> {
  const expectedHead = state.pushed;
  const records = recordsOf(shape, state, forks, from, to);
  state.pushed = records.head;
  const objectCount = [...numbers(from, to)].reduce((sum, n) => sum + changeCount(shape, n), 0);
  const commitCount = to - from;
  yield encodePushFrame(
    {
      type: SFRAME_HEADER,
      version: STREAM_VERSION,
      pushId: randomUUID(),
      branch: state.branch,
      head: records.head,
      expectedHead,
      force: false,
      objectCount,
      commitCount,
      client: 'musehub/generate',
    },
    'bare',
  );
  for (const n of numbers(from, to)) {
    for (const { id, content } of changesOf(shape, n)) {
      const head = { type: SFRAME_OBJECT, id, size: content.length, encoding: 'raw' } as const;
      yield encodeObjectHead(head, content.length, 'bare');
      yield content;
    }
  }
  yield* packs(records, PACK_BYTES);
  yield encodePushFrame({ type: SFRAME_END, objectCount, commitCount }, 'bare');
}

/** `forks` gets the states at those of its places that are passed. */
function recordsOf(
  shape: HistoryShape,
  state: State,
  forks: Map<number, State>,
  from: number,
  to: number,
) {
  const commits: Uint8Array[] = [];
  const snapshots: { delta: boolean; record: Uint8Array }[] = [];
  for (const n of numbers(from, to)) {
    const add = changesOf(shape, n).map(({ path, id }): [string, Id] => [path, id]);
    const manifest = state.manifest.with(add, []);
    if (manifest === null) throw new Error('a path is a file and a folder');
    const id = manifest.snapshotId();
    const parentId = state.snapshotId;
    const record =
      parentId === null
        ? encodeSnapshot({ id, manifest: add, extra: NOTHING }, 'bare')
        : encodeSnapshotDelta({ id, parentId, add, remove: [], extra: NOTHING }, 'bare');
    snapshots.push({ delta: parentId !== null, record });
    const commit = commitOf(n, id, state.head, state.branch);
    commits.push(commit.record);
    Object.assign(state, { manifest, snapshotId: id, head: commit.id });
    if (forks.has(n)) forks.set(n, { ...state });
  }
  return { head: state.head!, commits, snapshots };
}

function commitOf(
  n: number,
  snapshotId: Id,
  parent: Id | null,
  branch: string,
): { id: Id; record: Uint8Array } {
  const message = `${n % 3 === 0 ? 'feat' : 'fix'}(part-${n % 100}): change number ${n}`;
  const committedAt = new Date(1_600_000_000_000 + n * 60_000)
    .toISOString()
    .replace('Z', '000+00:00');
  const author = `author-${n % 50}`;
  const parents = parent === null ? [] : [parent];
  const { four: id } = commitIdsOf({
    snapshotId,
    parents,
    message,
    committedAt,
    author,
    signerPublicKey: '',
  });
  const record = {
    commit_id: id,
    repo_id: 'generated',
    branch,
    snapshot_id: snapshotId,
    message,
    committed_at: committedAt,
    parent_commit_id: parent,
    parent2_commit_id: null,
    author,
    metadata: {},
    format_version: 5,
    reviewed_by: [],
    test_runs: 0,
  };
  return { id, record: encodeValue(record) };
}

function changeCount({ files, changed }: HistoryShape, n: number): number {
  return n === 0 ? files : Math.min(changed, files);
}

/** What a commit changes; asked twice it says the same. */
function changesOf(shape: HistoryShape, n: number): Change[] {
  const count = changeCount(shape, n);
  const digest = createHash('sha256').update(`${shape.seed} ${n}`).digest();
  // Files next to each other from a random place on: never one twice.
  const first = n === 0 ? 0 : digest.readUInt32LE(0) % shape.files;
  return Array.from({ length: count }, (_, i) => {
    const file = (first + i) % shape.files;
    const line = `${shape.seed} file ${file} as of commit ${n}: ${digest.toString('hex')}\n`;
    const content = Buffer.from(line.repeat(1 + (digest[4]! % 8)));
    return { path: pathOf(file), content, id: objectIdOf(content) };
  });
}

function pathOf(file: number): string {
  const folder = Math.floor(file / FILES_PER_FOLDER);
  return `src/area-${Math.floor(folder / FOLDERS_PER_FOLDER)}/part-${folder}/file-${file}.txt`;
}

function* numbers(from: number, to: number): Generator<number> {
  for (let n = from; n < to; n++) yield n;
}
