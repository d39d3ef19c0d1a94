import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { api, found } from '~/trpc/server';
import { DirectoryList } from '../../../../_components/directory-list';
import { FileBar } from '../../../../_components/file-bar';
import { PageBody } from '../../../../_components/page-body';
import { ReadmeCard } from '../../../../_components/readme-card';
import { loadRepo, pathSegments, type RepoParams } from '../../../../_components/repo-params';
import { RepoShell } from '../../../../_components/repo-shell';

interface Props {
  params: Promise<RepoParams & { path: string[] }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const given = await params;
  const repo = await loadRepo(given);
  return { title: `${pathSegments(given.path).join('/')} · ${repo.owner}/${repo.slug}` };
}

/** A directory of a branch, tag or commit. */
export default async function TreePage({ params }: Props) {
  const given = await params;
  const repo = await loadRepo(given);
  const { owner, slug } = repo;
  const tree = await found(api.tree.browse({ owner, slug, segments: pathSegments(given.path) }));
  if (!tree?.entries) notFound();
  const { ref, path, entries, entryCount, readme } = tree;
  const refName = ref.kind === 'commit' ? ref.commitId : ref.name;
  return (
    <RepoShell repo={repo} tab="code">
      <PageBody>
        <h1 className="sr-only">Files</h1>
        <div className="space-y-6">
          <div>
            <FileBar
              commitId={ref.commitId}
              path={path}
              refKind={ref.kind}
              refName={refName}
              repo={repo}
              room="tree"
            />
            <div className="overflow-hidden rounded-lg border border-line">
              <DirectoryList
                entries={entries}
                entryCount={entryCount}
                path={path}
                refName={refName}
                repo={repo}
              />
            </div>
          </div>
          {readme && <ReadmeCard {...readme} />}
        </div>
      </PageBody>
    </RepoShell>
  );
}
