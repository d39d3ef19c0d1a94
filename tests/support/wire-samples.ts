import { formatId, type Id, type IdFormat } from '~/muse/ids';
import { commitRecordOf } from '~/wire/commit-record';
import { isViolation, type Violation } from '~/wire/errors';
import { decodePushFrame, encodePushFrame } from '~/wire/frame-codec';
import { FrameScanner } from '~/wire/frame-scanner';
import type { CommitRecord, OutgoingPushFrame, PushFrame } from '~/wire/frames';
import { DEFAULT_LIMITS, type Limits } from '~/wire/limits';
import { encodeValue } from '~/wire/msgpack-writer';
import { onEof, onFrame, type PushAction, type PushState, startPush } from '~/wire/push-stream';

/** Frames and whole pushes for tests of the wire; ids are made up, only their form is real. */

/** An id that is `digit` 64 times. */
export const idOf = (digit: string): Id => digit.repeat(64);

/** A commit record with the given keys beside the required ones. */
export function recordOf(
  fields: Record<string, unknown> = {},
  idFormat: IdFormat = 'bare',
): CommitRecord {
  const record = commitRecordOf(
    encodeValue({
      commit_id: formatId(idOf('c'), idFormat),
      snapshot_id: formatId(idOf('5'), idFormat),
      message: 'feat: a commit',
      committed_at: '2026-04-16T12:00:00.250000+00:00',
      ...fields,
    }),
  );
  if (isViolation(record)) throw new Error(record.message);
  return record;
}

type Fields<T extends PushFrame['type']> = Partial<Extract<OutgoingPushFrame, { type: T }>>;

export const frameOf = {
  header: (fields: Fields<'H'> = {}): Extract<OutgoingPushFrame, { type: 'H' }> => ({
    type: 'H',
    version: 2,
    branch: 'main',
    head: idOf('c'),
    force: false,
    objectCount: 1,
    commitCount: 1,
    ...fields,
  }),
  object: (fields: Fields<'O'> = {}): Extract<OutgoingPushFrame, { type: 'O' }> => ({
    type: 'O',
    id: idOf('0'),
    size: 6,
    encoding: 'raw',
    data: Buffer.from('hello\n'),
    ...fields,
  }),
  chunk: (fields: Fields<'OC'> = {}): Extract<OutgoingPushFrame, { type: 'OC' }> => ({
    type: 'OC',
    id: idOf('0'),
    seq: 0,
    size: 6,
    encoding: 'raw',
    data: Buffer.from('hel'),
    last: false,
    ...fields,
  }),
  pack: (fields: Fields<'C'> = {}): Extract<OutgoingPushFrame, { type: 'C' }> => ({
    type: 'C',
    commits: [recordOf()],
    snapshots: [],
    snapshotDeltas: [],
    ...fields,
  }),
  end: (fields: Fields<'E'> = {}): Extract<OutgoingPushFrame, { type: 'E' }> => ({
    type: 'E',
    objectCount: 1,
    commitCount: 1,
    ...fields,
  }),
};

/** Whole pushes, each of them legal from the first byte to the last. */
export function conversations(
  idFormat: IdFormat,
): { name: string; frames: OutgoingPushFrame[]; actions: PushAction['kind'][] }[] {
  const record = (digit: string, fields: Record<string, unknown> = {}) =>
    recordOf({ commit_id: formatId(idOf(digit), idFormat), ...fields }, idFormat);
  const manifest: [string, Id][] = [
    ['README.md', idOf('0')],
    ['docs/naïve café – 日本語 😀.md', idOf('1')],
  ];
  const extra = encodeValue({ created_at: '2026-04-16T12:00:00+00:00' });
  return [
    {
      name: 'a first push',
      frames: [
        frameOf.header({
          pushId: '00000000-0000-4000-8000-000000000001',
          expectedHead: null,
          byteCount: 6,
          client: 'muse/0.1.5',
        }),
        frameOf.object({ path: 'README.md' }),
        frameOf.pack({
          commits: [record('c')],
          snapshots: [{ id: idOf('5'), manifest, extra, laterSchema: false }],
        }),
        frameOf.end(),
      ],
      actions: ['open', 'keep-object', 'keep-pack', 'finish'],
    },
    {
      name: 'a large object in chunks, and two packs',
      frames: [
        frameOf.header({ objectCount: 3, commitCount: 2, expectedHead: idOf('a') }),
        frameOf.object({ encoding: 'zlib' }),
        frameOf.chunk({ id: idOf('1') }),
        frameOf.chunk({ id: idOf('1'), seq: 1, data: Buffer.from('lo') }),
        frameOf.chunk({ id: idOf('1'), seq: 2, data: Buffer.from('\n'), last: true }),
        frameOf.object({ id: idOf('2'), size: 0, data: Buffer.alloc(0), encoding: 'zstd' }),
        frameOf.pack({
          commits: [record('b')],
          snapshots: [{ id: idOf('5'), manifest, extra, laterSchema: false }],
        }),
        frameOf.pack({
          commits: [record('c', { parent_commit_id: formatId(idOf('b'), idFormat) })],
          snapshotDeltas: [
            {
              id: idOf('6'),
              parentId: idOf('5'),
              add: [['new.txt', idOf('2')]],
              remove: ['README.md'],
              extra,
              laterSchema: false,
            },
          ],
        }),
        frameOf.end({ objectCount: 3, commitCount: 2 }),
      ],
      actions: [
        ...(['open', 'keep-object', 'keep-chunk', 'keep-chunk', 'keep-chunk'] as const),
        ...(['keep-object', 'keep-pack', 'keep-pack', 'finish'] as const),
      ],
    },
    {
      name: 'a branch that moves to a stored commit',
      frames: [
        frameOf.header({ objectCount: 0, commitCount: 0, force: true, expectedHead: idOf('a') }),
        frameOf.end({ objectCount: 0, commitCount: 0 }),
      ],
      actions: ['open', 'finish'],
    },
    {
      name: 'a deletion',
      frames: [
        frameOf.header({ head: null, objectCount: 0, commitCount: 0, expectedHead: idOf('a') }),
        frameOf.end({ objectCount: 0, commitCount: 0 }),
      ],
      actions: ['open', 'finish'],
    },
  ];
}

/** The frames as one stream of bytes. */
export function streamOf(frames: OutgoingPushFrame[], idFormat: IdFormat): Buffer {
  return Buffer.concat(frames.map((frame) => encodePushFrame(frame, idFormat)));
}

/** How a stream was read: what was done about it, and what was wrong with it. */
export interface Reading {
  actions: PushAction[];
  violation: Violation | null;
}

/** Reads a push as the hub does: scanner, codec and state machine, then the end of the stream. */
export function readPush(chunks: Iterable<Uint8Array>, limits: Limits = DEFAULT_LIMITS): Reading {
  const scanner = new FrameScanner(limits);
  const actions: PushAction[] = [];
  let state: PushState = startPush();
  for (const chunk of chunks) {
    scanner.push(chunk);
    for (let bytes = scanner.next(); bytes !== null; bytes = scanner.next()) {
      if (isViolation(bytes)) return { actions, violation: bytes };
      const frame = decodePushFrame(bytes, limits);
      if (isViolation(frame)) return { actions, violation: frame };
      const step = onFrame(state, frame, limits);
      if (isViolation(step)) return { actions, violation: step };
      state = step.state;
      actions.push(step.action);
    }
  }
  return { actions, violation: scanner.end() ?? onEof(state) };
}

/** The bytes in pieces of `size`. */
export function* piecesOf(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** What a scanner makes of a whole stream. */
export function scanAll(
  bytes: Uint8Array,
  limits: Limits = DEFAULT_LIMITS,
): { frames: Uint8Array[]; violation: Violation | null } {
  const scanner = new FrameScanner(limits);
  const frames: Uint8Array[] = [];
  scanner.push(bytes);
  for (let frame = scanner.next(); frame !== null; frame = scanner.next()) {
    if (isViolation(frame)) return { frames, violation: frame };
    frames.push(frame);
  }
  return { frames, violation: scanner.end() };
}
