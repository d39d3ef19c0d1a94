import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { api, found } from '~/trpc/server';
import { commitAddress, diffAddress } from '../../../../../_components/address';
import { type CommitParams, loadCommit } from '../../../../../_components/commit-params';
import { type DiffOptions, readDiffOptions } from '../../../../../_components/diff-options';
import { DiffView } from '../../../../../_components/diff-view';
import { EmptyState } from '../../../../../_components/empty-state';
import { PageBody } from '../../../../../_components/page-body';
import { Author } from '../../../../../_components/person';
import { loadRepo } from '../../../../../_components/repo-params';
import { RepoShell } from '../../../../../_components/repo-shell';
import { param, type SearchParams } from '../../../../../_components/search-params';
import { When } from '../../../../../_components/when';
import { shortId } from '../../../../../_components/wording';

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

/** What a commit changed against its first parent, or the one that is asked for, line by line. */
export default async function DiffPage({ params, searchParams }: Props) {
  const given = await params;
  const repo = await loadRepo(given);
  const commit = await loadCommit(given, null);
  const { owner, slug } = repo;
  const { id } = commit;
  const asked = await param(searchParams, 'parent');
  const parent = asked === null ? null : Number(asked.match(/^[1-9]\d?$/)?.[0] ?? notFound());
  const toAddress = (query: Record<string, string | null>) => diffAddress(repo, id, query);
  const kept = { parent: parent === null ? null : String(parent) };
  const options = await readDiffOptions(searchParams, toAddress, kept);
  const { path, after, hideWhitespace, whole, skip } = options;
  const page = await found(
    api.commit.diff({ owner, slug, id, parent, path, after, hideWhitespace, whole, skip }),
  );
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
          {commit.parents.length > 1 && (
            <Parents current={parent ?? 1} options={options} parents={commit.parents} />
          )}
        </div>
        <DiffView
          empty={
            <EmptyState title="No file was changed">
              <p>
                This commit has the same files as {parent === null ? 'its parent' : 'that parent'}.
              </p>
            </EmptyState>
          }
          options={options}
          page={page}
          repo={repo}
        />
      </PageBody>
    </RepoShell>
  );
}

/** A merge has changed something else against each of its parents. */
function Parents({
  parents,
  current,
  options,
}: {
  parents: string[];
  current: number;
  options: DiffOptions;
}) {
  return (
    <nav aria-label="Parent to compare with" className="flex flex-wrap items-center gap-x-3">
      <span className="text-muted">A merge, compared with parent</span>
      {parents.map((id, index) => (
        <a
          aria-current={index + 1 === current ? 'true' : undefined}
          className="link font-mono text-xs leading-6 aria-[current]:font-semibold aria-[current]:text-ink"
          href={options.address({ path: null, after: null, parent: String(index + 1) })}
          key={id}
        >
          {index + 1}: {shortId(id)}
        </a>
      ))}
    </nav>
  );
}
