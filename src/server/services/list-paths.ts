import type { Id } from '~/muse/ids';
import type { BrowseDeps } from './browse-deps';
import { rootTreeOf, treesOf } from './browse-tree';
import type { OpenRepository } from './open-repository';
import type { TreeSource } from './tree-source';
import { walkFiles } from './walk-files';

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

/** The first paths below a root tree, in byte order; reads no more trees than it needs. */
export async function walkPaths(
  root: Id,
  source: TreeSource,
  max: number,
): Promise<{ paths: string[]; truncated: boolean }> {
  const paths: string[] = [];
  for await (const run of walkFiles(root, source)) {
    for (const { path } of run) {
      if (paths.length === max) return { paths, truncated: true };
      paths.push(path);
    }
  }
  return { paths, truncated: false };
}
