import type { PushFilter, PushRow } from '~/server/ports/browse-store';
import type { BrowseDeps } from './browse-deps';
import type { OpenRepository } from './open-repository';
import { type ShownPhase, shownPhases } from './push-progress';

/** Where a page of pushes goes on: below this start time and id. */
export interface PushCursor {
  startedAtMs: number;
  id: string;
}

/** A push as a list shows it. */
export interface ShownPush extends Omit<PushRow, 'phases'> {
  phases: ShownPhase[];
}

/** Every push. */
export const ANY_PUSH: PushFilter = {
  ...{ branch: null, actor: null, actorKind: null, kind: null, outcome: null },
  ...{ fromMs: null, toMs: null },
};

/**
 * A page of the push history, newest first, narrowed by a filter. Refused, failed and running
 * pushes are shown to those with write access only, and the names of tokens to admins.
 */
export async function listPushes(
  repo: OpenRepository,
  query: PushFilter & { before: PushCursor | null; limit: number },
  { browse }: Pick<BrowseDeps, 'browse'>,
): Promise<{ pushes: ShownPush[]; next: PushCursor | null }> {
  const rows = await browse.listPushes(repo.entry.id, {
    ...query,
    all: repo.mayWrite,
    limit: query.limit + 1,
  });
  return pageOfPushes(repo, rows, query.limit);
}

/** A page out of rows of which one more was asked for than it holds. */
export function pageOfPushes(
  repo: OpenRepository,
  rows: PushRow[],
  limit: number,
): { pushes: ShownPush[]; next: PushCursor | null } {
  const pushes = rows.slice(0, limit);
  const last = pushes.at(-1);
  const more = rows.length > limit && last;
  return {
    pushes: pushes.map((push) => visiblePush(repo, push)),
    next: more ? { startedAtMs: last.startedAtMs, id: last.id } : null,
  };
}

/** A push as this reader may see it: which token was used concerns the repository's admins. */
export const visiblePush = (repo: OpenRepository, push: PushRow): ShownPush => ({
  ...push,
  tokenName: repo.mayAdmin ? push.tokenName : null,
  phases: shownPhases(push),
});
