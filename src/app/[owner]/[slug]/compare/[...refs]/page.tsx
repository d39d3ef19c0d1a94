import ArrowLeft from 'lucide-react/icons/arrow-left';
import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import type { Answers } from '~/server/api/root';
import { api, found } from '~/trpc/server';
import { branchesAddress, commitAddress, comparisonAddress } from '../../../../_components/address';
import { BranchPicker } from '../../../../_components/branch-picker';
import { Card } from '../../../../_components/card';
import { CommitRow } from '../../../../_components/commit-row';
import { type ComparedRefs, readComparedRefs } from '../../../../_components/compare-refs';
import { readDiffOptions } from '../../../../_components/diff-options';
import { DiffView } from '../../../../_components/diff-view';
import { EmptyState } from '../../../../_components/empty-state';
import { PageBody } from '../../../../_components/page-body';
import { loadRepo, pathSegments, type RepoParams } from '../../../../_components/repo-params';
import { type Repo, RepoShell } from '../../../../_components/repo-shell';
import { param, type SearchParams } from '../../../../_components/search-params';
import { count, counted, shortId } from '../../../../_components/wording';

interface Props {
  params: Promise<RepoParams & { refs: string[] }>;
  searchParams: SearchParams;
}

type Comparison = Answers['compare']['refs'];

async function readRefs(params: Props['params']): Promise<ComparedRefs> {
  const segments = pathSegments((await params).refs);
  return readComparedRefs(segments.join('/')) ?? notFound();
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const repo = await loadRepo(await params);
  const { base, head } = await readRefs(params);
  return {
    title: `${head.slice(0, 80)} against ${base.slice(0, 80)} · ${repo.owner}/${repo.slug}`,
  };
}

/** Two branches, tags or commits beside each other: commits that one lacks, and what differs. */
export default async function ComparisonPage({ params, searchParams }: Props) {
  const repo = await loadRepo(await params);
  const { owner, slug } = repo;
  const refs = await readRefs(params);
  const commitsAfter = await param(searchParams, 'commits');
  const comparison = await found(
    api.compare.refs({
      ...{ owner, slug, base: refs.base, head: refs.head, after: commitsAfter },
      mode: refs.direct ? 'direct' : 'since-parted',
    }),
  );
  const toAddress = (query: Record<string, string | null>) => comparisonAddress(repo, refs, query);
  const options = await readDiffOptions(searchParams, toAddress, { commits: commitsAfter });
  const { path, after, hideWhitespace, whole, skip } = options;
  const page = await found(
    api.compare.diff({
      ...{ owner, slug, before: comparison.before, commit: comparison.head.commitId },
      ...{ path, after, hideWhitespace, whole, skip },
    }),
  );
  const same = comparison.base.commitId === comparison.head.commitId;
  return (
    <RepoShell repo={repo} tab="branches">
      <PageBody>
        <h1 className="sr-only">Comparison</h1>
        <Sides comparison={comparison} refs={refs} repo={repo} />
        {same ? (
          <EmptyState title="Nothing to compare">
            <p>Both are the same commit.</p>
          </EmptyState>
        ) : (
          <>
            <Facts comparison={comparison} refs={refs} repo={repo} />
            <Commits comparison={comparison} refs={refs} repo={repo} />
            <DiffView
              empty={<NoChanges comparison={comparison} refs={refs} repo={repo} />}
              options={options}
              page={page}
              repo={repo}
            />
          </>
        )}
      </PageBody>
    </RepoShell>
  );
}

interface Part {
  repo: Repo;
  refs: ComparedRefs;
  comparison: Comparison;
}

/** What is compared with what, each to be chosen anew. */
function Sides({ repo, refs, comparison }: Part) {
  const { base, head, direct } = refs;
  const picker = (ref: Comparison['base'], shown: string, addressStart: string, end: string) => (
    <BranchPicker
      addressEnd={end}
      addressStart={addressStart}
      allAddress={branchesAddress(repo)}
      current={ref.kind === 'commit' ? shortId(ref.name) : shown}
      kind={ref.kind}
      owner={repo.owner}
      slug={repo.slug}
    />
  );
  const open = comparisonAddress(repo, { base: '', head, direct });
  const dots = open.indexOf('/compare/') + '/compare/'.length;
  return (
    <div className="mb-3 flex flex-wrap items-center gap-x-3 gap-y-2">
      {picker(comparison.base, base, open.slice(0, dots), open.slice(dots))}
      <ArrowLeft aria-hidden="true" className="text-muted" size={16} />
      <span className="sr-only">compared with</span>
      {picker(comparison.head, head, comparisonAddress(repo, { base, head: '', direct }), '')}
      <a className="link" href={comparisonAddress(repo, { base: head, head: base, direct })}>
        Swap
      </a>
      <Modes comparison={comparison} refs={refs} repo={repo} />
    </div>
  );
}

/** Three dots or two, in words. */
function Modes({ repo, refs, comparison }: Part) {
  const modes = [
    { direct: false, name: 'Since they parted' },
    { direct: true, name: 'As they are' },
  ];
  const chosen = comparison.mode === 'direct';
  return (
    <nav
      aria-label="What is compared"
      className="flex overflow-hidden rounded-md border border-line text-xs sm:ml-auto"
    >
      {modes.map(({ direct, name }) => (
        <a
          aria-current={direct === chosen ? 'true' : undefined}
          className="px-2.5 py-1 text-muted leading-5 hover:text-ink aria-[current]:bg-accent-soft aria-[current]:font-medium aria-[current]:text-accent"
          href={comparisonAddress(repo, { ...refs, direct })}
          key={name}
        >
          {name}
        </a>
      ))}
    </nav>
  );
}

function Facts({ repo, refs, comparison }: Part) {
  const { ahead, behind, bounded, mergeBase, mergeBases } = comparison;
  const more = bounded ? '+' : '';
  return (
    <p className="mb-4 text-muted">
      <span className={ahead > 0 ? 'text-good' : undefined}>
        {count(ahead)}
        {more} ahead
      </span>
      {' · '}
      <span className={behind > 0 ? 'text-warn' : undefined}>
        {count(behind)}
        {more} behind
      </span>
      {' · '}
      {mergeBase !== null && (
        <>
          parted at{' '}
          <a className="link font-mono text-xs" href={commitAddress(repo, mergeBase)}>
            {shortId(mergeBase)}
          </a>
          {mergeBases > 1 && ` and ${counted(mergeBases - 1, 'more place')}`}
        </>
      )}
      {mergeBase === null &&
        (bounded
          ? 'too far apart to look for where they parted, so they are compared as they are'
          : 'no commit in common, so they are compared as they are')}
      {comparison.mode === 'since-parted' && behind > 0 && (
        <>
          {'. What only '}
          <bdi className="font-mono text-xs">{refs.base}</bdi>
          {' has is not shown.'}
        </>
      )}
    </p>
  );
}

/** The commits that only the head has. */
function Commits({ repo, refs, comparison }: Part) {
  const { commits, ahead, next, bounded } = comparison;
  if (ahead === 0) return null;
  const branch = comparison.head.kind === 'branch' ? refs.head : null;
  return (
    <div className="mb-6">
      <Card
        aside={
          next !== null && (
            <a className="link" href={comparisonAddress(repo, refs, { commits: next })}>
              Older commits
            </a>
          )
        }
        title={`${counted(ahead, 'commit')}${bounded ? ' and more' : ''}`}
      >
        {commits.length > 0 ? (
          <ul className="divide-y divide-line">
            {commits.map((commit) => (
              <CommitRow branch={branch} commit={commit} key={commit.id} repo={repo} />
            ))}
          </ul>
        ) : (
          <p className="px-4 py-3 text-muted">No more commits.</p>
        )}
      </Card>
    </div>
  );
}

/** Why there is nothing to see. */
function NoChanges({ repo, refs, comparison }: Part) {
  const { base, head, direct } = refs;
  if (comparison.ahead === 0) {
    return (
      <EmptyState title="Nothing new">
        <p>
          <bdi className="font-mono text-xs">{base}</bdi> has every commit of{' '}
          <bdi className="font-mono text-xs">{head}</bdi>.{' '}
          <a className="link" href={comparisonAddress(repo, { base: head, head: base, direct })}>
            Compare them the other way round
          </a>
        </p>
      </EmptyState>
    );
  }
  return (
    <EmptyState title="No file differs">
      <p>The commits above leave every file as it was.</p>
    </EmptyState>
  );
}
