import { notFound } from 'next/navigation';
import { cache } from 'react';
import { api, found } from '~/trpc/server';
import { decodeSegment } from './address';
import { type RepoParams, repoName } from './repo-params';

export type CommitParams = RepoParams & { commit_id: string };

/** A commit's id out of a page's address, in either text form. */
export function commitId(params: CommitParams): string {
  return decodeSegment(params.commit_id) ?? notFound();
}

const load = cache((owner: string, slug: string, id: string, branch: string | null) =>
  found(api.commit.get({ owner, slug, id, branch })),
);

/** The commit of a page, once per request, or the not-found page. */
export function loadCommit(params: CommitParams, branch: string | null) {
  const { owner, slug } = repoName(params);
  return load(owner, slug, commitId(params), branch);
}
