import type { PushRow } from '~/server/ports/browse-store';
import type { BrowseDeps } from './browse-deps';
import type { OpenRepository } from './open-repository';

/** Where a page of pushes goes on: below this start time and id. */
export interface PushCursor {
  startedAtMs: number;
  id: string;
}

/**
 * A page of the push history, newest first. Refused, failed and running pushes are shown to those
 * with write access only, and so are the names of tokens.
 */
export async function listPushes(
  repo: OpenRepository,
  query: { branch: string | null; before: PushCursor | null; limit: number },
  { browse }: Pick<BrowseDeps, 'browse'>,
): Promise<{ pushes: PushRow[]; next: PushCursor | null }> {
  const rows = await browse.listPushes(repo.entry.id, {
    branch: query.branch,
    before: query.before,
    all: repo.mayWrite,
    limit: query.limit + 1,
  });
  const pushes = rows.slice(0, query.limit);
  const last = pushes.at(-1);
  const more = rows.length > query.limit && last;
  return {
    pushes: pushes.map((push) => visiblePush(repo, push)),
    next: more ? { startedAtMs: last.startedAtMs, id: last.id } : null,
  };
}

/** A push as this reader may see it. */
export const visiblePush = (repo: OpenRepository, push: PushRow): PushRow =>
  repo.mayWrite ? push : { ...push, tokenName: null };
