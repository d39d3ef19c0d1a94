import { bumpBadge } from '~/muse/conventional-commit';
import type { Answers } from '~/server/api/root';
import { commitAddress, type RepoName } from './address';
import { BumpBadge, ScopeBadge, TypeBadge } from './badge';
import { Author } from './person';
import { TagPills } from './tag-pill';
import { When } from './when';
import { shortId } from './wording';

export type Commit = Answers['commit']['list']['commits'][number];

/** The first line of a message; a commit without one still needs something to be clicked. */
export const subjectOf = (message: string): string =>
  message.split(/\r?\n/, 1)[0]!.trim() || '(no message)';

/** A commit in a list. */
export function CommitRow({
  repo,
  commit,
  branch,
}: {
  repo: RepoName;
  commit: Commit;
  branch?: string | null;
}) {
  const bump = bumpBadge(commit);
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-1 px-4 py-2.5 hover:bg-surface">
      <div className="min-w-0 flex-1 basis-64">
        <a
          className="breakable font-medium hover:text-accent hover:underline"
          href={commitAddress(repo, commit.id, branch)}
        >
          <bdi>{subjectOf(commit.message)}</bdi>
        </a>
        <div className="mt-0.5 flex flex-wrap items-center gap-x-2 gap-y-1 text-muted text-xs">
          <Author handle={commit.authorHandle} name={commit.author} />
          <When atMs={commit.timeMs} text={commit.committedAt} />
          {commit.type && <TypeBadge type={commit.type} />}
          {bump && <BumpBadge bump={bump} />}
          {commit.scope && <ScopeBadge scope={commit.scope} />}
          <TagPills names={commit.tags} repo={repo} shown={3} />
          {commit.agentId && (
            <span>
              by agent <bdi>{commit.agentId}</bdi>
            </span>
          )}
          {commit.parents.length > 1 && <span>merge</span>}
          {commit.comments > 0 && (
            <span>
              {commit.comments} {commit.comments === 1 ? 'comment' : 'comments'}
            </span>
          )}
        </div>
      </div>
      <a
        className="rounded-md px-1.5 font-mono text-muted text-xs leading-6 hover:bg-sunken hover:text-ink"
        href={commitAddress(repo, commit.id, branch)}
        tabIndex={-1}
        title={commit.id}
      >
        {shortId(commit.id)}
      </a>
    </li>
  );
}
