import type { IdSet } from '~/muse/id-set';
import type { Id } from '~/muse/ids';
import { entriesOf, KIND_DIR } from '~/muse/tree';
import { diffDirectories } from '~/muse/tree-diff';
import type { TreeSource } from './tree-source';

/** A tree to be walked, and the tree of the same path that the walk may take as known. */
export interface TreePair {
  tree: Id;
  known: Id | null;
  /** Whether the peer has all that `known` holds. */
  knownHeld: boolean;
}

export interface TreeVisitor {
  /** An object that a walked tree holds and its known twin does not, under the same name. */
  file(bytes: Buffer, idStart: number): void;
  /** An object that the peer has, met on the way. */
  heldFile?(bytes: Buffer, idStart: number): void;
  /** True ends the walk early. */
  enough?(): boolean;
}

/**
 * Walks what trees hold beyond their known twins. A tree in `seen` is not walked again, and every
 * tree met is added to it, so the cost is that of the trees that differ, each read once.
 *
 * Resolves to whether the walk was complete. Throws `StoredRecordDamaged`.
 */
export async function walkTrees(
  roots: Iterable<TreePair>,
  source: TreeSource,
  seen: IdSet,
  visitor: TreeVisitor,
): Promise<boolean> {
  const pending: TreePair[] = [];
  const enter = (pair: TreePair) => {
    if (seen.add(pair.tree) && pair.tree !== pair.known) pending.push(pair);
  };
  for (const root of roots) enter(root);
  while (pending.length > 0) {
    if (visitor.enough?.()) return false;
    // The end first, so that what waits stays few: a walk in depth, many steps at once.
    const batch = pending.splice(-source.batchTrees);
    const trees = await source.load(idsOf(batch));
    for (const pair of batch) step(pair, trees, visitor, enter);
  }
  return true;
}

function* idsOf(pairs: TreePair[]): Generator<Id> {
  for (const { tree, known } of pairs) {
    yield tree;
    if (known !== null) yield known;
  }
}

function step(
  { tree, known, knownHeld }: TreePair,
  trees: Map<Id, Buffer>,
  visitor: TreeVisitor,
  enter: (pair: TreePair) => void,
): void {
  const bytes = trees.get(tree)!;
  const twin = known === null ? null : trees.get(known)!;
  if (twin && knownHeld && visitor.heldFile) {
    for (const { kind, nameEnd } of entriesOf(twin)) {
      if (kind !== KIND_DIR) visitor.heldFile(twin, nameEnd);
    }
  }
  diffDirectories(twin, bytes, (before, after) => {
    if (after === null) return;
    if (after.kind !== KIND_DIR) return visitor.file(bytes, after.nameEnd);
    enter({
      tree: bytes.toString('hex', after.nameEnd, after.end),
      known: before && twin!.toString('hex', before.nameEnd, before.end),
      knownHeld,
    });
  });
}
