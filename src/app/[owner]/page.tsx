import type { Metadata } from 'next';
import { cache } from 'react';
import { api, found } from '~/trpc/server';
import { decodeSegment, ownerAddress } from '../_components/address';
import { Avatar } from '../_components/avatar';
import { Badge } from '../_components/badge';
import { EmptyState } from '../_components/empty-state';
import { PageBody } from '../_components/page-body';
import { Pager } from '../_components/pager';
import { RepositoryList } from '../_components/repository-list';
import { param, readKey, type SearchParams, writeKey } from '../_components/search-params';

interface Props {
  params: Promise<{ owner: string }>;
  searchParams: SearchParams;
}

const load = cache(async (owner: string, afterText: string | null) => {
  const key = readKey(afterText);
  const after = key && { updatedAtMs: key.atMs, id: key.id };
  return found(api.repo.ofOwner({ owner: decodeSegment(owner) ?? '', after }));
});

export async function generateMetadata({ params, searchParams }: Props): Promise<Metadata> {
  const { owner } = await load((await params).owner, await param(searchParams, 'after'));
  return { title: owner.handle };
}

/** An account and those of its repositories that the reader may see. */
export default async function OwnerPage({ params, searchParams }: Props) {
  const after = await param(searchParams, 'after');
  const { owner, repositories, next } = await load((await params).owner, after);
  const address = ownerAddress(owner.handle);
  const older = next && `${address}?after=${writeKey(next.updatedAtMs, next.id)}`;
  return (
    <PageBody>
      <div className="mb-6 flex items-center gap-4">
        <Avatar name={owner.handle} size={64} />
        <div className="min-w-0">
          <h1 className="breakable font-semibold text-2xl leading-8">
            <bdi>{owner.displayName || owner.handle}</bdi>
          </h1>
          <p className="flex flex-wrap items-center gap-2 text-base text-muted">
            <bdi>{owner.handle}</bdi>
            {owner.kind === 'agent' && <Badge>agent</Badge>}
            {owner.agentOf !== null && (
              <span>
                of{' '}
                <a className="link" href={ownerAddress(owner.agentOf)}>
                  <bdi>{owner.agentOf}</bdi>
                </a>
              </span>
            )}
          </p>
        </div>
      </div>
      <h2 className="mb-2 font-semibold text-base">Repositories</h2>
      {repositories.length > 0 ? (
        <RepositoryList repositories={repositories} showOwner={false} />
      ) : (
        <EmptyState title={after ? 'No more repositories' : 'No repository to see here'} />
      )}
      <Pager newer={after ? address : undefined} newerLabel="First page" older={older} />
    </PageBody>
  );
}
