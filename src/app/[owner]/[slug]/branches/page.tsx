import type { Metadata } from 'next';
import type { Answers } from '~/server/api/root';
import { api, found } from '~/trpc/server';
import { branchesAddress, commitAddress, commitsAddress } from '../../../_components/address';
import { Badge } from '../../../_components/badge';
import { subjectOf } from '../../../_components/commit-row';
import { CopyButton } from '../../../_components/copy-button';
import { EmptyState } from '../../../_components/empty-state';
import { PageBody } from '../../../_components/page-body';
import { Pager } from '../../../_components/pager';
import { Person } from '../../../_components/person';
import { loadRepo, type RepoParams } from '../../../_components/repo-params';
import { type Repo, RepoShell } from '../../../_components/repo-shell';
import { param, type SearchParams } from '../../../_components/search-params';
import { When } from '../../../_components/when';
import { count, shortId } from '../../../_components/wording';

interface Props {
  params: Promise<RepoParams>;
  searchParams: SearchParams;
}

type Branch = Answers['branch']['list']['branches'][number];

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const repo = await loadRepo(await params);
  return { title: `Branches · ${repo.owner}/${repo.slug}` };
}

/** The branches of a repository, the default first. */
export default async function BranchesPage({ params, searchParams }: Props) {
  const repo = await loadRepo(await params);
  const { owner, slug } = repo;
  const after = await param(searchParams, 'after');
  const search = (await param(searchParams, 'q')) ?? '';
  const { branches, next } = await found(api.branch.list({ owner, slug, after, search }));
  return (
    <RepoShell repo={repo} tab="branches">
      <PageBody>
        <h1 className="sr-only">Branches</h1>
        {branches.length > 0 ? (
          <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line">
            {branches.map((branch) => (
              <BranchRow branch={branch} key={branch.name} repo={repo} />
            ))}
          </ul>
        ) : (
          <EmptyState title={after || search ? 'No more branches' : 'No branches yet'}>
            {!after && !search && <p>They appear with the first push.</p>}
          </EmptyState>
        )}
        <Pager
          newer={after ? branchesAddress(repo, { q: search }) : undefined}
          newerLabel="First page"
          older={next && branchesAddress(repo, { q: search, after: next })}
          olderLabel="More"
        />
      </PageBody>
    </RepoShell>
  );
}

function BranchRow({ repo, branch }: { repo: Repo; branch: Branch }) {
  const { name, head, push } = branch;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
      <div className="min-w-0 flex-1 basis-72">
        <div className="flex min-w-0 items-center gap-1.5">
          <a
            className="link breakable min-w-0 font-medium font-mono text-[0.8125rem]"
            href={commitsAddress(repo, { branch: name })}
          >
            <bdi>{name}</bdi>
          </a>
          {branch.isDefault && <Badge tone="accent">default</Badge>}
          <CopyButton label={`the name of ${name}`} text={name} />
        </div>
        <p className="flex flex-wrap items-center gap-x-2 text-muted text-xs">
          <a
            className="min-w-0 max-w-full truncate leading-6 hover:text-accent"
            href={commitAddress(repo, head.id, name)}
          >
            <span className="font-mono">{shortId(head.id)}</span>{' '}
            <bdi>{subjectOf(head.message)}</bdi>
          </a>
        </p>
      </div>
      <p className="flex min-w-0 flex-wrap items-center gap-x-2 text-muted text-xs">
        <span>
          Pushed <When atMs={branch.updatedAtMs} />
        </span>
        {push?.actor && (
          <span className="flex items-center gap-1.5">
            by <Person handle={push.actor.handle} kind={push.actor.kind} />
          </span>
        )}
      </p>
      <p className="w-44 text-right text-muted text-xs max-sm:w-full max-sm:text-left">
        {branch.isDefault ? null : <Apart branch={branch} defaultBranch={repo.defaultBranch} />}
      </p>
    </li>
  );
}

/** How far a branch and the default are apart. */
function Apart({ branch, defaultBranch }: { branch: Branch; defaultBranch: string | null }) {
  const more = branch.bounded ? '+' : '';
  return (
    <span title={`against ${defaultBranch}`}>
      <span className={branch.ahead > 0 ? 'text-good' : undefined}>
        {count(branch.ahead)}
        {more} ahead
      </span>
      {' · '}
      <span className={branch.behind > 0 ? 'text-warn' : undefined}>
        {count(branch.behind)}
        {more} behind
      </span>
    </span>
  );
}
