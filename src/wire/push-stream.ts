import { type Violation, violation } from './errors';
import type {
  CommitPackFrame,
  EndFrame,
  HeaderFrame,
  ObjectChunkFrame,
  ObjectFrame,
  PushFrame,
} from './frames';
import {
  SFRAME_COMMIT_PACK,
  SFRAME_END,
  SFRAME_HEADER,
  SFRAME_OBJECT,
  SFRAME_OBJECT_CHUNK,
} from './frames';
import type { Limits } from './limits';

/**
 * What a push may say, and in which order (docs/protocol.md §3). Frames in, actions out; no I/O.
 *
 *                         OBJECT,
 *                         OBJECT_CHUNK (last)            COMMIT_PACK
 *                            ╭───╮                          ╭───╮
 *   ┌────────┐  HEADER   ┌───┴───▼───┐   COMMIT_PACK   ┌────┴───▼───┐   END   ┌───────┐
 *   │ header ├──────────▶│  objects  ├────────────────▶│   packs    ├────────▶│ ended │
 *   └────────┘           └──┬─────▲──┘                 └────────────┘         └───────┘
 *              CHUNK seq 0  │     │ CHUNK (last)                                  ▲
 *                        ┌──▼─────┴──┐        END, when no commit was declared    │
 *                        │   chunk   │   objects ─────────────────────────────────╯
 *                        └──┬─────▲──┘
 *                           ╰─────╯ CHUNK seq n + 1
 *
 * 1. The first frame is HEADER, and there is one.
 * 2. Objects come before packs, packs before END, nothing after END.
 * 3. The chunks of one object follow each other: same id, size and encoding, `seq` from 0 without a
 *    gap, `last` on the last one only; each but the last carries at least one byte.
 * 4. Never more objects or commits than HEADER declared, and at END exactly as many; an object in
 *    chunks counts once. The same object may be sent twice and then counts twice.
 * 5. All ids have one text form.
 * 6. Deleting a branch brings nothing along; force says which head it replaces.
 * 7. Only END completes a push: an end of the stream anywhere before it is `truncated-stream`.
 *
 * A frame that is not in the drawing is `frame-out-of-order`; whoever drives the machine stops at
 * the first violation.
 */
export interface PushState {
  readonly at: 'header' | 'objects' | 'chunk' | 'packs' | 'ended';
  readonly header: HeaderFrame | null;
  readonly idFormat: HeaderFrame['idFormat'];
  /** Objects begun, commits and snapshots received. */
  readonly objects: number;
  readonly commits: number;
  readonly snapshots: number;
  readonly packs: number;
  /** The chunk received last, without its data, while `at` is `chunk`. */
  readonly chunk: Omit<ObjectChunkFrame, 'data'> | null;
}

/** What the driver has to do about a frame. */
export type PushAction =
  | { kind: 'open'; header: HeaderFrame }
  | { kind: 'keep-object'; frame: ObjectFrame }
  | { kind: 'keep-chunk'; frame: ObjectChunkFrame; first: boolean; last: boolean }
  | { kind: 'keep-pack'; frame: CommitPackFrame }
  | { kind: 'finish'; frame: EndFrame };

export interface PushStep {
  state: PushState;
  action: PushAction;
}

const START: PushState = Object.freeze({
  at: 'header',
  header: null,
  idFormat: null,
  objects: 0,
  commits: 0,
  snapshots: 0,
  packs: 0,
  chunk: null,
});

/** The state before the first frame. */
export function startPush(): PushState {
  return START;
}

/** The next state and what to do; or why this frame may not come now. */
export function onFrame(state: PushState, frame: PushFrame, limits: Limits): PushStep | Violation {
  if (state.at === 'ended') return outOfOrder(state, frame, 'nothing may follow END');
  if (state.at === 'header') {
    if (frame.type !== SFRAME_HEADER) {
      return outOfOrder(state, frame, 'a push begins with HEADER');
    }
    return onHeader(frame, limits);
  }
  const mixed = mixedFormats(state, frame);
  if (mixed !== null) return mixed;
  switch (frame.type) {
    case SFRAME_HEADER:
      return outOfOrder(state, frame, 'a push has one HEADER');
    case SFRAME_OBJECT:
      return onObject(state, frame);
    case SFRAME_OBJECT_CHUNK:
      return onChunk(state, frame);
    case SFRAME_COMMIT_PACK:
      return onPack(state, frame, limits);
    case SFRAME_END:
      return onEnd(state, frame);
  }
}

/** At the end of the stream: null when the push is complete. */
export function onEof(state: PushState): Violation | null {
  if (state.at === 'ended') return null;
  return violation('truncated-stream', {
    state: state.at,
    objects: state.objects,
    commits: state.commits,
  });
}

function onHeader(header: HeaderFrame, limits: Limits): PushStep | Violation {
  const { objectCount, commitCount } = header;
  if (objectCount > limits.maxObjects) {
    return tooMany('n_objects', objectCount, 'stream_max_objects', limits.maxObjects);
  }
  if (commitCount > limits.maxCommits) {
    return tooMany('n_commits', commitCount, 'stream_max_commits', limits.maxCommits);
  }
  if (header.head === null && (objectCount > 0 || commitCount > 0)) {
    const field = objectCount > 0 ? 'n_objects' : 'n_commits';
    return badHeader(field, 'A push that deletes a branch must declare no objects and commits.');
  }
  if (header.force && header.expectedHead === undefined) {
    return badHeader('expected_head', 'With force, expected_head is required.');
  }
  const state: PushState = { ...START, at: 'objects', header, idFormat: header.idFormat };
  return { state, action: { kind: 'open', header } };
}

function onObject(state: PushState, frame: ObjectFrame): PushStep | Violation {
  if (state.at === 'packs') return outOfOrder(state, frame, 'objects come before COMMIT_PACK');
  if (state.at === 'chunk') return outOfOrder(state, frame, 'an object in chunks is not complete');
  const objects = state.objects + 1;
  if (objects > state.header!.objectCount) return moreThanDeclared('n_objects', state, objects);
  return {
    state: { ...state, objects, idFormat: state.idFormat ?? frame.idFormat },
    action: { kind: 'keep-object', frame },
  };
}

function onChunk(state: PushState, frame: ObjectChunkFrame): PushStep | Violation {
  if (state.at === 'packs') return outOfOrder(state, frame, 'objects come before COMMIT_PACK');
  const first = state.chunk === null;
  const objects = state.objects + (first ? 1 : 0);
  if (state.chunk === null) {
    if (frame.seq !== 0) return outOfOrder(state, frame, 'the first chunk of an object has seq 0');
    if (objects > state.header!.objectCount) return moreThanDeclared('n_objects', state, objects);
  } else {
    const { id, seq, size, encoding } = state.chunk;
    if (frame.id !== id) return outOfOrder(state, frame, 'an object in chunks is not complete');
    if (frame.seq !== seq + 1) return outOfOrder(state, frame, `the next chunk has seq ${seq + 1}`);
    if (frame.size !== size) return badChunk(frame, 'size', 'all chunks of an object say one size');
    if (frame.encoding !== encoding) {
      return badChunk(frame, 'enc', 'all chunks of an object have one encoding');
    }
  }
  if (!frame.last && frame.data.length === 0) {
    return badChunk(frame, 'data', 'a chunk that is not the last carries data');
  }
  const { type, id, seq, size, encoding, last, idFormat, wireBytes } = frame;
  return {
    state: {
      ...state,
      at: last ? 'objects' : 'chunk',
      objects,
      idFormat: state.idFormat ?? idFormat,
      chunk: last ? null : { type, id, seq, size, encoding, last, idFormat, wireBytes },
    },
    action: { kind: 'keep-chunk', frame, first, last },
  };
}

function onPack(state: PushState, frame: CommitPackFrame, limits: Limits): PushStep | Violation {
  if (state.at === 'chunk') return outOfOrder(state, frame, 'an object in chunks is not complete');
  const commits = state.commits + frame.commits.length;
  const snapshots = state.snapshots + frame.snapshots.length + frame.snapshotDeltas.length;
  const packs = state.packs + 1;
  if (state.objects < state.header!.objectCount) return fewerThanDeclared('n_objects', state);
  if (commits > state.header!.commitCount) return moreThanDeclared('n_commits', state, commits);
  // Each snapshot belongs to a commit, and each pack holds something.
  if (snapshots > limits.maxCommits) {
    return tooMany('snapshots', snapshots, 'stream_max_commits', limits.maxCommits);
  }
  if (packs > limits.maxCommits + 1) {
    return tooMany('packs', packs, 'stream_max_commits', limits.maxCommits);
  }
  return {
    state: {
      ...state,
      at: 'packs',
      commits,
      snapshots,
      packs,
      idFormat: state.idFormat ?? frame.idFormat,
    },
    action: { kind: 'keep-pack', frame },
  };
}

function onEnd(state: PushState, frame: EndFrame): PushStep | Violation {
  if (state.at === 'chunk') return outOfOrder(state, frame, 'an object in chunks is not complete');
  const header = state.header!;
  if (state.objects !== header.objectCount) return fewerThanDeclared('n_objects', state);
  if (state.commits !== header.commitCount) return fewerThanDeclared('n_commits', state);
  if (frame.objectCount !== state.objects) {
    return miscounted('n_objects', frame.objectCount, state.objects);
  }
  if (frame.commitCount !== state.commits) {
    return miscounted('n_commits', frame.commitCount, state.commits);
  }
  return { state: { ...state, at: 'ended' }, action: { kind: 'finish', frame } };
}

function mixedFormats(state: PushState, frame: PushFrame): Violation | null {
  const { idFormat } = state;
  if (idFormat === null || frame.idFormat === null || frame.idFormat === idFormat) return null;
  const detail = { frame: frame.type, expected: idFormat, received: frame.idFormat };
  return violation(
    'id-format-mismatch',
    detail,
    'A stream writes all its ids in one form (bare or after "sha256:").',
  );
}

function outOfOrder(state: PushState, frame: PushFrame, rule: string): Violation {
  const id = 'id' in frame ? { object_id: frame.id } : {};
  return violation(
    'frame-out-of-order',
    { frame: frame.type, state: state.at, ...id },
    `${frame.type} came out of order: ${rule}.`,
  );
}

function badHeader(field: string, message: string): Violation {
  return violation('bad-frame', { frame: SFRAME_HEADER, field }, message);
}

function badChunk(frame: ObjectChunkFrame, field: string, rule: string): Violation {
  const detail = { frame: frame.type, field, object_id: frame.id, seq: frame.seq };
  return violation('bad-frame', detail, `OBJECT_CHUNK: ${field} is wrong: ${rule}.`);
}

function tooMany(field: string, count: number, limit: string, max: number): Violation {
  const message = `A push may have at most ${max} ${field.replace('n_', '')}; split it.`;
  return violation('limit-exceeded', { field, count, limit, max }, message);
}

function moreThanDeclared(field: 'n_objects' | 'n_commits', state: PushState, received: number) {
  return miscounted(field, declared(field, state), received);
}

function fewerThanDeclared(field: 'n_objects' | 'n_commits', state: PushState): Violation {
  const received = field === 'n_objects' ? state.objects : state.commits;
  return miscounted(field, declared(field, state), received);
}

function declared(field: 'n_objects' | 'n_commits', state: PushState): number {
  return field === 'n_objects' ? state.header!.objectCount : state.header!.commitCount;
}

function miscounted(field: string, expected: number, received: number): Violation {
  const what = field.replace('n_', '');
  return violation(
    'count-mismatch',
    { field, declared: expected, received },
    `${expected} ${what} were declared and ${received} came; push again.`,
  );
}
