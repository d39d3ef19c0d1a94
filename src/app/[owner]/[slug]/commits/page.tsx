import type { Metadata } from 'next';
import { api, found } from '~/trpc/server';
import { branchesAddress, commitsAddress } from '../../../_components/address';
import { BranchPicker } from '../../../_components/branch-picker';
import { CommitFilters } from '../../../_components/commit-filters';
import { type Commit, CommitRow } from '../../../_components/commit-row';
import { EmptyState } from '../../../_components/empty-state';
import { PageBody } from '../../../_components/page-body';
import { Pager } from '../../../_components/pager';
import { loadRepo, type RepoParams } from '../../../_components/repo-params';
import { RepoShell } from '../../../_components/repo-shell';
import { param, type SearchParams } from '../../../_components/search-params';
import { count, counted, shortDate } from '../../../_components/wording';

interface Props {
  params: Promise<RepoParams>;
  searchParams: SearchParams;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const repo = await loadRepo(await params);
  return { title: `Commits · ${repo.owner}/${repo.slug}` };
}

/** The commits of a branch, newest first, by day. */
export default async function CommitsPage({ params, searchParams }: Props) {
  const repo = await loadRepo(await params);
  const { owner, slug } = repo;
  const read = (name: string) => param(searchParams, name);
  const filter = {
    author: await read('author'),
    type: await read('type'),
    agent: await read('agent'),
    text: await read('q'),
  };
  if (repo.defaultBranch === null) {
    return (
      <RepoShell repo={repo} tab="commits">
        <PageBody>
          <h1 className="sr-only">Commits</h1>
          <EmptyState title="No commits yet">
            <p>They appear with the first push.</p>
          </EmptyState>
        </PageBody>
      </RepoShell>
    );
  }
  const page = await found(
    api.commit.list({
      owner,
      slug,
      branch: await read('branch'),
      after: await read('after'),
      before: await read('before'),
      ...filter,
    }),
  );
  const { branch, isDefault, commits } = page;
  const words = {
    branch,
    author: filter.author,
    type: filter.type,
    agent: filter.agent,
    q: filter.text,
  };
  const isFiltered = Object.values(filter).some((value) => value !== null);
  return (
    <RepoShell repo={repo} tab="commits">
      <PageBody>
        <div className="mb-4 flex flex-wrap items-center gap-x-4 gap-y-2">
          <h1 className="sr-only">Commits on {branch}</h1>
          <BranchPicker
            addressEnd=""
            addressStart={`${commitsAddress(repo)}?branch=`}
            allAddress={branchesAddress(repo)}
            current={branch}
            kind="branch"
            owner={owner}
            slug={slug}
          />
          <p className="text-muted">
            {counted(page.count, 'commit')}
            {!isDefault && (
              <>
                {' '}
                that <bdi className="font-mono text-[0.8125rem]">{repo.defaultBranch}</bdi> does not
                have
              </>
            )}
          </p>
        </div>
        <CommitFilters branch={branch} filter={filter} isFiltered={isFiltered} repo={repo} />
        {commits.length === 0 ? (
          <NoCommits
            isDefault={isDefault}
            isFiltered={isFiltered}
            more={page.olderAfter !== null}
          />
        ) : (
          <Days branch={branch} commits={commits} repo={repo} />
        )}
        {!isFiltered && page.count > commits.length && commits.length > 0 && (
          <p className="mt-3 text-center text-muted text-xs">
            {count(page.firstPlace)} to {count(page.firstPlace + commits.length - 1)} of{' '}
            {count(page.count)}
          </p>
        )}
        <Pager
          newer={page.newerBefore && newerAddress()}
          older={page.olderAfter && commitsAddress(repo, { ...words, after: page.olderAfter })}
        />
      </PageBody>
    </RepoShell>
  );

  /** A filter is followed downwards only: its way back is the start. */
  function newerAddress(): string {
    return commitsAddress(repo, isFiltered ? words : { ...words, before: page.newerBefore });
  }
}

function NoCommits({
  isDefault,
  isFiltered,
  more,
}: {
  isDefault: boolean;
  isFiltered: boolean;
  more: boolean;
}) {
  if (isFiltered) {
    return (
      <EmptyState title="No commit matches">
        {more && <p>Only the newer part was looked through; “Older” goes on from there.</p>}
      </EmptyState>
    );
  }
  return (
    <EmptyState title={isDefault ? 'No commits' : 'Nothing of its own'}>
      {!isDefault && <p>Everything on this branch is on the default branch too.</p>}
    </EmptyState>
  );
}

/** Neighbours of one day stand together. */
function Days({ repo, branch, commits }: { repo: RepoParams; branch: string; commits: Commit[] }) {
  const days: { day: string; commits: Commit[] }[] = [];
  for (const commit of commits) {
    const day = commit.timeMs === null ? 'Unknown day' : shortDate(commit.timeMs);
    const last = days.at(-1);
    if (last?.day === day) last.commits.push(commit);
    else days.push({ day, commits: [commit] });
  }
  return (
    <div className="space-y-4">
      {days.map(({ day, commits: ofDay }) => (
        <section key={ofDay[0]!.id}>
          <h2 className="mb-1.5 text-muted">Commits on {day}</h2>
          <ul
            className="divide-y divide-line overflow-hidden rounded-lg border border-line"
            data-rows
          >
            {ofDay.map((commit) => (
              <CommitRow branch={branch} commit={commit} key={commit.id} repo={repo} />
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}
