import type { ReactNode } from 'react';
import type { RepoName } from './address';
import { Badge } from './badge';
import { ButtonLink } from './button';
import { CHANGE_LOOKS, ChangeCounts } from './changed-files';
import type { DiffOptions } from './diff-options';
import { DiffTools, FoldAll } from './diff-tools';
import { EmptyState } from './empty-state';
import { type DiffPage, diffAnchor, FileDiffCard, LineCounts } from './file-diff';
import { count, counted } from './wording';

/** Files of a list that stands open by itself. */
const OPEN_LIST_MAX = 25;

/** A page of differences: how to look at them, what changed, and each file's lines. */
export function DiffView({
  repo,
  page,
  options,
  empty,
}: {
  repo: RepoName;
  page: DiffPage;
  options: DiffOptions;
  /** What stands there when nothing changed. */
  empty: ReactNode;
}) {
  const { changes, files, next } = page;
  const all = changes.added + changes.modified + changes.removed + changes.renamed;
  if (all === 0) return empty;
  return (
    <>
      <div className="mb-4 flex flex-wrap items-center gap-x-4 gap-y-2">
        <p className="font-semibold">
          {options.path === null
            ? `${counted(all, 'file')}${changes.truncated ? ' and more' : ''} changed`
            : `One file of ${count(all)}`}
        </p>
        {options.path === null ? (
          <ChangeCounts changes={changes} />
        ) : (
          <a className="link" href={options.address({ path: null, context: null })}>
            All changed files
          </a>
        )}
        <Choices options={options} />
      </div>
      {options.path === null && <FileList options={options} page={page} />}
      {files.length === 0 && (
        <EmptyState title={options.path === null ? 'No more files' : 'That file did not change'} />
      )}
      <div className="space-y-4">
        {files.map((file) => (
          <FileDiffCard file={file} key={file.path} options={options} page={page} repo={repo} />
        ))}
      </div>
      {(next !== null || options.after !== null) && (
        <nav aria-label="Pages" className="mt-4 flex justify-center gap-2">
          {options.after !== null && (
            <ButtonLink href={options.address({ after: null })}>First files</ButtonLink>
          )}
          {next !== null && (
            <ButtonLink href={options.address({ after: next })}>
              Next files ({count(page.place + files.length)} of {count(all)} shown)
            </ButtonLink>
          )}
        </nav>
      )}
      <DiffTools />
    </>
  );
}

function Choices({ options }: { options: DiffOptions }) {
  const look =
    'px-2.5 py-1 leading-5 text-muted hover:text-ink aria-[current]:bg-accent-soft aria-[current]:font-medium aria-[current]:text-accent';
  const layouts = [
    ['unified', 'Unified'],
    ['split', 'Split'],
  ] as const;
  return (
    <div className="ml-auto flex flex-wrap items-center gap-2 text-xs">
      <FoldAll />
      <a
        aria-current={options.hideWhitespace ? 'true' : undefined}
        className={`rounded-md border border-line ${look}`}
        href={options.address({ w: options.hideWhitespace ? null : '1' })}
      >
        {options.hideWhitespace ? 'White space hidden' : 'Hide white space'}
      </a>
      <nav
        aria-label="Layout of differences"
        className="flex overflow-hidden rounded-md border border-line"
      >
        {layouts.map(([layout, name]) => (
          <a
            aria-current={options.layout === layout ? 'true' : undefined}
            className={look}
            data-choose-layout={layout}
            href={options.address({ view: layout })}
            key={layout}
          >
            {name}
          </a>
        ))}
      </nav>
    </div>
  );
}

/** What changed, each file a step to its lines: on this page, or on the one where it stands. */
function FileList({ page, options }: { page: DiffPage; options: DiffOptions }) {
  const { changes, files } = page;
  if (changes.files.length < 2) return null;
  const shown = new Map(files.map((file) => [file.path, file]));
  return (
    <details
      className="mb-4 rounded-lg border border-line"
      open={changes.files.length <= OPEN_LIST_MAX}
    >
      <summary className="px-4 py-2 font-medium">Files</summary>
      <ul className="max-h-96 overflow-y-auto border-line border-t py-1.5">
        {changes.files.map(({ path, change }) => {
          const look = CHANGE_LOOKS[change];
          const file = shown.get(path);
          const alone = options.address({ path, after: null });
          const slash = path.lastIndexOf('/') + 1;
          return (
            <li className="flex items-center gap-2.5 px-4 py-0.5 hover:bg-surface" key={path}>
              <Badge title={change} tone={look.tone}>
                <span className="w-3 text-center">{look.letter}</span>
                <span className="sr-only">{change}</span>
              </Badge>
              <a
                className="breakable min-w-0 flex-1 font-mono text-[0.8125rem] leading-6 hover:text-accent hover:underline"
                href={file ? `#${diffAnchor(path)}` : alone}
              >
                <bdi>
                  <span className="text-muted">{path.slice(0, slash)}</span>
                  {path.slice(slash)}
                </bdi>
              </a>
              {file && <LineCounts file={file} />}
            </li>
          );
        })}
      </ul>
    </details>
  );
}
