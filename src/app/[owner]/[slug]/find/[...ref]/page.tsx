import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { api, found } from '~/trpc/server';
import { fileAddress, findAddress, pathsAddress } from '../../../../_components/address';
import { FileFinder } from '../../../../_components/file-finder';
import { PageBody } from '../../../../_components/page-body';
import { loadRepo, pathSegments, type RepoParams } from '../../../../_components/repo-params';
import { RepoShell } from '../../../../_components/repo-shell';
import { param, type SearchParams } from '../../../../_components/search-params';

interface Props {
  params: Promise<RepoParams & { ref: string[] }>;
  searchParams: SearchParams;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const repo = await loadRepo(await params);
  return { title: `Find a file · ${repo.owner}/${repo.slug}` };
}

/** Finds the files of a branch, tag or commit by the letters of their paths. */
export default async function FindPage({ params, searchParams }: Props) {
  const given = await params;
  const repo = await loadRepo(given);
  const { owner, slug } = repo;
  const typed = ((await param(searchParams, 'q')) ?? '').slice(0, 300);
  const segments = pathSegments(given.ref);
  const files = await found(api.search.files({ owner, slug, segments, text: typed }));
  if (!files) notFound();
  const { ref, paths, fileCount, truncated } = files;
  const refName = ref.kind === 'commit' ? ref.commitId : ref.name;
  return (
    <RepoShell repo={repo} tab="code">
      <PageBody>
        <h1 className="mb-3 font-semibold text-base">
          Find a file in{' '}
          <bdi className="breakable font-mono font-normal text-[0.8125rem]">{ref.name}</bdi>
        </h1>
        <FileFinder
          address={findAddress(repo, refName)}
          fileCount={fileCount}
          filesAddress={fileAddress(repo, 'blob', { ref: refName, path: [] })}
          first={paths}
          pathsAddress={pathsAddress(repo, refName)}
          truncated={truncated}
          typed={typed}
        />
      </PageBody>
    </RepoShell>
  );
}
