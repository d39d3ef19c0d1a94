import FileCode from 'lucide-react/icons/file-code';
import type { Metadata } from 'next';
import { api, found } from '~/trpc/server';
import { commitAddress, fileAddress } from '../../../../_components/address';
import { ChangedFiles } from '../../../../_components/changed-files';
import { CommentSection } from '../../../../_components/comment-section';
import { type CommitParams, loadCommit } from '../../../../_components/commit-params';
import { CommitSteps } from '../../../../_components/commit-steps';
import { CommitSummary } from '../../../../_components/commit-summary';
import { PageBody } from '../../../../_components/page-body';
import { ProvenanceCard } from '../../../../_components/provenance-card';
import { loadRepo } from '../../../../_components/repo-params';
import { RepoShell } from '../../../../_components/repo-shell';
import { param, readKey, type SearchParams, writeKey } from '../../../../_components/search-params';
import { DeltaCard } from '../../../../_components/structured-delta';

interface Props {
  params: Promise<CommitParams>;
  searchParams: SearchParams;
}

export async function generateMetadata({ params, searchParams }: Props): Promise<Metadata> {
  const given = await params;
  const repo = await loadRepo(given);
  const commit = await loadCommit(given, await param(searchParams, 'branch'));
  const subject = commit.subject.slice(0, 120) || commit.id;
  return { title: `${subject} · ${repo.owner}/${repo.slug}` };
}

/** A commit and everything that is known of it. */
export default async function CommitPage({ params, searchParams }: Props) {
  const given = await params;
  const branch = await param(searchParams, 'branch');
  const repo = await loadRepo(given);
  const commit = await loadCommit(given, branch);
  const name = { owner: repo.owner, slug: repo.slug, id: commit.id };
  const key = readKey(await param(searchParams, 'comments'));
  const refused = await param(searchParams, 'comment_error');
  const form = await param(searchParams, 'comment_form');
  const [changes, comments, me] = await Promise.all([
    found(api.commit.changes(name)),
    found(api.commit.comments({ ...name, after: key && { createdAtMs: key.atMs, id: key.id } })),
    api.account.me(),
  ]);
  const browse = fileAddress(repo, 'tree', { ref: commit.id, path: [] });
  return (
    <RepoShell repo={repo} tab="commits">
      <PageBody>
        <CommitSummary commit={commit} repo={repo} />
        <CommitSteps commit={commit} repo={repo} />
        <div className="mt-6 grid gap-6 lg:grid-cols-[1fr_20rem]">
          <div className="order-2 min-w-0 space-y-6 lg:order-1">
            <ChangedFiles changes={changes} commit={commit} repo={repo} />
            {commit.delta && <DeltaCard delta={commit.delta} />}
          </div>
          <div className="order-1 min-w-0 space-y-6 lg:order-2">
            <ProvenanceCard commit={commit} repo={repo} />
            <nav aria-label="More about this commit" className="flex flex-wrap gap-x-4 gap-y-1">
              <a className="link inline-flex items-center gap-1.5" href={browse}>
                <FileCode aria-hidden="true" size={14} />
                Browse files here
              </a>
              <a className="link" href={`${commitAddress(repo, commit.id)}/record`}>
                Raw record
              </a>
            </nav>
          </div>
        </div>
        <CommentSection
          commit={commit}
          error={refused === null ? null : { code: refused, form: form ?? 'new-comment' }}
          page={comments}
          pageKey={key && writeKey(key.atMs, key.id)}
          repo={repo}
          signedIn={me?.handle ?? null}
        />
      </PageBody>
    </RepoShell>
  );
}
