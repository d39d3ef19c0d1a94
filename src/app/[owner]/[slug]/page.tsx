import GitBranch from 'lucide-react/icons/git-branch';
import History from 'lucide-react/icons/history';
import type { Metadata } from 'next';
import { api, found } from '~/trpc/server';
import {
  branchesAddress,
  commitAddress,
  commitsAddress,
  findAddress,
  repoAddress,
} from '../../_components/address';
import { BranchPicker } from '../../_components/branch-picker';
import { Card } from '../../_components/card';
import { CloneCard, FirstPush } from '../../_components/clone-card';
import { subjectOf } from '../../_components/commit-row';
import { DirectoryList } from '../../_components/directory-list';
import { DownloadMenu } from '../../_components/download-links';
import { PageBody } from '../../_components/page-body';
import { Author } from '../../_components/person';
import { ReadmeCard } from '../../_components/readme-card';
import { loadRepo, type RepoParams } from '../../_components/repo-params';
import { type Repo, RepoShell } from '../../_components/repo-shell';
import { When } from '../../_components/when';
import { counted, shortId } from '../../_components/wording';

interface Props {
  params: Promise<RepoParams>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const repo = await loadRepo(await params);
  return { title: `${repo.owner}/${repo.slug}`, description: repo.description || undefined };
}

/** A repository's home: its files as they are now, its README, and how to get it. */
export default async function RepoPage({ params }: Props) {
  const repo = await loadRepo(await params);
  const { owner, slug } = repo;
  const tree = await found(api.tree.browse({ owner, slug }));
  return (
    <RepoShell repo={repo} tab="code">
      <PageBody>
        <h1 className="sr-only">
          {owner}/{slug}
        </h1>
        {!tree?.entries ? (
          <FirstPush mayWrite={repo.mayWrite} repo={repo} />
        ) : (
          <div className="grid gap-6 lg:grid-cols-[1fr_18rem]">
            <div className="min-w-0 space-y-6">
              <div>
                <div className="mb-3 flex flex-wrap items-center gap-x-4 gap-y-2">
                  <BranchPicker
                    addressEnd=""
                    addressStart={`${repoAddress(repo)}/tree/`}
                    allAddress={branchesAddress(repo)}
                    current={tree.ref.name}
                    kind="branch"
                    owner={owner}
                    slug={slug}
                  />
                  <a
                    className="inline-flex items-center gap-1 text-muted hover:text-ink"
                    href={commitsAddress(repo)}
                  >
                    <History aria-hidden="true" size={14} />
                    {counted(repo.commitCount, 'commit')}
                  </a>
                  <a
                    className="inline-flex items-center gap-1 text-muted hover:text-ink"
                    href={branchesAddress(repo)}
                  >
                    <GitBranch aria-hidden="true" size={14} />
                    {counted(repo.branchCount, 'branch', 'branches')}
                  </a>
                  <a
                    className="text-muted hover:text-ink sm:ml-auto"
                    data-key="t"
                    href={findAddress(repo, tree.ref.name)}
                  >
                    Find a file
                  </a>
                  <DownloadMenu at={tree.ref.name} repo={repo} />
                </div>
                <div className="overflow-hidden rounded-lg border border-line">
                  <h2 className="sr-only">Files</h2>
                  <LastCommit repo={repo} />
                  <DirectoryList
                    entries={tree.entries}
                    entryCount={tree.entryCount}
                    path={[]}
                    refName={tree.ref.name}
                    repo={repo}
                  />
                </div>
              </div>
              {tree.readme && <ReadmeCard {...tree.readme} />}
            </div>
            <aside aria-label="About" className="min-w-0 space-y-6">
              <Card title="About">
                <p className="breakable p-4">
                  {repo.description ? (
                    <bdi>{repo.description}</bdi>
                  ) : (
                    <span className="text-muted">No description.</span>
                  )}
                </p>
              </Card>
              <CloneCard branch={tree.ref.name} repo={repo} />
            </aside>
          </div>
        )}
      </PageBody>
    </RepoShell>
  );
}

function LastCommit({ repo }: { repo: Repo }) {
  const commit = repo.lastCommit;
  if (!commit) return null;
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-line border-b bg-surface px-4 py-2.5">
      <Author handle={commit.authorHandle} name={commit.author} />
      <a
        className="min-w-0 flex-1 basis-48 truncate text-muted hover:text-accent"
        href={commitAddress(repo, commit.id)}
      >
        <bdi>{subjectOf(commit.message)}</bdi>
      </a>
      <span className="text-muted text-xs">
        <span className="font-mono">{shortId(commit.id)}</span> ·{' '}
        <When atMs={commit.timeMs} text={commit.committedAt} />
      </span>
    </div>
  );
}
