import type { Id } from '~/muse/ids';
import { decodeName, entriesOf, KIND_DIR } from '~/muse/tree';
import type { TreeSource } from './tree-source';

/** A file of a snapshot. */
export interface WalkedFile {
  path: string;
  id: Id;
}

/**
 * The files below a root tree in the byte order of their paths, in runs that stand in one folder one
 * after the other. Reads no more trees than it needs, in batches. Throws `StoredRecordDamaged`.
 */
export async function* walkFiles(root: Id, source: TreeSource): AsyncGenerator<WalkedFile[]> {
  // What is still to be passed, the next one last: a run of files, or a folder's tree.
  const pending: (WalkedFile[] | { path: string; tree: Id })[] = [{ path: '', tree: root }];
  const trees = new Map<Id, Buffer>();
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (Array.isArray(next)) {
      yield next;
      continue;
    }
    if (!trees.has(next.tree)) await loadAhead(next.tree);
    const children: typeof pending = [];
    let run: WalkedFile[] | null = null;
    const bytes = trees.get(next.tree)!;
    for (const { kind, nameStart, nameEnd, end } of entriesOf(bytes)) {
      const path = next.path + decodeName(bytes, nameStart, nameEnd);
      const id = bytes.toString('hex', nameEnd, end);
      if (kind === KIND_DIR) {
        children.push({ path: `${path}/`, tree: id });
        run = null;
      } else if (run) {
        run.push({ path, id });
      } else {
        run = [{ path, id }];
        children.push(run);
      }
    }
    for (const child of children.reverse()) pending.push(child);
  }

  /** Loads a tree together with the folders that come soon after it. */
  async function loadAhead(tree: Id): Promise<void> {
    trees.clear();
    const wanted = new Set([tree]);
    for (let at = pending.length - 1; at >= 0 && wanted.size < source.batchTrees; at--) {
      const waiting = pending[at]!;
      if (!Array.isArray(waiting)) wanted.add(waiting.tree);
    }
    for (const [id, bytes] of await source.load(wanted)) trees.set(id, bytes);
  }
}
