import type { Answers } from '~/server/api/root';
import { diffAddress, type RepoName } from './address';
import { Badge, type Tone } from './badge';
import { Card } from './card';
import type { ShownCommit } from './commit-summary';
import { count, counted } from './wording';

type Changes = Answers['commit']['changes'];
type Change = Changes['files'][number]['change'];

export const CHANGE_LOOKS: Record<Change, { tone: Tone; letter: string }> = {
  added: { tone: 'good', letter: 'A' },
  modified: { tone: 'accent', letter: 'M' },
  removed: { tone: 'bad', letter: 'D' },
  renamed: { tone: 'warn', letter: 'R' },
};

/** `3 added, 2 modified, 1 removed`, each in its colour; renamed ones where there are any. */
export function ChangeCounts({ changes }: { changes: Omit<Changes, 'files'> }) {
  const more = changes.truncated ? '+' : '';
  return (
    <span className="flex flex-wrap gap-x-3 text-xs">
      <span className="text-good">
        {count(changes.added)}
        {more} added
      </span>
      <span className="text-accent">
        {count(changes.modified)}
        {more} modified
      </span>
      <span className="text-bad">
        {count(changes.removed)}
        {more} removed
      </span>
      {changes.renamed > 0 && <span className="text-warn">{count(changes.renamed)} renamed</span>}
    </span>
  );
}

/** The files a commit changed against its first parent. */
export function ChangedFiles({
  repo,
  commit,
  changes,
}: {
  repo: RepoName;
  commit: ShownCommit;
  changes: Changes;
}) {
  const all = changes.added + changes.modified + changes.removed + changes.renamed;
  return (
    <Card
      aside={<ChangeCounts changes={changes} />}
      title={`${counted(all, 'file')}${changes.truncated ? ' and more' : ''} changed`}
    >
      {all === 0 ? (
        <p className="px-4 py-3 text-muted">The same files as its parent has.</p>
      ) : (
        <ul className="py-1.5">
          {changes.files.map(({ path, change, oldPath }) => (
            <li className="flex items-start gap-2.5 px-4 py-1 hover:bg-surface" key={path}>
              <Badge title={change} tone={CHANGE_LOOKS[change].tone}>
                <span className="w-3 text-center">{CHANGE_LOOKS[change].letter}</span>
                <span className="sr-only">{change}</span>
              </Badge>
              <a
                className="breakable min-w-0 font-mono text-[0.8125rem] leading-6 hover:text-accent hover:underline"
                href={diffAddress(repo, commit.id, { path })}
              >
                {oldPath !== null && (
                  <>
                    <bdi className="text-muted">{oldPath}</bdi>{' '}
                    <span className="text-muted">→</span>{' '}
                  </>
                )}
                <bdi>{path}</bdi>
              </a>
            </li>
          ))}
        </ul>
      )}
      {all > changes.files.length && (
        <p className="border-line border-t px-4 py-2">
          <a className="link" href={diffAddress(repo, commit.id)}>
            All changed files
          </a>
        </p>
      )}
    </Card>
  );
}
