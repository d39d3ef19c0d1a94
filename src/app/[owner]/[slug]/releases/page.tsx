import type { Metadata } from 'next';
import { isChannel, RELEASE_CHANNELS } from '~/muse/semver';
import { api, found } from '~/trpc/server';
import { releaseAddress, releasesAddress } from '../../../_components/address';
import { ButtonLink } from '../../../_components/button';
import { Card } from '../../../_components/card';
import { EmptyState } from '../../../_components/empty-state';
import { PageBody } from '../../../_components/page-body';
import { Pager } from '../../../_components/pager';
import {
  type Release,
  ReleaseBadges,
  ReleaseFacts,
  ReleaseNotes,
} from '../../../_components/release-head';
import { loadRepo, type RepoParams } from '../../../_components/repo-params';
import { type Repo, RepoShell } from '../../../_components/repo-shell';
import { param, readKey, type SearchParams, writeKey } from '../../../_components/search-params';

interface Props {
  params: Promise<RepoParams>;
  searchParams: SearchParams;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const repo = await loadRepo(await params);
  return { title: `Releases · ${repo.owner}/${repo.slug}` };
}

/** The releases of a repository, last made first, with their notes. */
export default async function ReleasesPage({ params, searchParams }: Props) {
  const repo = await loadRepo(await params);
  const { owner, slug } = repo;
  const key = readKey(await param(searchParams, 'after'), 'any');
  const asked = await param(searchParams, 'channel');
  const channel = isChannel(asked) ? asked : null;
  const after = key && { createdAtMs: key.atMs, id: key.id };
  const { releases, next } = await found(api.release.list({ owner, slug, after, channel }));
  const latest = after === null ? releases.find(isLatest) : undefined;
  const filtered = after !== null || channel !== null;
  return (
    <RepoShell repo={repo} tab="releases">
      <PageBody>
        <h1 className="sr-only">Releases</h1>
        <div className="mb-4 flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
          <Channels channel={channel} repo={repo} />
          {repo.mayWrite && repo.defaultBranch !== null && (
            <ButtonLink href={`${releasesAddress(repo)}/new`} look="primary">
              New release
            </ButtonLink>
          )}
        </div>
        {releases.length > 0 ? (
          <div className="space-y-6">
            {releases.map((release) => (
              <ReleaseCard
                key={release.id}
                latest={release.id === latest?.id}
                release={release}
                repo={repo}
              />
            ))}
          </div>
        ) : (
          <EmptyState title={filtered ? 'No such releases' : 'No releases yet'}>
            {!filtered && (
              <p>A release gives a version its notes and says which commits are new in it.</p>
            )}
          </EmptyState>
        )}
        <Pager
          newer={after ? releasesAddress(repo, { channel }) : undefined}
          newerLabel="First page"
          older={
            next && releasesAddress(repo, { channel, after: writeKey(next.createdAtMs, next.id) })
          }
          olderLabel="More"
        />
      </PageBody>
    </RepoShell>
  );
}

const isLatest = (release: Release): boolean => release.channel === 'stable' && !release.isDraft;

function Channels({ repo, channel }: { repo: Repo; channel: string | null }) {
  return (
    <nav aria-label="Channels" className="flex flex-wrap gap-1">
      {[null, ...RELEASE_CHANNELS].map((one) => (
        <a
          aria-current={one === channel ? 'true' : undefined}
          className="rounded-md px-2 py-1 text-muted hover:bg-sunken hover:text-ink aria-[current]:bg-sunken aria-[current]:font-semibold aria-[current]:text-ink"
          href={releasesAddress(repo, { channel: one })}
          key={one ?? 'all'}
        >
          {one ?? 'all'}
        </a>
      ))}
    </nav>
  );
}

function ReleaseCard({ repo, release, latest }: { repo: Repo; release: Release; latest: boolean }) {
  const address = releaseAddress(repo, release.tag);
  return (
    <Card
      aside={<ReleaseBadges latest={latest} release={release} />}
      title={
        <a className="breakable hover:text-accent hover:underline" href={address}>
          <bdi>{release.title || release.tag}</bdi>
        </a>
      }
    >
      <div className="space-y-4 p-4">
        <ReleaseFacts release={release} repo={repo} />
        <ReleaseNotes html={release.notes} />
        <p>
          <a className="link" href={`${address}#changes`}>
            What changed<span className="sr-only"> in {release.tag}</span>
          </a>
        </p>
      </div>
    </Card>
  );
}
