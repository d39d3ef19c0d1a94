import type { Answers } from '~/server/api/root';
import { diffAddress, fileAddress, type RepoName } from './address';
import { Badge } from './badge';
import { CHANGE_LOOKS } from './changed-files';
import type { ShownCommit } from './commit-summary';
import { DiffLines } from './diff-lines';
import { bytes, count } from './wording';

type FileDiff = Answers['commit']['diff']['files'][number];

const NOT_SHOWN = {
  binary: 'A binary file.',
  'too-large': 'The file is too large to be compared here.',
  'too-many-lines': 'Too many changed lines for this page.',
};

/** One file of a commit's differences; closed and opened without a script. */
export function FileDiffCard({
  repo,
  commit,
  file,
}: {
  repo: RepoName;
  commit: ShownCommit;
  file: FileDiff;
}) {
  const { path, change, diff } = file;
  const place = { ref: commit.id, path: path.split('/') };
  return (
    <div className="relative">
      <details className="overflow-hidden rounded-lg border border-line" open>
        <summary className="flex flex-wrap items-center gap-x-3 gap-y-1 bg-surface py-2 pr-28 pl-4">
          <Badge title={change} tone={CHANGE_LOOKS[change].tone}>
            <span className="w-3 text-center">{CHANGE_LOOKS[change].letter}</span>
            <span className="sr-only">{change}</span>
          </Badge>
          <h2 className="breakable min-w-0 flex-1 font-mono text-[0.8125rem]">
            <bdi>{path}</bdi>
          </h2>
          {diff && (
            <span className="flex gap-2 text-xs">
              <span className="text-good">+{count(diff.added)}</span>
              <span className="text-bad">−{count(diff.removed)}</span>
            </span>
          )}
        </summary>
        <div className="border-line border-t">
          <Body commit={commit} file={file} repo={repo} />
        </div>
      </details>
      {/* Not inside the summary, which is a button itself. */}
      {change !== 'removed' && (
        <a
          className="link absolute top-2 right-4 py-0.5 text-xs leading-5"
          href={fileAddress(repo, 'blob', place)}
        >
          View file
        </a>
      )}
    </div>
  );
}

function Body({ repo, commit, file }: { repo: RepoName; commit: ShownCommit; file: FileDiff }) {
  if (file.notShown) {
    const sizes = [file.beforeSize, file.afterSize].filter((size) => size !== null).map(bytes);
    return (
      <p className="px-4 py-4 text-muted">
        {NOT_SHOWN[file.notShown]} {sizes.join(' → ')}{' '}
        {file.notShown === 'too-many-lines' && (
          <a className="link" href={diffAddress(repo, commit.id, { path: file.path })}>
            Show this file alone
          </a>
        )}
      </p>
    );
  }
  if (!file.diff || file.diff.hunks.length === 0) {
    return <p className="px-4 py-4 text-muted">No line differs.</p>;
  }
  return <DiffLines hunks={file.diff.hunks} label={`Difference of ${file.path}`} />;
}
