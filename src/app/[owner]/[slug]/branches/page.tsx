import type { Metadata } from 'next';
import { api, found } from '~/trpc/server';
import { ActRefused } from '../../../_components/act-refused';
import { branchesAddress, compareAddress } from '../../../_components/address';
import { BranchRow } from '../../../_components/branch-row';
import { Button, ButtonLink } from '../../../_components/button';
import { DeletedBranchRow } from '../../../_components/deleted-branch-row';
import { EmptyState } from '../../../_components/empty-state';
import { PageBody } from '../../../_components/page-body';
import { Pager } from '../../../_components/pager';
import { loadRepo, type RepoParams } from '../../../_components/repo-params';
import { type Repo, RepoShell } from '../../../_components/repo-shell';
import { param, readKey, type SearchParams, writeKey } from '../../../_components/search-params';

interface Props {
  params: Promise<RepoParams>;
  searchParams: SearchParams;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const repo = await loadRepo(await params);
  return { title: `Branches · ${repo.owner}/${repo.slug}` };
}

/** The branches of a repository, the default first, and those that were deleted. */
export default async function BranchesPage({ params, searchParams }: Props) {
  const repo = await loadRepo(await params);
  const showsDeleted = (await param(searchParams, 'show')) === 'deleted';
  return (
    <RepoShell repo={repo} tab="branches">
      <PageBody>
        <h1 className="sr-only">Branches</h1>
        <ActRefused code={await param(searchParams, 'refused')} />
        <nav
          aria-label="Which branches"
          className="mb-4 flex flex-wrap items-center gap-x-4 gap-y-1"
        >
          <Which address={branchesAddress(repo)} current={!showsDeleted}>
            Branches
          </Which>
          <Which address={branchesAddress(repo, { show: 'deleted' })} current={showsDeleted}>
            Deleted
          </Which>
          <a className="link ml-auto" href={compareAddress(repo)}>
            Compare
          </a>
        </nav>
        {showsDeleted ? (
          <Deleted before={await param(searchParams, 'before')} repo={repo} />
        ) : (
          <Present
            after={await param(searchParams, 'after')}
            repo={repo}
            search={(await param(searchParams, 'q')) ?? ''}
          />
        )}
      </PageBody>
    </RepoShell>
  );
}

function Which({
  address,
  current,
  children,
}: {
  address: string;
  current: boolean;
  children: string;
}) {
  return (
    <a
      aria-current={current ? 'page' : undefined}
      className="rounded-md px-2 py-1 text-muted hover:text-ink aria-[current]:bg-sunken aria-[current]:font-semibold aria-[current]:text-ink"
      href={address}
    >
      {children}
    </a>
  );
}

async function Present({
  repo,
  after,
  search,
}: {
  repo: Repo;
  after: string | null;
  search: string;
}) {
  const { owner, slug } = repo;
  const { branches, next } = await found(api.branch.list({ owner, slug, after, search }));
  return (
    <>
      <search>
        <form action={branchesAddress(repo)} className="mb-4 flex flex-wrap gap-2">
          <input
            aria-label="Part of a branch's name"
            className="min-h-8 min-w-0 flex-1 basis-48 rounded-md border border-control bg-canvas px-2 text-sm"
            defaultValue={search}
            maxLength={255}
            name="q"
            placeholder="Part of a branch's name"
            spellCheck={false}
            type="search"
          />
          <Button>Find</Button>
          {search && <ButtonLink href={branchesAddress(repo)}>Clear</ButtonLink>}
        </form>
      </search>
      {branches.length > 0 ? (
        <ul
          className="divide-y divide-line overflow-hidden rounded-lg border border-line"
          data-rows
        >
          {branches.map((branch) => (
            <BranchRow branch={branch} key={branch.name} repo={repo} />
          ))}
        </ul>
      ) : (
        <EmptyState title={after || search ? 'No such branch' : 'No branches yet'}>
          {!after && !search && <p>They appear with the first push.</p>}
        </EmptyState>
      )}
      <Pager
        newer={after ? branchesAddress(repo, { q: search }) : undefined}
        newerLabel="First page"
        older={next && branchesAddress(repo, { q: search, after: next })}
        olderLabel="More"
      />
    </>
  );
}

async function Deleted({ repo, before }: { repo: Repo; before: string | null }) {
  const { owner, slug } = repo;
  const key = readKey(before);
  const cursor = key && { startedAtMs: key.atMs, id: key.id };
  const { pushes, next } = await found(api.branch.deleted({ owner, slug, before: cursor }));
  const address = (more: Record<string, string | null>) =>
    branchesAddress(repo, { show: 'deleted', ...more });
  return (
    <>
      {pushes.length > 0 ? (
        <ul
          className="divide-y divide-line overflow-hidden rounded-lg border border-line"
          data-rows
        >
          {pushes.map((push) => (
            <DeletedBranchRow key={push.id} push={push} repo={repo} />
          ))}
        </ul>
      ) : (
        <EmptyState title={cursor ? 'No more deleted branches' : 'No deleted branches'}>
          <p>A branch that is deleted is listed here, and can be brought back.</p>
        </EmptyState>
      )}
      <Pager
        newer={cursor ? address({}) : undefined}
        newerLabel="Latest"
        older={next && address({ before: writeKey(next.startedAtMs, next.id) })}
      />
    </>
  );
}
