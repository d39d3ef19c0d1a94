import type { Id } from '~/muse/ids';
import { decodeTree, EMPTY_TREE_ID, type TreeEntry } from '~/muse/tree';
import type { TreeSource } from './tree-source';

/** A file that differs between two trees. */
export interface FileChange {
  path: string;
  change: 'added' | 'modified' | 'removed';
  before: Id | null;
  after: Id | null;
}

export interface TreeDiff {
  /** In the order of their paths; at most `maxChanges`. */
  files: FileChange[];
  added: number;
  modified: number;
  removed: number;
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
  const diff: TreeDiff = { files: [], added: 0, modified: 0, removed: 0, truncated: false };
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
  const entriesOf = (id: Id | null): Map<string, TreeEntry> =>
    id === null || id === EMPTY_TREE_ID
      ? new Map()
      : new Map(decodeTree(loaded.get(id)!).map((entry) => [`${entry.kind}/${entry.name}`, entry]));
  const before = entriesOf(pair.before);
  const after = entriesOf(pair.after);
  const keys = new Set([...before.keys(), ...after.keys()]);
  for (const key of keys) {
    const was = before.get(key) ?? null;
    const is = after.get(key) ?? null;
    if (was?.id === is?.id) continue;
    const { kind, name } = (is ?? was)!;
    if (kind === 'dir') {
      const prefix = `${pair.prefix}${name}/`;
      next.push({ prefix, before: was?.id ?? null, after: is?.id ?? null });
      continue;
    }
    if (diff.files.length >= maxChanges) {
      diff.truncated = true;
      return;
    }
    const change = was === null ? 'added' : is === null ? 'removed' : 'modified';
    diff[change]++;
    const path = pair.prefix + name;
    diff.files.push({ path, change, before: was?.id ?? null, after: is?.id ?? null });
  }
}
