import { rulesFor } from '~/server/branch-rules';
import type { BranchRow } from '~/server/ports/browse-store';
import type { BranchRule } from '~/server/ports/push-store';
import type { SettingsStore } from '~/server/ports/settings-store';
import { type BranchDistance, branchDistances } from './branch-distances';
import type { BrowseDeps } from './browse-deps';
import { describeCommits, type ListedCommit } from './list-commits';
import { type ShownPush, visiblePush } from './list-pushes';
import type { OpenRepository } from './open-repository';

type BranchDeps = Pick<BrowseDeps, 'browse' | 'histories'> & {
  settings: Pick<SettingsStore, 'listRules'>;
};

export interface ListedBranch extends BranchDistance {
  name: string;
  isDefault: boolean;
  head: ListedCommit;
  updatedAtMs: number;
  /** The push that moved it last. */
  push: ShownPush | null;
  /** The rules that speak about it. */
  rules: BranchRule[];
  /** Whether this reader may delete it by hand; the rules are asked again when he does. */
  mayDelete: boolean;
}

export const BRANCH_PAGE_MAX = 30;

/** A page of branches, the default first, then by name; `search` is a part of a name. */
export async function listBranches(
  repo: OpenRepository,
  query: { after: string | null; search: string; limit: number },
  deps: BranchDeps,
): Promise<{ branches: ListedBranch[]; next: string | null }> {
  const repoId = repo.entry.id;
  const limit = Math.min(query.limit, BRANCH_PAGE_MAX);
  const defaultName = repo.entry.defaultBranch;
  const page = await deps.browse.listBranches(repoId, { ...query, limit: limit + 1 });
  const rows = page.slice(0, limit).filter((branch) => branch.name !== defaultName);
  const main =
    defaultName === null
      ? undefined
      : (await deps.browse.findBranches(repoId, [defaultName])).get(defaultName);
  const showMain =
    main && query.after === null && main.name.toLowerCase().includes(query.search.toLowerCase());
  const compared = main
    ? await branchDistances(repoId, main, rows, deps)
    : new Map<string, BranchDistance>();
  const listed = showMain ? [main, ...rows] : rows;
  const [heads, pushes, allRules] = await Promise.all([
    describeCommits(
      repo,
      listed.map((branch) => branch.head),
      deps,
    ),
    deps.browse.findPushes(
      repoId,
      listed.map((branch) => branch.pushSeq),
    ),
    deps.settings.listRules(repoId),
  ]);
  const pushOf = (branch: BranchRow) => {
    const push = pushes.get(branch.pushSeq);
    return push ? visiblePush(repo, push) : null;
  };
  const branches = listed.map((branch, index) => ({
    name: branch.name,
    isDefault: branch.name === defaultName,
    rules: rulesFor(allRules, branch.name),
    mayDelete: branch.name !== defaultName && mayDelete(repo, rulesFor(allRules, branch.name)),
    head: heads[index]!,
    updatedAtMs: branch.updatedAtMs,
    push: pushOf(branch),
    ...(compared.get(branch.name) ?? { ahead: 0, behind: 0, bounded: false }),
  }));
  return { branches, next: page.length > limit ? page[limit - 1]!.name : null };
}

const mayDelete = (repo: OpenRepository, rules: BranchRule[]): boolean =>
  repo.mayWrite &&
  rules.every((rule) => rule.allowDelete && (rule.pushRole === 'write' || repo.mayAdmin));
