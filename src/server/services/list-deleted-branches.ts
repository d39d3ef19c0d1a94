import type { BrowseDeps } from './browse-deps';
import { type PushCursor, pageOfPushes, type ShownPush } from './list-pushes';
import type { OpenRepository } from './open-repository';

/**
 * Branches that were deleted and are not there again, latest first: each with the entry of the
 * history that took it away, which is what brings it back.
 */
export async function listDeletedBranches(
  repo: OpenRepository,
  query: { before: PushCursor | null; limit: number },
  { browse }: Pick<BrowseDeps, 'browse'>,
): Promise<{ pushes: ShownPush[]; next: PushCursor | null }> {
  const rows = await browse.listDeletedBranches(repo.entry.id, {
    before: query.before,
    limit: query.limit + 1,
  });
  return pageOfPushes(repo, rows, query.limit);
}
