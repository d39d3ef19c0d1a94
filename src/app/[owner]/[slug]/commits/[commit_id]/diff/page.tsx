import type { Metadata } from 'next';
import { api, found } from '~/trpc/server';
import { commitAddress, diffAddress } from '../../../../../_components/address';
import { ButtonLink } from '../../../../../_components/button';
import { ChangeCounts } from '../../../../../_components/changed-files';
import { type CommitParams, loadCommit } from '../../../../../_components/commit-params';
import { EmptyState } from '../../../../../_components/empty-state';
import { FileDiffCard } from '../../../../../_components/file-diff';
import { PageBody } from '../../../../../_components/page-body';
import { Author } from '../../../../../_components/person';
import { loadRepo } from '../../../../../_components/repo-params';
import { RepoShell } from '../../../../../_components/repo-shell';
import { param, type SearchParams } from '../../../../../_components/search-params';
import { When } from '../../../../../_components/when';
import { count, counted, shortId } from '../../../../../_components/wording';

interface Props {
  params: Promise<CommitParams>;
  searchParams: SearchParams;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const given = await params;
  const repo = await loadRepo(given);
  const commit = await loadCommit(given, null);
  return { title: `Diff of ${shortId(commit.id)} · ${repo.owner}/${repo.slug}` };
}

/** What a commit changed against its first parent, line by line. */
export default async function DiffPage({ params, searchParams }: Props) {
  const given = await params;
  const repo = await loadRepo(given);
  const commit = await loadCommit(given, null);
  const path = await param(searchParams, 'path');
  const from = Number((await param(searchParams, 'from'))?.match(/^\d{1,6}$/)?.[0] ?? 0);
  const { owner, slug } = repo;
  const { id } = commit;
  const { changes, files, next } = await found(api.commit.diff({ owner, slug, id, from, path }));
  const all = changes.added + changes.modified + changes.removed;
  return (
    <RepoShell repo={repo} tab="commits">
      <PageBody>
        <div className="mb-4 space-y-1">
          <h1 className="breakable font-semibold text-xl leading-snug">
            <a className="hover:text-accent hover:underline" href={commitAddress(repo, id)}>
              <bdi>{commit.subject || '(no message)'}</bdi>
            </a>
          </h1>
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-muted">
            <Author handle={commit.authorHandle} name={commit.author} />
            <When atMs={commit.timeMs} text={commit.committedAt} />
            <a className="link font-mono text-xs" href={commitAddress(repo, id)}>
              {shortId(id)}
            </a>
          </div>
        </div>
        <div className="mb-4 flex flex-wrap items-center gap-x-4 gap-y-2">
          <p className="font-semibold">
            {path === null ? `${counted(all, 'file')} changed` : 'One file of this commit'}
          </p>
          {path === null ? (
            <ChangeCounts changes={changes} />
          ) : (
            <a className="link" href={diffAddress(repo, id)}>
              All {count(all)} changed files
            </a>
          )}
        </div>
        {files.length === 0 && (
          <EmptyState
            title={path === null ? 'No file was changed' : 'This commit did not change that file'}
          />
        )}
        <div className="space-y-4">
          {files.map((file) => (
            <FileDiffCard commit={commit} file={file} key={file.path} repo={repo} />
          ))}
        </div>
        {(next !== null || from > 0) && (
          <nav aria-label="Pages" className="mt-4 flex justify-center gap-2">
            {from > 0 && <ButtonLink href={diffAddress(repo, id)}>First files</ButtonLink>}
            {next !== null && (
              <ButtonLink href={diffAddress(repo, id, { from: next })}>
                Next files ({count(next)} of {count(all)} shown)
              </ButtonLink>
            )}
          </nav>
        )}
      </PageBody>
    </RepoShell>
  );
}
