import type { ComparedFile } from '~/server/ports/compute';
import { BoundedCache } from './bounded-cache';
import type { Divergence } from './compare-commits';
import type { TreeDiff } from './diff-trees';

/** Changed files that are kept, some 300 bytes each, and commits, some 100 bytes each. */
const FILES_MAX = 100_000;
const COMMITS_MAX = 200_000;
/** Characters of lines that are kept, with those that each line costs beside its own. */
const LINES_MAX_LENGTH = 24 * 1024 ** 2;
const LINE_LENGTH = 150;

/** What comparisons found out before. */
export interface CompareCaches {
  changes: BoundedCache<TreeDiff>;
  divergences: BoundedCache<Divergence>;
  /** The lines of all files of a page. */
  lines: BoundedCache<ComparedFile[]>;
}

export const createCompareCaches = (): CompareCaches => ({
  changes: new BoundedCache(FILES_MAX, ({ files }) => files.length),
  divergences: new BoundedCache(COMMITS_MAX, ({ ahead }) => ahead.length),
  lines: new BoundedCache(LINES_MAX_LENGTH, (files) =>
    files.reduce((sum, file) => sum + lengthOf(file), 0),
  ),
});

function lengthOf(file: ComparedFile): number {
  if (file.kind !== 'text') return 0;
  let length = 0;
  for (const { lines } of file.diff.hunks) {
    for (const { text, html } of lines) length += LINE_LENGTH + text.length + html.length;
  }
  return length;
}
