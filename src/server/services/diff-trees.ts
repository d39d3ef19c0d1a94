import type { Id } from '~/muse/ids';
import { decodeName, entryId, KIND_DIR } from '~/muse/tree';
import { diffDirectories } from '~/muse/tree-diff';
import type { TreeSource } from './tree-source';

/** A file that differs between two trees. */
export interface FileChange {
  path: string;
  change: 'added' | 'modified' | 'removed' | 'renamed';
  before: Id | null;
  after: Id | null;
  /** Of a renamed file where it was, and how much of it stayed the same, from 0.5 to 1; else null. */
  oldPath: string | null;
  share: number | null;
}

export interface TreeDiff {
  /** In the order of their paths; at most `maxChanges`. */
  files: FileChange[];
  added: number;
  modified: number;
  removed: number;
  renamed: number;
  /** There is more than was looked at: the counts are lower bounds. */
  truncated: boolean;
}

interface Pair {
  prefix: string;
  before: Id | null;
  after: Id | null;
}

/**
 * The files that differ between two root trees (null: nothing). Reads only directories that differ,
 * a level at a time in batches, and stops after `maxChanges` files.
 *
 * Throws `StoredRecordDamaged`.
 */
export async function diffTrees(
  before: Id | null,
  after: Id | null,
  trees: TreeSource,
  maxChanges: number,
): Promise<TreeDiff> {
  const counts = { added: 0, modified: 0, removed: 0, renamed: 0 };
  const diff: TreeDiff = { files: [], ...counts, truncated: false };
  let level: Pair[] = before === after ? [] : [{ prefix: '', before, after }];
  while (level.length > 0 && !diff.truncated) {
    const next: Pair[] = [];
    for (let from = 0; from < level.length && !diff.truncated; from += trees.batchTrees) {
      const batch = level.slice(from, from + trees.batchTrees);
      const ids = batch.flatMap((pair) => [pair.before, pair.after]).filter((id) => id !== null);
      const loaded = await trees.load(ids);
      for (const pair of batch) comparePair(pair, loaded, diff, next, maxChanges);
    }
    level = next;
  }
  diff.files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return diff;
}

function comparePair(
  pair: Pair,
  loaded: Map<Id, Buffer>,
  diff: TreeDiff,
  next: Pair[],
  maxChanges: number,
): void {
  const bytesOf = (id: Id | null): Buffer | null => (id === null ? null : loaded.get(id)!);
  const before = bytesOf(pair.before);
  const after = bytesOf(pair.after);
  diffDirectories(before, after, (gone, come) => {
    if (diff.truncated) return;
    const was = gone && before ? entryId(before, gone) : null;
    const is = come && after ? entryId(after, come) : null;
    const [bytes, entry] = come ? [after!, come] : [before!, gone!];
    const path = pair.prefix + decodeName(bytes, entry.nameStart, entry.nameEnd);
    if (entry.kind === KIND_DIR) {
      next.push({ prefix: `${path}/`, before: was, after: is });
    } else if (diff.files.length >= maxChanges) {
      diff.truncated = true;
    } else {
      const change = was === null ? 'added' : is === null ? 'removed' : 'modified';
      diff[change]++;
      diff.files.push({ path, change, before: was, after: is, oldPath: null, share: null });
    }
  });
}
