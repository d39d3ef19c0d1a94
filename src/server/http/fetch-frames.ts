import type { Id, IdFormat } from '~/muse/ids';
import { Refusal } from '~/wire/errors';
import { encodeFetchFrame, encodeObjectHead } from '~/wire/frame-codec';
import { SFRAME_END, SFRAME_HEADER, SFRAME_OBJECT, SFRAME_OBJECT_CHUNK } from '~/wire/frames';
import {
  type Limits,
  STREAM_MAX_COMMIT_PACK_BYTES,
  STREAM_MAX_OBJECT_WIRE_BYTES,
  STREAM_VERSION,
} from '~/wire/limits';
import { encodePack, encodeSnapshot, encodeSnapshotDelta } from '~/wire/pack-codec';
import type { ObjectReader, ObjectToRead, ReadObject } from '../ports/object-storage';
import {
  type OpenedFetch,
  type ServeFetchDeps,
  sentCommits,
  sentObjects,
  sentSnapshots,
} from '../services/serve-fetch';

/** COMMIT_PACK frames are closed at this size; one record may be larger. */
const PACK_BYTES = 4 * 1024 ** 2;
/** Room for the fields of an OBJECT frame beside its data. */
const HEAD_BYTES_MAX = 512;
/** Data of one OBJECT_CHUNK. */
const CHUNK_BYTES = 4 * 1024 ** 2;

/** What the frames of an answer have in common. */
export interface FrameContext {
  idFormat: IdFormat;
  limits: Limits;
  signal: AbortSignal;
}

/**
 * The frames of `fetch/stream` (docs/protocol.md §4): `H, (O | OC)*, C+, E`. Throws, without the E,
 * when anything is missing: an answer with an END is complete.
 */
export async function* fetchFrames(
  fetch: OpenedFetch,
  deps: ServeFetchDeps,
  context: FrameContext,
): AsyncGenerator<Uint8Array> {
  const { plan } = fetch;
  const { idFormat, signal } = context;
  const header = {
    type: SFRAME_HEADER,
    version: STREAM_VERSION,
    objectCount: plan.objectCount,
    commitCount: plan.commits.size,
    idFormat,
    branchHeads: fetch.branchHeads,
  } as const;
  yield encodeFetchFrame(header, idFormat);
  const batches = sentObjects(fetch, deps, signal);
  const objectCount = yield* objectFrames(fetch.repoId, batches, deps.objects, context);
  const commitCount = yield* packFrames(fetch, deps, context);
  yield endFrame(header, { objectCount, commitCount }, idFormat);
}

/** The frames of `fetch/objects`: `(O | OC)*, E`. */
export async function* objectsFrames(
  repoId: string,
  objects: ObjectToRead[],
  reader: ObjectReader,
  context: FrameContext,
): AsyncGenerator<Uint8Array> {
  const batches = reader.readBatches(repoId, objects, { signal: context.signal });
  const objectCount = yield* objectFrames(repoId, batches, reader, context);
  const declared = { objectCount: objects.length, commitCount: 0 };
  yield endFrame(declared, { objectCount, commitCount: 0 }, context.idFormat);
}

interface Counts {
  objectCount: number;
  commitCount: number;
}

/** END, which says that all is there; so it is only made when it is. */
function endFrame(declared: Counts, sent: Counts, idFormat: IdFormat): Uint8Array {
  const { objectCount, commitCount } = declared;
  if (sent.objectCount !== objectCount || sent.commitCount !== commitCount) {
    throw new Error(
      `sent ${sent.objectCount} objects and ${sent.commitCount} commits of ${objectCount} and ${commitCount}`,
    );
  }
  return encodeFetchFrame({ type: SFRAME_END, objectCount, commitCount }, idFormat);
}

/** Objects as they are stored, large ones in chunks; returns how many. */
async function* objectFrames(
  repoId: string,
  batches: AsyncIterable<ReadObject<ObjectToRead>[]>,
  reader: ObjectReader,
  context: FrameContext,
): AsyncGenerator<Uint8Array, number> {
  const { idFormat, limits, signal } = context;
  const frameBytes = Math.min(limits.maxObjectWireBytes, STREAM_MAX_OBJECT_WIRE_BYTES);
  const dataBytesMax = frameBytes - HEAD_BYTES_MAX;
  let count = 0;
  for await (const batch of batches) {
    for (const { object, stored } of batch) {
      count++;
      const { id, location } = object;
      if (stored !== null && stored.byteLength <= dataBytesMax) {
        const { size, encoding } = location;
        const head = { type: SFRAME_OBJECT, id, size, encoding } as const;
        yield encodeObjectHead(head, stored.byteLength, idFormat);
        yield stored;
      } else {
        const parts = reader.readObject(repoId, object, { form: 'stored', signal });
        yield* chunkFrames(object, parts, Math.min(dataBytesMax, CHUNK_BYTES), context);
      }
    }
  }
  return count;
}

/** One object in OBJECT_CHUNK frames; the last of them only after the reader has verified it all. */
async function* chunkFrames(
  { id, location }: ObjectToRead,
  parts: AsyncIterable<Uint8Array>,
  chunkBytes: number,
  { idFormat }: FrameContext,
): AsyncGenerator<Uint8Array> {
  const { size, encoding, extents } = location;
  const storedBytes = extents.reduce((sum, { length }) => sum + length, 0);
  let sent = 0;
  let seq = 0;
  for await (const part of parts) {
    for (let from = 0; from < part.byteLength; from += chunkBytes) {
      const data = part.subarray(from, from + chunkBytes);
      sent += data.byteLength;
      const last = sent === storedBytes;
      const head = { type: SFRAME_OBJECT_CHUNK, id, seq, size, encoding, last } as const;
      yield encodeObjectHead(head, data.byteLength, idFormat);
      yield data;
      seq++;
    }
  }
  if (sent !== storedBytes) throw new Error(`read ${sent} of ${storedBytes} bytes of object ${id}`);
}

/**
 * Snapshots, then the commits that name them, in COMMIT_PACK frames of bounded size; at least one.
 * Returns how many commits.
 */
async function* packFrames(
  fetch: OpenedFetch,
  deps: ServeFetchDeps,
  { idFormat, limits, signal }: FrameContext,
): AsyncGenerator<Uint8Array, number> {
  const frameBytesMax = Math.min(limits.maxCommitPackBytes, STREAM_MAX_COMMIT_PACK_BYTES);
  const pack = new Pack(frameBytesMax);
  for await (const snapshot of sentSnapshots(fetch, deps, { deltas: true, signal })) {
    const { id } = snapshot.record;
    if (snapshot.kind === 'whole') {
      yield* pack.add('snapshots', encodeSnapshot(snapshot.record, idFormat), id);
    } else {
      yield* pack.add('snapshotDeltas', encodeSnapshotDelta(snapshot.record, idFormat), id);
    }
  }
  let commitCount = 0;
  for await (const { record } of sentCommits(fetch, deps, signal)) {
    yield* pack.add('commits', record.raw, record.commit.id);
    commitCount++;
  }
  yield pack.take();
  return commitCount;
}

type PackList = 'commits' | 'snapshots' | 'snapshotDeltas';

/** Records that wait for the COMMIT_PACK frame that will hold them. */
class Pack {
  private lists: Record<PackList, Uint8Array[]> = newLists();
  private bytes = 0;

  constructor(private readonly bytesMax: number) {}

  /** Takes a record, after yielding the frame of those before it when they do not fit together. */
  *add(list: PackList, record: Uint8Array, id: Id): Generator<Uint8Array> {
    if (record.byteLength + HEAD_BYTES_MAX > this.bytesMax) {
      throw new Refusal(
        'limit-exceeded',
        { id, bytes: record.byteLength, limit: 'stream_max_commit_pack_bytes', max: this.bytesMax },
        'A record of this fetch is longer than a COMMIT_PACK frame may be; fetch its parents first.',
      );
    }
    const room = Math.min(PACK_BYTES, this.bytesMax - HEAD_BYTES_MAX) - this.bytes;
    if (this.bytes > 0 && record.byteLength > room) yield this.take();
    this.lists[list].push(record);
    this.bytes += record.byteLength;
  }

  take(): Uint8Array {
    const frame = encodePack(this.lists);
    this.lists = newLists();
    this.bytes = 0;
    return frame;
  }
}

const newLists = (): Record<PackList, Uint8Array[]> => ({
  commits: [],
  snapshots: [],
  snapshotDeltas: [],
});
