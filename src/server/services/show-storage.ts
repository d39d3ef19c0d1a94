import type { Principal } from '~/server/access';
import type { AdminStore, HubRepository, StoredTotals } from '~/server/ports/admin-store';
import type { BlobStore } from '~/server/ports/blob-store';
import { parseSegmentKey, SEGMENT_PREFIX } from '~/server/ports/segment-key';
import type { SegmentRows } from '~/server/ports/segment-rows';
import { expectHubAdmin } from './expect-hub-admin';

const LARGEST_SHOWN = 50;
/** Segments that are looked at to measure the quarantine; beyond it the answer says so. */
const LOOKED_AT_MAX = 50_000;
const ASKED_AT_ONCE = 1_000;

export interface ShownStorage {
  totals: StoredTotals;
  /** By bytes. */
  largest: HubRepository[];
  /** What one repository may have; null: no bound. */
  quotaBytes: number | null;
}

/** What is stored, and whose it is. Throws as `expectHubAdmin`. */
export async function showStorage(
  principal: Principal,
  deps: {
    admin: Pick<AdminStore, 'storedTotals' | 'largestRepositories'>;
    repoQuotaBytes: number | null;
  },
): Promise<ShownStorage> {
  expectHubAdmin(principal);
  const [totals, largest] = await Promise.all([
    deps.admin.storedTotals(),
    deps.admin.largestRepositories(LARGEST_SHOWN),
  ]);
  return { totals, largest, quotaBytes: deps.repoQuotaBytes };
}

export interface Quarantine {
  /** Segments that no row names: of pushes under way, or that failed and were not swept yet. */
  segments: number;
  bytes: number;
  /** How many segments were looked at, and whether these were all. */
  lookedAt: number;
  whole: boolean;
}

/** Looks through the object storage for what no row names. Throws as `expectHubAdmin`. */
export async function measureQuarantine(
  principal: Principal,
  { blobs, rows }: { blobs: Pick<BlobStore, 'list'>; rows: SegmentRows },
): Promise<Quarantine> {
  expectHubAdmin(principal);
  const found: Quarantine = { segments: 0, bytes: 0, lookedAt: 0, whole: true };
  const batch = new Map<string, Map<string, number>>();
  const settle = async () => {
    for (const [repoId, segments] of batch) {
      const named = await rows.existing(repoId, [...segments.keys()]);
      for (const [segmentId, bytes] of segments) {
        if (named.has(segmentId)) continue;
        found.segments++;
        found.bytes += bytes;
      }
    }
    batch.clear();
  };
  for await (const { key, bytes } of blobs.list(SEGMENT_PREFIX)) {
    const ids = parseSegmentKey(key);
    if (!ids) continue;
    if (found.lookedAt >= LOOKED_AT_MAX) {
      found.whole = false;
      break;
    }
    found.lookedAt++;
    const ofRepository = batch.get(ids.repoId) ?? new Map<string, number>();
    batch.set(ids.repoId, ofRepository.set(ids.segmentId, bytes));
    if (found.lookedAt % ASKED_AT_ONCE === 0) await settle();
  }
  await settle();
  return found;
}
