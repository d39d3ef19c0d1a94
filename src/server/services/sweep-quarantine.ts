import type { BlobStore } from '../ports/blob-store';
import { parseSegmentKey, SEGMENT_PREFIX } from '../ports/segment-key';
import type { SegmentRows } from '../ports/segment-rows';

/**
 * What a blob's age must exceed the longest push by: its transaction, which begins at the end of
 * the push's time and may wait and be repeated, and clocks of the store and the hub that differ.
 */
const MARGIN_MS = 2 * 60 * 60 * 1000;
const GRACE_MS = 24 * 60 * 60 * 1000;
const BATCH_SEGMENTS = 1_000;

export interface SweepDeps {
  blobs: Pick<BlobStore, 'list' | 'delete' | 'removeLeftovers'>;
  rows: SegmentRows;
  clock: { now(): number };
  /** The longest that a push may take. */
  pushMaxWallMs: number;
  /** What a blob's age must exceed the longest push by; for tests. */
  marginMs?: number;
  /** How old a blob must be in any case. */
  graceMs?: number;
  signal?: AbortSignal;
}

export interface SweepReport {
  /** Segments that were looked at. */
  segments: number;
  deleted: number;
  deletedBytes: number;
  /** Remains of interrupted puts. */
  leftovers: number;
}

/**
 * Deletes the segments of pushes that failed: blobs that are old and have no row.
 *
 * It cannot take away what a push needs. A segment gets its row in the transaction of the push that
 * put it, or never: other pushes refer to objects, whose rows name segments that have rows. And
 * that transaction is over within `pushMaxWallMs` of the push's first byte, so within that time,
 * and the margin, of the put. Hence a blob older than both that has no row when the rows are asked,
 * which is after the blob was seen, has missed its only chance. Rows are asked last, just before
 * the deletion, and a sweep that is repeated or runs twice at once does no harm.
 *
 * Rejects with the refusals of the store and the database; what was deleted until then stays so.
 */
export async function sweepQuarantine(deps: SweepDeps): Promise<SweepReport> {
  const { blobs, clock, pushMaxWallMs, signal } = deps;
  const grace = Math.max(deps.graceMs ?? GRACE_MS, pushMaxWallMs + (deps.marginMs ?? MARGIN_MS));
  const before = new Date(clock.now() - grace);
  const report: SweepReport = { segments: 0, deleted: 0, deletedBytes: 0, leftovers: 0 };
  let candidates: Candidate[] = [];
  for await (const { key, bytes, modifiedAt } of blobs.list(SEGMENT_PREFIX)) {
    signal?.throwIfAborted();
    const ids = parseSegmentKey(key);
    if (!ids) continue;
    report.segments += 1;
    if (modifiedAt >= before) continue;
    candidates.push({ ...ids, key, bytes });
    if (candidates.length < BATCH_SEGMENTS) continue;
    await sweepBatch(candidates, deps, report);
    candidates = [];
  }
  await sweepBatch(candidates, deps, report);
  report.leftovers = await blobs.removeLeftovers(before);
  return report;
}

interface Candidate {
  key: string;
  repoId: string;
  segmentId: string;
  bytes: number;
}

async function sweepBatch(
  candidates: Candidate[],
  { blobs, rows }: SweepDeps,
  report: SweepReport,
): Promise<void> {
  const byRepo = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    const known = byRepo.get(candidate.repoId);
    if (known) known.push(candidate);
    else byRepo.set(candidate.repoId, [candidate]);
  }
  for (const [repoId, ofRepo] of byRepo) {
    const existing = await rows.existing(
      repoId,
      ofRepo.map(({ segmentId }) => segmentId),
    );
    const garbage = ofRepo.filter(({ segmentId }) => !existing.has(segmentId));
    await blobs.delete(garbage.map(({ key }) => key));
    report.deleted += garbage.length;
    for (const { bytes } of garbage) report.deletedBytes += bytes;
  }
}
