import { decodeStored, decodeStoredStream, ObjectDamaged } from '~/muse/object-reader';
import { BlobMissing, type BlobStore } from '../ports/blob-store';
import type { ObjectLocation } from '../ports/push-store';
import { parseSegmentKey, SEGMENT_PREFIX, segmentKey } from '../ports/segment-key';
import type { StoredState } from '../ports/stored-state';
import { inBatches, type RepoReport } from './finding';

/** Bytes that are read at once, and above which an object is read piece by piece. */
const WINDOW_BYTES = 8 * 1024 ** 2;
const PIECE_BYTES = 1024 ** 2;
const BATCH = 1_000;

type StoredObject = ObjectLocation & { id: string };
type Blobs = Pick<BlobStore, 'read' | 'list'>;

/** Whether every segment that has a row is there, to its last byte. */
export async function checkSegments(
  repoId: string,
  state: StoredState,
  blobs: Blobs,
  report: RepoReport,
): Promise<number> {
  let count = 0;
  for await (const { id, bytes } of state.segments(repoId)) {
    count++;
    if (bytes === 0) continue;
    try {
      await blobs.read(segmentKey(repoId, id), bytes - 1, 1);
    } catch (error) {
      if (!(error instanceof BlobMissing)) throw error;
      report('segment-missing', id, `it is not there, or shorter than ${bytes} bytes`);
    }
  }
  return count;
}

/**
 * Looks at what lies in the object storage: a blob of another length than its row says is found;
 * one without a row is no finding, since a push that failed or is under way leaves such until the
 * sweep, and is counted.
 */
export async function checkBlobs(
  state: StoredState,
  blobs: Blobs,
  report: (repoId: string, segmentId: string, detail: string) => void,
): Promise<{ blobs: number; bytes: number }> {
  const unused = { blobs: 0, bytes: 0 };
  for await (const batch of inBatches(blobs.list(SEGMENT_PREFIX), BATCH)) {
    const byRepo = new Map<string, { segmentId: string; bytes: number }[]>();
    for (const { key, bytes } of batch) {
      const ids = parseSegmentKey(key);
      if (!ids) continue;
      const known = byRepo.get(ids.repoId) ?? [];
      byRepo.set(ids.repoId, [...known, { segmentId: ids.segmentId, bytes }]);
    }
    for (const [repoId, found] of byRepo) {
      const rows = await state.segmentBytes(
        repoId,
        found.map(({ segmentId }) => segmentId),
      );
      for (const { segmentId, bytes } of found) {
        const expected = rows.get(segmentId);
        if (expected === undefined) {
          unused.blobs++;
          unused.bytes += bytes;
        } else if (bytes !== expected) {
          report(repoId, segmentId, `${bytes} bytes instead of ${expected}`);
        }
      }
    }
  }
  return unused;
}

/** Reads, decodes and hashes every object. */
export async function checkObjects(
  repoId: string,
  state: StoredState,
  blobs: Blobs,
  report: RepoReport,
): Promise<number> {
  let count = 0;
  let run: StoredObject[] = [];
  const flush = async () => {
    await checkRun(repoId, run, blobs, report);
    run = [];
  };
  for await (const batch of inBatches(state.objects(repoId), BATCH)) {
    await checkNamedSegments(repoId, batch, state, report);
    for (const object of batch) {
      count++;
      if (isLarge(object)) {
        await checkObject(repoId, object, blobs, report);
        continue;
      }
      if (!fits(run, object)) await flush();
      run.push(object);
    }
  }
  await flush();
  return count;
}

async function checkNamedSegments(
  repoId: string,
  batch: StoredObject[],
  state: StoredState,
  report: RepoReport,
): Promise<void> {
  const named = new Set(batch.flatMap(({ extents }) => extents.map(({ segmentId }) => segmentId)));
  const there = await state.segmentBytes(repoId, [...named]);
  for (const { id, extents } of batch) {
    const lost = extents.find(({ segmentId }) => !there.has(segmentId));
    if (lost) report('object-without-segment', id, `segment ${lost.segmentId}`);
  }
}

const isLarge = ({ size, extents }: StoredObject): boolean =>
  extents.length !== 1 || size > WINDOW_BYTES || extents[0]!.length > WINDOW_BYTES;

/** Whether an object can be read together with those before it. */
function fits(run: StoredObject[], object: StoredObject): boolean {
  const first = run[0]?.extents[0];
  const extent = object.extents[0]!;
  if (!first) return true;
  const end = extent.offset + extent.length;
  return extent.segmentId === first.segmentId && end - first.offset <= WINDOW_BYTES;
}

async function checkRun(
  repoId: string,
  run: StoredObject[],
  blobs: Blobs,
  report: RepoReport,
): Promise<void> {
  const first = run[0]?.extents[0];
  if (!first) return;
  const end = Math.max(...run.map(({ extents: [at] }) => at!.offset + at!.length));
  const key = segmentKey(repoId, first.segmentId);
  let bytes: Buffer;
  try {
    bytes = await blobs.read(key, first.offset, end - first.offset);
  } catch (error) {
    if (!(error instanceof BlobMissing)) throw error;
    // A segment that is cut off has its first objects still: each is asked for on its own.
    for (const object of run) await checkObject(repoId, object, blobs, report);
    return;
  }
  for (const object of run) {
    const from = object.extents[0]!.offset - first.offset;
    const stored = bytes.subarray(from, from + object.extents[0]!.length);
    await judge(object, report, () => decodeStored(object, stored));
  }
}

/** One object by itself, in bounded memory. */
async function checkObject(
  repoId: string,
  object: StoredObject,
  blobs: Blobs,
  report: RepoReport,
): Promise<void> {
  await judge(object, report, async () => {
    const stored = storedPieces(repoId, object, blobs);
    for await (const _part of decodeStoredStream(object, stored));
  });
}

async function* storedPieces(
  repoId: string,
  { extents }: StoredObject,
  blobs: Blobs,
): AsyncGenerator<Uint8Array> {
  for (const { segmentId, offset, length } of extents) {
    const end = offset + length;
    for (let at = offset; at < end; at += PIECE_BYTES) {
      yield await blobs.read(segmentKey(repoId, segmentId), at, Math.min(PIECE_BYTES, end - at));
    }
  }
}

async function judge(
  { id, extents }: StoredObject,
  report: RepoReport,
  read: () => unknown,
): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (error instanceof ObjectDamaged) report('object-damaged', id, error.message);
    else if (error instanceof BlobMissing) {
      report('object-missing', id, `segment ${extents[0]!.segmentId}`);
    } else throw error;
  }
}
