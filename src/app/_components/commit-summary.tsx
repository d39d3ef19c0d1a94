import { bumpBadge } from '~/muse/conventional-commit';
import type { Answers } from '~/server/api/root';
import { commitAddress, diffAddress } from './address';
import { Badge, BumpBadge, ScopeBadge, TypeBadge } from './badge';
import { BranchPill } from './branch-pill';
import { IdChip } from './id-chip';
import { Author } from './person';
import type { Repo } from './repo-shell';
import { TagPills } from './tag-pill';
import { When } from './when';
import { count, shortDate, shortId } from './wording';

export type ShownCommit = Answers['commit']['get'];

/** What a commit is: where, of what weight, by whom, when, what it says, and its ids. */
export function CommitSummary({ repo, commit }: { repo: Repo; commit: ShownCommit }) {
  const bump = bumpBadge(commit);
  const { position } = commit;
  const branch = position?.branch ?? commit.branch;
  return (
    <article>
      <div className="mb-3 flex flex-wrap items-center gap-1.5">
        {commit.type && <TypeBadge type={commit.type} />}
        {bump && <BumpBadge bump={bump} />}
        {commit.scope && <ScopeBadge scope={commit.scope} />}
        {branch && <BranchPill name={branch} repo={repo} />}
        <Badge title={positionTitle(position)}>
          {position ? `#${count(position.place)} / ${count(position.count)}` : 'on no branch'}
        </Badge>
        {!commit.idVerified && (
          <Badge
            title="The record carries something of a later schema; its id could not be recomputed."
            tone="warn"
          >
            id not verified
          </Badge>
        )}
        <TagPills names={commit.tags} repo={repo} shown={commit.tags.length} />
      </div>
      <div className="mb-4 flex flex-wrap items-center gap-x-3 gap-y-1 text-muted">
        <span className="flex min-w-0 text-ink">
          <Author handle={commit.authorHandle} name={commit.author} />
        </span>
        <When atMs={commit.timeMs} focusable text={commit.committedAt} />
        {commit.timeMs !== null && <span>{shortDate(commit.timeMs)}</span>}
        <a className="link" href={diffAddress(repo, commit.id)}>
          Diff
        </a>
      </div>
      <h1 className="breakable font-semibold text-xl leading-snug sm:text-2xl">
        <bdi>{commit.subject || '(no message)'}</bdi>
      </h1>
      {commit.body && (
        <div className="breakable mt-3 max-w-prose space-y-3 whitespace-pre-wrap text-[0.9375rem] leading-relaxed">
          {paragraphs(commit.body).map(({ key, text }) => (
            <p key={key}>
              <bdi>{text}</bdi>
            </p>
          ))}
        </div>
      )}
      <div className="mt-4 flex flex-col items-start gap-y-1">
        <IdChip id={commit.id} of="sha" />
        <IdChip id={commit.snapshotId} of="snapshot" />
      </div>
      {commit.parentCommits.length > 0 && (
        <p className="mt-1 text-muted">
          {commit.parentCommits.length === 1 ? 'Parent' : 'Parents'}{' '}
          {commit.parentCommits.map((parent) => (
            <a
              className="link mr-2 font-mono text-xs"
              href={commitAddress(repo, parent.id)}
              key={parent.id}
              title={parent.message.split('\n', 1)[0]}
            >
              {shortId(parent.id)}
            </a>
          ))}
        </p>
      )}
    </article>
  );
}

const positionTitle = (position: ShownCommit['position']): string =>
  position
    ? `The newest of the ${count(position.count)} commits of ${position.branch} is #1`
    : 'No branch that is there reaches this commit';

function paragraphs(body: string): { key: string; text: string }[] {
  const parts = body.replaceAll('\r\n', '\n').split(/\n[ \t]*(?:\n[ \t]*)+/);
  return parts.map((text, index) => ({ key: `${index}`, text }));
}
