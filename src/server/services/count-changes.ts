import type { Id } from '~/muse/ids';
import { EMPTY_TREE_ID, entryId, KIND_DIR } from '~/muse/tree';
import { diffDirectories } from '~/muse/tree-diff';
import type { CommitStat, CommitStats, CommitToCount } from '../ports/commit-stats';
import { StoredRecordDamaged, TreeSource } from './tree-source';

export interface CountChangesDeps {
  stats: CommitStats;
  loadTrees: (repoId: string, ids: Id[]) => Promise<Map<Id, Uint8Array>>;
}

const BATCH_COMMITS = 200;

/**
 * Counts the changed files of every commit that a push brought, as far as it was not done before.
 * Memory is bounded by a batch of commits and of trees, not by the push.
 *
 * A commit that cannot be counted does not keep the others from it; the first such error is thrown
 * at the end.
 */
export async function countChangesOfPush(
  repoId: string,
  seq: number,
  deps: CountChangesDeps,
  signal?: AbortSignal,
): Promise<number> {
  const trees = new TreeSource((ids) => deps.loadTrees(repoId, ids));
  const failures: unknown[] = [];
  let counted = 0;
  let after: Id | null = null;
  for (;;) {
    const commits: CommitToCount[] = await deps.stats.missing(repoId, seq, after, BATCH_COMMITS);
    signal?.throwIfAborted();
    const stats = await countTogether(commits, trees).catch((error) => {
      if (!(error instanceof StoredRecordDamaged)) throw error;
      return countOneByOne(commits, trees, failures, signal);
    });
    if (stats.length > 0) await deps.stats.save(repoId, stats);
    counted += stats.length;
    after = commits.at(-1)?.id ?? null;
    if (commits.length < BATCH_COMMITS) break;
  }
  if (failures.length > 0) throw failures[0];
  return counted;
}

type Counts = Omit<CommitStat, 'id'>;

/**
 * Counts commits in one walk, so that a directory of each is read in the same query. Throws when a
 * tree of any of them is damaged.
 */
async function countTogether(commits: CommitToCount[], trees: TreeSource): Promise<CommitStat[]> {
  const stats = commits.map(({ id }) => ({ id, added: 0, removed: 0, modified: 0 }));
  const pairs: TreePair[] = [];
  for (const [index, { parentRootTreeId, rootTreeId, entryCount }] of commits.entries()) {
    const counts = stats[index]!;
    if (parentRootTreeId === null) counts.added = entryCount;
    else pairs.push({ before: parentRootTreeId, after: rootTreeId, counts });
  }
  await walkPairs(pairs, trees);
  return stats;
}

/** The same, each alone: those that can be counted, the errors of the others into `failures`. */
async function countOneByOne(
  commits: CommitToCount[],
  trees: TreeSource,
  failures: unknown[],
  signal: AbortSignal | undefined,
): Promise<CommitStat[]> {
  const stats: CommitStat[] = [];
  for (const commit of commits) {
    signal?.throwIfAborted();
    try {
      stats.push(...(await countTogether([commit], trees)));
    } catch (error) {
      failures.push(error);
    }
  }
  return stats;
}

/** Two directories, and where the files that differ between them are counted. */
interface TreePair {
  before: Id;
  after: Id;
  counts: Counts;
}

async function walkPairs(roots: TreePair[], trees: TreeSource): Promise<void> {
  const pending = roots.filter(({ before, after }) => before !== after);
  while (pending.length > 0) {
    // The end first: a walk in depth keeps few directories waiting.
    const batch = pending.splice(-trees.batchTrees);
    const loaded = await trees.load(batch.flatMap((pair) => [pair.before, pair.after]));
    for (const pair of batch) {
      comparePair(pair, loaded.get(pair.before)!, loaded.get(pair.after)!);
    }
  }

  function comparePair({ counts }: TreePair, was: Buffer, is: Buffer): void {
    diffDirectories(was, is, (gone, come) => {
      if ((come ?? gone)!.kind === KIND_DIR) {
        pending.push({
          before: gone ? entryId(was, gone) : EMPTY_TREE_ID,
          after: come ? entryId(is, come) : EMPTY_TREE_ID,
          counts,
        });
      } else if (gone && come) counts.modified++;
      else if (come) counts.added++;
      else counts.removed++;
    });
  }
}
