import type { Metadata } from 'next';
import { cache } from 'react';
import type { Answers } from '~/server/api/root';
import { api, found } from '~/trpc/server';
import { ActRefused } from '../../../../_components/act-refused';
import { decodeSegment, releaseAddress } from '../../../../_components/address';
import { ButtonLink } from '../../../../_components/button';
import { Card } from '../../../../_components/card';
import { type Commit, CommitRow } from '../../../../_components/commit-row';
import { PageBody } from '../../../../_components/page-body';
import { ReleaseBadges, ReleaseFacts, ReleaseNotes } from '../../../../_components/release-head';
import { loadRepo, type RepoParams } from '../../../../_components/repo-params';
import { type Repo, RepoShell } from '../../../../_components/repo-shell';
import { param, type SearchParams } from '../../../../_components/search-params';
import { count, counted } from '../../../../_components/wording';
import { DeleteReleaseButton } from './delete-release-button';

interface Props {
  params: Promise<RepoParams & { tag: string }>;
  searchParams: SearchParams;
}

const load = cache((owner: string, slug: string, tag: string) =>
  found(api.release.get({ owner, slug, tag })),
);

/** The release of a page's address, once per request, or the not-found page. */
async function loadRelease(params: RepoParams & { tag: string }) {
  const { owner, slug } = await loadRepo(params);
  return load(owner, slug, decodeSegment(params.tag) ?? '');
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const given = await params;
  const { tag } = await loadRelease(given);
  const repo = await loadRepo(given);
  return { title: `${tag} · ${repo.owner}/${repo.slug}` };
}

/** A release: its notes, and the commits that are new in it, by their kind. */
export default async function ReleasePage({ params, searchParams }: Props) {
  const given = await params;
  const repo = await loadRepo(given);
  const release = await loadRelease(given);
  const name = { owner: repo.owner, slug: repo.slug };
  return (
    <RepoShell repo={repo} tab="releases">
      <PageBody>
        <ActRefused code={await param(searchParams, 'refused')} />
        <div className="mb-6 space-y-2">
          <ReleaseBadges latest={false} release={release} />
          <h1 className="breakable font-semibold text-xl leading-snug sm:text-2xl">
            <bdi>{release.title || release.tag}</bdi>
          </h1>
          <ReleaseFacts release={release} repo={repo} />
          {repo.mayWrite && (
            <div className="flex flex-wrap items-center gap-2 pt-1">
              <ButtonLink href={`${releaseAddress(repo, release.tag)}/edit`}>Edit</ButtonLink>
              <DeleteReleaseButton repo={name} tag={release.tag} />
            </div>
          )}
        </div>
        <ReleaseNotes html={release.notes} />
        <section aria-labelledby="changes" className="mt-8 space-y-4">
          <h2 className="scroll-mt-20 font-semibold text-base" id="changes">
            {release.changes.previous === null ? (
              'Changes'
            ) : (
              <>
                Changes since{' '}
                <a className="link" href={releaseAddress(repo, release.changes.previous)}>
                  <bdi>{release.changes.previous}</bdi>
                </a>
              </>
            )}{' '}
            <span className="font-normal text-muted">
              {release.changes.bounded && 'at least '}
              {counted(release.changes.count, 'commit')}
            </span>
          </h2>
          <Changes changes={release.changes} repo={repo} />
        </section>
      </PageBody>
    </RepoShell>
  );
}

const GROUPS: [title: string, holds: (commit: Commit) => boolean][] = [
  ['Breaking changes', (commit) => commit.breaking],
  ['Features', (commit) => commit.type === 'feat'],
  ['Fixes', (commit) => commit.type === 'fix'],
  ['Performance', (commit) => commit.type === 'perf'],
  ['Documentation', (commit) => commit.type === 'docs'],
  ['Everything else', () => true],
];

function Changes({ repo, changes }: { repo: Repo; changes: Answers['release']['get']['changes'] }) {
  if (changes.commits.length === 0) {
    return <p className="text-muted">No commit is new since the release before.</p>;
  }
  const left = new Set(changes.commits);
  const groups = GROUPS.map(([title, holds]) => {
    const commits = [...left].filter(holds);
    for (const commit of commits) left.delete(commit);
    return { title, commits };
  }).filter(({ commits }) => commits.length > 0);
  const more = changes.count - changes.commits.length;
  return (
    <>
      {groups.map(({ title, commits }) => (
        <Card key={title} level={3} title={title}>
          <ul className="divide-y divide-line">
            {commits.map((commit) => (
              <CommitRow commit={commit} key={commit.id} repo={repo} />
            ))}
          </ul>
        </Card>
      ))}
      {more > 0 && <p className="text-muted">And {count(more)} earlier ones.</p>}
    </>
  );
}
