import { BoundedCache } from './bounded-cache';
import type { Divergence } from './compare-commits';
import type { TreeDiff } from './diff-trees';

/** Changed files that are kept, some 300 bytes each, and commits, some 100 bytes each. */
const FILES_MAX = 100_000;
const COMMITS_MAX = 200_000;

/** What comparisons found out before. */
export interface CompareCaches {
  changes: BoundedCache<TreeDiff>;
  divergences: BoundedCache<Divergence>;
}

export const createCompareCaches = (): CompareCaches => ({
  changes: new BoundedCache(FILES_MAX, ({ files }) => files.length),
  divergences: new BoundedCache(COMMITS_MAX, ({ ahead }) => ahead.length),
});
