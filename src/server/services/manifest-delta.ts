import { IdSet } from '~/muse/id-set';
import type { Id } from '~/muse/ids';
import { decodeTree, type TreeEntry } from '~/muse/tree';
import type { TreeSource } from './tree-source';
import { walkTrees } from './walk-trees';

/** What makes one manifest of another: removals first, then additions and replacements. */
export interface ManifestDelta {
  add: [path: string, objectId: Id][];
  remove: string[];
}

interface DirectoryPair {
  /** Of the directory: '' or ending in '/'. */
  prefix: string;
  before: Id | null;
  after: Id | null;
}

/**
 * The difference between two manifests, by their root trees; only directories that differ are read.
 * Null when it has more than `changesMax` paths. Throws `StoredRecordDamaged`.
 */
export async function deltaOf(
  before: Id,
  after: Id,
  source: TreeSource,
  changesMax: number,
): Promise<ManifestDelta | null> {
  const delta: ManifestDelta = { add: [], remove: [] };
  const pending: DirectoryPair[] = before === after ? [] : [{ prefix: '', before, after }];
  while (pending.length > 0) {
    if (delta.add.length + delta.remove.length > changesMax) return null;
    const batch = pending.splice(-source.batchTrees);
    const trees = await source.load(batch.flatMap((pair) => idsOf(pair)));
    const entries = (id: Id | null) => (id === null ? [] : decodeTree(trees.get(id)!));
    for (const pair of batch) {
      compare(pair.prefix, entries(pair.before), entries(pair.after), delta, pending);
    }
  }
  return delta.add.length + delta.remove.length > changesMax ? null : delta;
}

/** Reads ahead what `deltaOf` will ask for each of these pairs, in few queries. */
export async function warmDeltas(
  pairs: { before: Id; after: Id }[],
  source: TreeSource,
): Promise<void> {
  const roots = pairs.map(({ before, after }) => ({
    tree: after,
    known: before,
    knownHeld: false,
  }));
  await walkTrees(roots, source, new IdSet(), { file: () => undefined });
}

const idsOf = ({ before, after }: DirectoryPair): Id[] =>
  [before, after].filter((id) => id !== null);

function compare(
  prefix: string,
  before: TreeEntry[],
  after: TreeEntry[],
  delta: ManifestDelta,
  pending: DirectoryPair[],
): void {
  const old = new Map(before.map((entry) => [`${entry.kind}/${entry.name}`, entry.id]));
  for (const { kind, name, id } of after) {
    const key = `${kind}/${name}`;
    const oldId = old.get(key) ?? null;
    old.delete(key);
    if (oldId === id) continue;
    if (kind === 'file') delta.add.push([prefix + name, id]);
    else pending.push({ prefix: `${prefix}${name}/`, before: oldId, after: id });
  }
  for (const { kind, name, id } of before) {
    if (!old.has(`${kind}/${name}`)) continue;
    if (kind === 'file') delta.remove.push(prefix + name);
    else pending.push({ prefix: `${prefix}${name}/`, before: id, after: null });
  }
}
