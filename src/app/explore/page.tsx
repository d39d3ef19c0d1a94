import { api, found } from '~/trpc/server';
import { EmptyState } from '../_components/empty-state';
import { PageBody } from '../_components/page-body';
import { Pager } from '../_components/pager';
import { RepositoryList } from '../_components/repository-list';
import { SearchForm } from '../_components/search-form';
import { param, readKey, type SearchParams, writeKey } from '../_components/search-params';

export const metadata = { title: 'Explore' };

/** Every public repository, last updated first. */
export default async function ExplorePage({ searchParams }: { searchParams: SearchParams }) {
  const key = readKey(await param(searchParams, 'after'));
  const after = key && { updatedAtMs: key.atMs, id: key.id };
  const { repositories, next } = await found(api.repo.explore({ after }));
  const older = next && `/explore?after=${writeKey(next.updatedAtMs, next.id)}`;
  return (
    <PageBody>
      <h1 className="mb-4 font-semibold text-xl">Explore</h1>
      <SearchForm className="mb-4" kind="repositories" text="" />
      {repositories.length > 0 ? (
        <RepositoryList repositories={repositories} />
      ) : (
        <EmptyState title={after ? 'No more repositories' : 'No public repository yet'} />
      )}
      <Pager newer={after ? '/explore' : undefined} newerLabel="First page" older={older} />
    </PageBody>
  );
}
