import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { api, found } from '~/trpc/server';
import { FileBar } from '../../../../_components/file-bar';
import { FileCard } from '../../../../_components/file-card';
import { PageBody } from '../../../../_components/page-body';
import { loadRepo, pathSegments, type RepoParams } from '../../../../_components/repo-params';
import { RepoShell } from '../../../../_components/repo-shell';
import { param, type SearchParams } from '../../../../_components/search-params';

interface Props {
  params: Promise<RepoParams & { path: string[] }>;
  searchParams: SearchParams;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const given = await params;
  const repo = await loadRepo(given);
  return { title: `${pathSegments(given.path).join('/')} · ${repo.owner}/${repo.slug}` };
}

/** A file of a branch, tag or commit; Markdown is rendered unless `?plain=1` asks for its source. */
export default async function BlobPage({ params, searchParams }: Props) {
  const given = await params;
  const repo = await loadRepo(given);
  const { owner, slug } = repo;
  const tree = await found(api.tree.browse({ owner, slug, segments: pathSegments(given.path) }));
  if (!tree?.file) notFound();
  const { ref, path, file } = tree;
  const refName = ref.kind === 'commit' ? ref.commitId : ref.name;
  const plain = (await param(searchParams, 'plain')) === '1';
  return (
    <RepoShell repo={repo} tab="code">
      <PageBody>
        <h1 className="sr-only">{file.name}</h1>
        <FileBar
          commitId={ref.commitId}
          path={path}
          refKind={ref.kind}
          refName={refName}
          repo={repo}
          room="blob"
        />
        <FileCard file={file} path={path} plain={plain} refName={refName} repo={repo} />
      </PageBody>
    </RepoShell>
  );
}
