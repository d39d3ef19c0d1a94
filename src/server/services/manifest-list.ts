import type { Id } from '~/muse/ids';
import { decodeName, entriesOf, KIND_DIR } from '~/muse/tree';
import type { TreeSource } from './tree-source';

/**
 * Every file of a manifest with its object, in byte order of the paths, by the id of its root tree.
 * Reads it level by level, so in few queries. Throws `StoredRecordDamaged`.
 */
export async function listManifest(
  root: Id,
  source: TreeSource,
): Promise<[path: string, objectId: Id][]> {
  const trees = await source.load([root]);
  for (let level = childrenOf(trees.values(), trees); level.length > 0; ) {
    const loaded = await source.load(level);
    for (const [id, bytes] of loaded) trees.set(id, bytes);
    level = childrenOf(loaded.values(), trees);
  }
  const files: [string, Id][] = [];
  // A tree is named by its hash, so no tree can be inside itself and this ends.
  const enter = (id: Id, prefix: string) => {
    const bytes = trees.get(id)!;
    for (const { kind, nameStart, nameEnd, end } of entriesOf(bytes)) {
      const path = prefix + decodeName(bytes, nameStart, nameEnd);
      const entryId = bytes.toString('hex', nameEnd, end);
      if (kind === KIND_DIR) enter(entryId, `${path}/`);
      else files.push([path, entryId]);
    }
  };
  enter(root, '');
  return files;
}

function childrenOf(loaded: Iterable<Buffer>, known: Map<Id, Buffer>): Id[] {
  const children = new Set<Id>();
  for (const bytes of loaded) {
    for (const { kind, nameEnd, end } of entriesOf(bytes)) {
      if (kind !== KIND_DIR) continue;
      const id = bytes.toString('hex', nameEnd, end);
      if (!known.has(id)) children.add(id);
    }
  }
  return [...children];
}
