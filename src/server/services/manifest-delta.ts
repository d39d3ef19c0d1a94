import { IdSet } from '~/muse/id-set';
import type { Id } from '~/muse/ids';
import { decodeName, type EntrySpan, KIND_DIR } from '~/muse/tree';
import { diffDirectories } from '~/muse/tree-diff';
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
    for (const pair of batch) compare(pair, trees, delta, pending);
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
  { prefix, before, after }: DirectoryPair,
  trees: Map<Id, Buffer>,
  delta: ManifestDelta,
  pending: DirectoryPair[],
): void {
  const old = before === null ? null : trees.get(before)!;
  const next = after === null ? null : trees.get(after)!;
  const idIn = (bytes: Buffer | null, span: EntrySpan | null) =>
    span && bytes!.toString('hex', span.nameEnd, span.end);
  diffDirectories(old, next, (oldSpan, newSpan) => {
    const span = (newSpan ?? oldSpan)!;
    const path = prefix + decodeName((newSpan ? next : old)!, span.nameStart, span.nameEnd);
    const id = idIn(next, newSpan);
    if (span.kind === KIND_DIR) {
      pending.push({ prefix: `${path}/`, before: idIn(old, oldSpan), after: id });
    } else if (id === null) {
      delta.remove.push(path);
    } else {
      delta.add.push([path, id]);
    }
  });
}
