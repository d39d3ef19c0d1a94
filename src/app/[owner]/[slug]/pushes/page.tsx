import type { Metadata } from 'next';
import { api, found } from '~/trpc/server';
import { pushesAddress } from '../../../_components/address';
import { BranchPill } from '../../../_components/branch-pill';
import { EmptyState } from '../../../_components/empty-state';
import { PageBody } from '../../../_components/page-body';
import { Pager } from '../../../_components/pager';
import { PushRow } from '../../../_components/push-row';
import { loadRepo, type RepoParams } from '../../../_components/repo-params';
import { RepoShell } from '../../../_components/repo-shell';
import { param, readKey, type SearchParams, writeKey } from '../../../_components/search-params';

interface Props {
  params: Promise<RepoParams>;
  searchParams: SearchParams;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const repo = await loadRepo(await params);
  return { title: `Pushes · ${repo.owner}/${repo.slug}` };
}

/** The push history: who moved which branch from where to where, and what it brought. */
export default async function PushesPage({ params, searchParams }: Props) {
  const repo = await loadRepo(await params);
  const { owner, slug } = repo;
  const branch = await param(searchParams, 'branch');
  const key = readKey(await param(searchParams, 'before'));
  const before = key && { startedAtMs: key.atMs, id: key.id };
  const { pushes, next } = await found(api.push.list({ owner, slug, branch, before }));
  return (
    <RepoShell repo={repo} tab="pushes">
      <PageBody>
        <div className="mb-3 flex flex-wrap items-center gap-x-3 gap-y-1">
          <h1 className="font-semibold text-base">Push history</h1>
          {branch && (
            <>
              <span className="text-muted">of</span>
              <BranchPill name={branch} repo={repo} />
              <a className="link" href={pushesAddress(repo)}>
                All branches
              </a>
            </>
          )}
        </div>
        {repo.mayWrite && (
          <p className="mb-3 text-muted text-xs">
            You may push here, so refused and failed pushes are listed too.
          </p>
        )}
        {pushes.length > 0 ? (
          <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line">
            {pushes.map((push) => (
              <PushRow key={push.id} push={push} repo={repo} />
            ))}
          </ul>
        ) : (
          <EmptyState title={before ? 'No earlier pushes' : 'No pushes yet'} />
        )}
        <Pager
          newer={before ? pushesAddress(repo, { branch }) : undefined}
          newerLabel="Latest"
          older={
            next && pushesAddress(repo, { branch, before: writeKey(next.startedAtMs, next.id) })
          }
        />
      </PageBody>
    </RepoShell>
  );
}
