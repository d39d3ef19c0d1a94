import type { BrowseDeps } from './browse-deps';
import { branchHistory, describeCommits, type ListedCommit } from './list-commits';
import type { OpenRepository } from './open-repository';

export interface ShownRepository {
  id: string;
  owner: string;
  slug: string;
  description: string;
  visibility: 'public' | 'private';
  domain: string;
  defaultBranch: string | null;
  mayWrite: boolean;
  mayAdmin: boolean;
  branchCount: number;
  tagCount: number;
  /** Published ones, and the drafts for those who may write. */
  releaseCount: number;
  /** Of the branch that is shown; 0 while the repository is empty. */
  commitCount: number;
  lastCommit: ListedCommit | null;
}

/** What the head of a repository's pages shows, for a branch or (null) the default. */
export async function showRepository(
  repo: OpenRepository,
  deps: Pick<BrowseDeps, 'browse' | 'histories' | 'historyCache'>,
): Promise<ShownRepository> {
  const { id, owner, slug, description, visibility, domain, defaultBranch } = repo.entry;
  const { mayWrite, mayAdmin } = repo;
  const [branchCount, tagCount, releaseCount, history] = await Promise.all([
    deps.browse.countBranches(id),
    deps.browse.countTags(id),
    deps.browse.countReleases(id, mayWrite),
    defaultBranch === null ? null : branchHistory(repo, defaultBranch, deps),
  ]);
  const newest = await history?.at(0);
  const [lastCommit] = newest ? await describeCommits(repo, [newest], deps) : [];
  return {
    id,
    owner,
    slug,
    description,
    visibility,
    domain,
    defaultBranch,
    mayWrite,
    mayAdmin,
    branchCount,
    tagCount,
    releaseCount,
    commitCount: history?.count ?? 0,
    lastCommit: lastCommit ?? null,
  };
}
