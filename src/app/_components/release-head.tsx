import type { Answers } from '~/server/api/root';
import { commitAddress, fileAddress, type RepoName } from './address';
import { Badge, type Tone } from './badge';
import { DownloadLinks } from './download-links';
import { Person } from './person';
import { When } from './when';
import { shortDate, shortId } from './wording';

export type Release = Answers['release']['list']['releases'][number];

const CHANNEL_TONES: Record<string, Tone> = { stable: 'good', beta: 'accent', alpha: 'warn' };

/** The version of a release, its channel, and whether it is the newest or still a draft. */
export function ReleaseBadges({ release, latest }: { release: Release; latest: boolean }) {
  return (
    <span className="flex flex-wrap items-center gap-1.5">
      <Badge title="version">
        <bdi className="font-mono">{release.tag}</bdi>
      </Badge>
      <Badge title="channel" tone={CHANNEL_TONES[release.channel]}>
        {release.channel}
      </Badge>
      {latest && <Badge tone="good">latest</Badge>}
      {release.isDraft && (
        <Badge title="Only those who may write see it" tone="warn">
          draft
        </Badge>
      )}
    </span>
  );
}

/** Who made a release, when, and of what. */
export function ReleaseFacts({ repo, release }: { repo: RepoName; release: Release }) {
  return (
    <p className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-2 text-muted text-xs">
      {release.actor && <Person handle={release.actor.handle} kind={release.actor.kind} />}
      <span>
        <When atMs={release.createdAtMs} />, {shortDate(release.createdAtMs)}
        {release.editedAtMs !== null && (
          <>
            , edited <When atMs={release.editedAtMs} />
          </>
        )}
      </span>
      <a
        className="font-mono leading-6 hover:text-accent"
        href={commitAddress(repo, release.commitId)}
      >
        {shortId(release.commitId)}
      </a>
      <a
        aria-label={`Files of ${release.tag}`}
        className="link leading-6"
        href={fileAddress(repo, 'tree', { ref: release.commitId, path: [] })}
      >
        Files
      </a>
      <DownloadLinks at={release.commitId} name={release.tag} repo={repo} />
    </p>
  );
}

/** The notes of a release; the HTML was made safe where it was rendered. */
export function ReleaseNotes({ html }: { html: string }) {
  if (html === '') return null;
  return (
    <div
      className="prose breakable"
      // biome-ignore lint/security/noDangerouslySetInnerHtml: sanitised by renderMarkdown
      dangerouslySetInnerHTML={{ __html: html }}
    />
  );
}
