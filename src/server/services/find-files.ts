import { Refusal } from '~/wire/errors';
import type { BrowseDeps } from './browse-deps';
import { listPaths } from './list-paths';
import { matchPaths } from './match-paths';
import type { OpenRepository } from './open-repository';
import { defaultRef, type ResolvedRef, resolveRef } from './resolve-ref';

type FindDeps = Pick<BrowseDeps, 'browse' | 'records' | 'pathLists'>;

export interface FoundFiles {
  ref: ResolvedRef;
  paths: string[];
  /** Of the whole snapshot, as far as it is looked through. */
  fileCount: number;
  /** There are more files than are looked through. */
  truncated: boolean;
}

/** What a finder shows. */
export const FOUND_FILES_MAX = 100;

/**
 * The files of a ref whose paths match what was typed, best first. Null while the repository is
 * empty. Throws `Refusal` `branch-not-found`, also for a ref with a path behind it.
 */
export async function findFiles(
  repo: OpenRepository,
  query: { segments: string[]; typed: string },
  deps: FindDeps,
): Promise<FoundFiles | null> {
  const ref = await wholeRef(repo, query.segments, deps);
  if (!ref) return null;
  const { paths, truncated } = await listPaths(repo, ref.commitId, deps);
  const found = matchPaths(paths, query.typed, FOUND_FILES_MAX);
  return { ref, paths: found, fileCount: paths.length, truncated };
}

/** A ref with nothing behind it; of no segments the default branch, null while there is none. */
export async function wholeRef(
  repo: OpenRepository,
  segments: string[],
  deps: Pick<FindDeps, 'browse'>,
): Promise<ResolvedRef | null> {
  if (segments.length === 0) return defaultRef(repo, deps);
  const ref = await resolveRef(repo, segments, deps);
  if (ref.path.length > 0) throw new Refusal('branch-not-found');
  return ref;
}
