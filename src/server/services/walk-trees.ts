import type { IdSet } from '~/muse/id-set';
import type { Id } from '~/muse/ids';
import { entriesOf, KIND_DIR } from '~/muse/tree';
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
  const twins = known === null ? null : namesOf(trees.get(known)!, knownHeld ? visitor : {});
  for (const span of entriesOf(bytes)) {
    const twin = twins?.get(twinKey(bytes, span.kind, span.nameStart, span.nameEnd)) ?? null;
    if (span.kind === KIND_DIR) {
      enter({ tree: bytes.toString('hex', span.nameEnd, span.end), known: twin, knownHeld });
    } else if (twin === null || twin !== bytes.toString('hex', span.nameEnd, span.end)) {
      visitor.file(bytes, span.nameEnd);
    }
  }
}

function namesOf(bytes: Buffer, visitor: Pick<TreeVisitor, 'heldFile'>): Map<string, Id> {
  const names = new Map<string, Id>();
  for (const span of entriesOf(bytes)) {
    const key = twinKey(bytes, span.kind, span.nameStart, span.nameEnd);
    names.set(key, bytes.toString('hex', span.nameEnd, span.end));
    if (span.kind !== KIND_DIR) visitor.heldFile?.(bytes, span.nameEnd);
  }
  return names;
}

/** Only entries of one kind and name are twins; a file that became a directory has none. */
const twinKey = (bytes: Buffer, kind: number, start: number, end: number): string =>
  `${kind}${bytes.toString('latin1', start, end)}`;
