import { Refusal } from '~/wire/errors';
import type { PushStore } from '../ports/push-store';

export interface QuotaDeps {
  store: Pick<PushStore, 'storedBytes'>;
  /** Bytes of objects, as they are stored, that one repository may have; null: no bound. */
  repoQuotaBytes: number | null;
}

/**
 * Whether a repository may take `addedBytes` more. At the HEADER, which does not know how many come,
 * 0: then it must be below its quota. Without a quota the database is not asked.
 *
 * It is asked before the transaction, not in it: pushes that end in the same moment may together
 * come out above the quota, by what they bring, and the next one is refused.
 *
 * Throws `Refusal` `quota-exceeded`.
 */
export async function checkQuota(
  repoId: string,
  addedBytes: number,
  { store, repoQuotaBytes }: QuotaDeps,
): Promise<void> {
  if (repoQuotaBytes === null) return;
  const stored = await store.storedBytes(repoId);
  const room = repoQuotaBytes - stored;
  if (addedBytes === 0 ? room > 0 : addedBytes <= room) return;
  throw new Refusal('quota-exceeded', {
    quota_bytes: repoQuotaBytes,
    stored_bytes: stored,
    ...(addedBytes > 0 && { push_bytes: addedBytes }),
  });
}
