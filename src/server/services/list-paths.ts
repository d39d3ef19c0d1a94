import type { Id } from '~/muse/ids';
import { decodeName, entriesOf, KIND_DIR } from '~/muse/tree';
import type { BrowseDeps } from './browse-deps';
import { rootTreeOf, treesOf } from './browse-tree';
import type { OpenRepository } from './open-repository';
import type { TreeSource } from './tree-source';

/** Files that one list names; a snapshot may have more. */
export const PATHS_MAX = 100_000;

/** The paths of a snapshot's files, in byte order. */
export interface PathList {
  rootTreeId: Id;
  paths: string[];
  /** There are more files than are listed. */
  truncated: boolean;
}

/** Lists that were made before; a tree never changes, so none is ever stale. */
export class PathLists {
  readonly #lists = new Map<string, PathList>();
  #paths = 0;

  /** `pathsMax`: how many paths all lists together may hold. */
  constructor(private readonly pathsMax = 300_000) {}

  get(key: string): PathList | undefined {
    const list = this.#lists.get(key);
    if (list) {
      this.#lists.delete(key);
      this.#lists.set(key, list);
    }
    return list;
  }

  keep(key: string, list: PathList): void {
    if (this.#lists.has(key)) return;
    this.#lists.set(key, list);
    this.#paths += list.paths.length;
    for (const [oldest, { paths }] of this.#lists) {
      if (this.#paths <= this.pathsMax) break;
      this.#lists.delete(oldest);
      this.#paths -= paths.length;
    }
  }
}

type PathDeps = Pick<BrowseDeps, 'browse' | 'records' | 'pathLists'>;

/** The files of a commit, up to PATHS_MAX. Throws `StoredRecordDamaged`. */
export async function listPaths(
  repo: OpenRepository,
  commitId: Id,
  deps: PathDeps,
): Promise<PathList> {
  const { rootTreeId } = await rootTreeOf(repo, commitId, deps);
  const key = `${repo.entry.id} ${rootTreeId}`;
  const known = deps.pathLists.get(key);
  if (known) return known;
  const { paths, truncated } = await walkPaths(rootTreeId, treesOf(repo, deps), PATHS_MAX);
  const list = { rootTreeId, paths, truncated };
  deps.pathLists.keep(key, list);
  return list;
}

/** The first paths below a root tree, in byte order; reads no more trees than it needs, in batches. */
export async function walkPaths(
  root: Id,
  source: TreeSource,
  max: number,
): Promise<{ paths: string[]; truncated: boolean }> {
  const paths: string[] = [];
  // What is still to be passed, the next one last: a file's path, or a folder's with its tree.
  const pending: { path: string; tree: Id | null }[] = [{ path: '', tree: root }];
  const trees = new Map<Id, Buffer>();
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (next.tree === null) {
      if (paths.length === max) return { paths, truncated: true };
      paths.push(next.path);
      continue;
    }
    if (!trees.has(next.tree)) await loadAhead(next.tree);
    const bytes = trees.get(next.tree)!;
    const children: typeof pending = [];
    for (const { kind, nameStart, nameEnd, end } of entriesOf(bytes)) {
      const name = decodeName(bytes, nameStart, nameEnd);
      const isFolder = kind === KIND_DIR;
      const tree = isFolder ? bytes.toString('hex', nameEnd, end) : null;
      children.push({ path: next.path + (isFolder ? `${name}/` : name), tree });
    }
    for (const child of children.reverse()) pending.push(child);
  }
  return { paths, truncated: false };

  /** Loads a tree together with the folders that come soon after it. */
  async function loadAhead(tree: Id): Promise<void> {
    trees.clear();
    const wanted = new Set([tree]);
    for (let at = pending.length - 1; at >= 0 && wanted.size < source.batchTrees; at--) {
      const waiting = pending[at]!.tree;
      if (waiting !== null) wanted.add(waiting);
    }
    for (const [id, bytes] of await source.load(wanted)) trees.set(id, bytes);
  }
}
