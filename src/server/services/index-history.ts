import { randomUUID } from 'node:crypto';
import type { Id } from '~/muse/ids';
import type { BrowseStore } from '~/server/ports/browse-store';
import type { HistoryKey, HistoryScope, HistoryStore } from '~/server/ports/history-store';
import { CommitHistory } from './commit-history';
import { countBehind } from './count-behind';
import { changeHistory, EMPTY_HISTORY } from './history-chunks';
import { sameScope } from './load-history';
import { walkChange } from './walk-change';

export interface IndexHistoryDeps {
  histories: HistoryStore;
  browse: Pick<BrowseStore, 'scanGraph' | 'findGenerations' | 'findOrders' | 'findBranches'>;
}

/**
 * Which commits a branch's history has: what its head reaches, and for a branch other than the
 * default only what the default does not reach. Null when the repository has no such branch.
 */
export async function branchScope(
  { repoId, branch }: HistoryKey,
  defaultBranch: string | null,
  browse: Pick<BrowseStore, 'findBranches'>,
): Promise<HistoryScope | null> {
  const names = [branch, ...(defaultBranch === null ? [] : [defaultBranch])];
  const branches = await browse.findBranches(repoId, names);
  const head = branches.get(branch)?.head;
  if (head === undefined) return null;
  const exclude =
    branch === defaultBranch ? null : (branches.get(defaultBranch ?? '')?.head ?? null);
  return { head, exclude };
}

/** How often a save may be overtaken by another before it is left to that one. */
const ATTEMPTS_MAX = 3;

/**
 * Brings the saved history of a branch to where the branch is now; makes it when there is none.
 * Done twice, or beside itself, it ends the same. Resolves to whether something was saved.
 */
export async function indexHistory(key: HistoryKey, deps: IndexHistoryDeps): Promise<boolean> {
  const { histories, browse } = deps;
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const defaultBranch = await histories.findDefaultBranch(key.repoId);
    const scope = await branchScope(key, defaultBranch, browse);
    if (scope === null) return false;
    const saved = await histories.find(key);
    const isCounted = scope.exclude === null || (saved !== null && saved.behind !== null);
    if (saved && isCounted && sameScope(saved.scope, scope)) return false;
    const load = (numbers: number[]) =>
      saved === null ? Promise.resolve(new Map()) : histories.loadChunks(key, saved.id, numbers);
    const before = new CommitHistory(saved?.marks ?? [], {
      loadChunks: load,
      findOrders: (ids) => browse.findOrders(key.repoId, ids),
    });
    const areInFrom = async (ids: Id[]) => new Set((await before.placesOf(ids)).keys());
    const from = saved?.scope ?? null;
    const change = await walkChange(key.repoId, from, scope, { browse, areInFrom });
    const { chunks, ...shape } = await changeHistory(saved ?? EMPTY_HISTORY, change, load);
    const behind = await countBehind(key.repoId, saved, scope, browse);
    const next = { id: saved?.id ?? randomUUID(), scope, behind, ...shape };
    if (await histories.save(key, saved, next, chunks)) return true;
  }
  return false;
}

const MISSING_BATCH = 50;

/** Makes the histories that branches lack, and removes those of branches that are gone. */
export async function indexMissingHistories(
  deps: IndexHistoryDeps,
  signal?: AbortSignal,
): Promise<{ made: number; removed: number }> {
  let made = 0;
  for (;;) {
    const missing = await deps.histories.listMissing(MISSING_BATCH);
    let madeNow = 0;
    for (const key of missing) {
      signal?.throwIfAborted();
      if (await indexHistory(key, deps)) madeNow++;
    }
    made += madeNow;
    if (missing.length < MISSING_BATCH || madeNow === 0) break;
  }
  return { made, removed: await deps.histories.removeGone() };
}
