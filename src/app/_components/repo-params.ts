import { notFound } from 'next/navigation';
import { cache } from 'react';
import { api, found } from '~/trpc/server';
import { decodeSegment } from './address';

export interface RepoParams {
  owner: string;
  slug: string;
}

/** Names out of a page's address, which Next leaves percent-encoded. */
export function repoName(params: RepoParams): RepoParams {
  const owner = decodeSegment(params.owner);
  const slug = decodeSegment(params.slug);
  if (owner === null || slug === null) notFound();
  return { owner, slug };
}

const load = cache((owner: string, slug: string) => found(api.repo.get({ owner, slug })));

/** The repository of a page, once per request, or the not-found page. */
export function loadRepo(params: RepoParams) {
  const { owner, slug } = repoName(params);
  return load(owner, slug);
}

/** The segments after a page's fixed part, decoded, or the not-found page. */
export function pathSegments(segments: string[] | undefined): string[] {
  return (segments ?? []).map((segment) => decodeSegment(segment) ?? notFound());
}
