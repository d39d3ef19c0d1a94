import Code from 'lucide-react/icons/code';
import GitBranch from 'lucide-react/icons/git-branch';
import GitCommit from 'lucide-react/icons/git-commit-horizontal';
import Package from 'lucide-react/icons/package';
import Settings from 'lucide-react/icons/settings';
import Tag from 'lucide-react/icons/tag';
import Upload from 'lucide-react/icons/upload';
import type { ReactNode } from 'react';
import type { Answers } from '~/server/api/root';
import {
  branchesAddress,
  commitsAddress,
  ownerAddress,
  pushesAddress,
  releasesAddress,
  repoAddress,
  settingsAddress,
  tagsAddress,
} from './address';
import { VisibilityBadge } from './badge';
import { TabNav } from './tab-nav';

export type Repo = Answers['repo']['get'];
type Tab = 'code' | 'commits' | 'branches' | 'tags' | 'releases' | 'pushes' | 'settings';

/** After `g`, what leads to each part; see keys.ts. */
const KEYS: Record<string, string> = {
  ...{ code: 'c', commits: 'm', branches: 'b', tags: 't', releases: 'r', pushes: 'p' },
  ...{ settings: 's' },
};

/** What stands above every page of a repository, with its main part below. */
export function RepoShell({ repo, tab, children }: { repo: Repo; tab: Tab; children: ReactNode }) {
  const tabs = [
    { key: 'code', name: 'Code', Icon: Code, href: repoAddress(repo), n: null },
    {
      key: 'commits',
      name: 'Commits',
      Icon: GitCommit,
      href: commitsAddress(repo),
      n: repo.commitCount,
    },
    {
      key: 'branches',
      name: 'Branches',
      Icon: GitBranch,
      href: branchesAddress(repo),
      n: repo.branchCount,
    },
    { key: 'tags', name: 'Tags', Icon: Tag, href: tagsAddress(repo), n: repo.tagCount },
    {
      key: 'releases',
      name: 'Releases',
      Icon: Package,
      href: releasesAddress(repo),
      n: repo.releaseCount,
    },
    { key: 'pushes', name: 'Pushes', Icon: Upload, href: pushesAddress(repo), n: null },
    ...(repo.mayAdmin
      ? [
          {
            key: 'settings',
            name: 'Settings',
            Icon: Settings,
            href: settingsAddress(repo),
            n: null,
          },
        ]
      : []),
  ] as const;
  return (
    <>
      <section
        aria-label="Repository"
        className="border-line border-b bg-surface"
        data-branch={repo.defaultBranch}
        data-owner={repo.owner}
        data-slug={repo.slug}
        id="repository"
      >
        <div className="mx-auto max-w-6xl px-4 pt-4">
          <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
            <p className="breakable min-w-0 text-lg leading-7">
              <a className="link" href={ownerAddress(repo.owner)}>
                <bdi>{repo.owner}</bdi>
              </a>
              <span className="mx-1.5 text-muted">/</span>
              <a className="link font-semibold" href={repoAddress(repo)}>
                <bdi>{repo.slug}</bdi>
              </a>
            </p>
            <VisibilityBadge visibility={repo.visibility} />
          </div>
          <TabNav
            current={tab}
            label="Parts of the repository"
            tabs={tabs.map((one) => ({ ...one, keys: `g ${KEYS[one.key]}` }))}
          />
        </div>
      </section>
      {children}
    </>
  );
}
