import { createHash } from 'node:crypto';
import type { Answers } from '~/server/api/root';
import { fileAddress, type RepoName } from './address';
import { Badge } from './badge';
import { ButtonLink } from './button';
import { CHANGE_LOOKS } from './changed-files';
import { DiffLines } from './diff-lines';
import type { DiffOptions } from './diff-options';
import { NoteRoll } from './note-roll';
import { bytes, count, counted } from './wording';

export type DiffPage = Answers['compare']['diff'];
export type FileDiff = DiffPage['files'][number];

const NOT_SHOWN = {
  binary: 'A binary file.',
  'left-out': 'A large difference, not loaded with the others.',
  'too-large': 'The file is too large to be compared here.',
  'too-slow': 'Comparing it took too long.',
};

/** Lines of a removed file that stand open; that they are gone is said above them. */
const OPEN_REMOVED_MAX = 60;

/** The anchor of a file's difference: the same on every page. */
export const diffAnchor = (path: string): string =>
  `diff-${createHash('sha256').update(path).digest('hex').slice(0, 16)}`;

/** `+3 −1`; nothing where no line changed, or none were counted. */
export function LineCounts({ file }: { file: Pick<FileDiff, 'added' | 'removed'> }) {
  if (!file.added && !file.removed) return null;
  return (
    <span className="flex gap-2 text-xs">
      <span className="text-good">+{count(file.added ?? 0)}</span>
      <span className="text-bad">−{count(file.removed ?? 0)}</span>
    </span>
  );
}

/** One file of a difference; closed and opened without a script. */
export function FileDiffCard({
  repo,
  page,
  file,
  options,
}: {
  repo: RepoName;
  page: DiffPage;
  file: FileDiff;
  options: DiffOptions;
}) {
  const { path, change, oldPath } = file;
  const look = CHANGE_LOOKS[change];
  const place = { ref: page.after, path: path.split('/') };
  return (
    <div className="relative scroll-mt-4" id={diffAnchor(path)}>
      <details
        className="overflow-hidden rounded-lg border border-line"
        data-diff-file={`${file.before ?? ''} ${file.after ?? ''} ${path}`}
        open={change !== 'removed' || (file.removed ?? 0) <= OPEN_REMOVED_MAX}
      >
        <summary className="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 bg-surface py-2 pr-40 pl-4 max-sm:pr-40">
          <Badge title={change} tone={look.tone}>
            <span className="w-3 text-center">{look.letter}</span>
            <span className="sr-only">{change}</span>
          </Badge>
          <h2 className="breakable min-w-0 flex-1 basis-24 font-mono text-[0.8125rem]">
            {oldPath !== null && (
              <>
                <bdi>{oldPath}</bdi> <span className="text-muted">→</span>{' '}
              </>
            )}
            <bdi>{path}</bdi>
          </h2>
          {file.share !== null && (
            <span className="text-muted text-xs">{Math.floor(file.share * 100)} % the same</span>
          )}
          <LineCounts file={file} />
        </summary>
        <div className="border-line border-t">
          <Body file={file} options={options} page={page} repo={repo} />
        </div>
      </details>
      {/* Not inside the summary, which is a button itself. */}
      <span className="absolute top-0 right-4 flex h-11 items-center gap-4 text-xs">
        <button
          aria-pressed="false"
          className="needs-script min-h-6 cursor-pointer rounded-md border border-line px-2 text-muted hover:text-ink aria-pressed:border-transparent aria-pressed:bg-good-soft aria-pressed:text-good"
          data-viewed
          type="button"
        >
          Viewed
        </button>
        {change !== 'removed' && (
          <a className="link py-1 leading-5" href={fileAddress(repo, 'blob', place)}>
            View file
          </a>
        )}
      </span>
    </div>
  );
}

function Body(props: { repo: RepoName; page: DiffPage; file: FileDiff; options: DiffOptions }) {
  const { repo, page, file, options } = props;
  if (file.notShown === 'image') return <Pictures {...props} />;
  if (file.midi) return <Notes {...props} midi={file.midi} />;
  if (file.notShown) return <NotShown {...props} reason={file.notShown} />;
  if (!file.diff || (file.diff.hunks.length === 0 && file.diff.skipped === 0)) {
    const renamed = file.before === file.after;
    return (
      <p className="px-4 py-4 text-muted">
        {renamed ? 'Renamed; nothing in it changed.' : 'No line differs.'}
      </p>
    );
  }
  return (
    <>
      <DiffLines
        diff={file.diff}
        label={`Difference of ${file.path}`}
        layout={options.layout}
        source={{ owner: repo.owner, slug: repo.slug, commit: page.after, path: file.path }}
        whole={options.address({ path: file.path, after: null, context: 'all' })}
      />
      <LinePages diff={file.diff} options={options} />
    </>
  );
}

/** Where one is in a difference that is longer than a page, and the ways on. */
function LinePages({
  diff: { hunks, skipped, left },
  options,
}: {
  diff: NonNullable<FileDiff['diff']>;
  options: DiffOptions;
}) {
  if (skipped === 0 && left === 0) return null;
  const end = hunks.reduce((sum, hunk) => sum + hunk.lines.length, skipped);
  return (
    <nav
      aria-label="Lines of the difference"
      className="flex flex-wrap items-center gap-x-4 gap-y-2 border-line border-t bg-surface px-4 py-2"
    >
      <p className="text-muted text-xs">
        Lines {count(Math.min(skipped + 1, end))} to {count(end)} of {count(end + left)} of this
        difference
      </p>
      <span className="ml-auto flex gap-2">
        {skipped > 0 && <ButtonLink href={options.address({ skip: null })}>First lines</ButtonLink>}
        {left > 0 && (
          <ButtonLink href={options.address({ skip: String(end) })}>Next lines</ButtonLink>
        )}
      </span>
    </nav>
  );
}

/** The sides of a file that are there, with the commit and path each is at. */
export function sidesOf(page: DiffPage, { path, oldPath, ...file }: FileDiff) {
  const side = (name: string, commit: string | null, at: string, size: number | null) =>
    commit === null || size === null ? [] : [{ name, ref: commit, path: at.split('/'), size }];
  return [
    ...side('before', page.before, oldPath ?? path, file.beforeSize),
    ...side('after', page.after, path, file.afterSize),
  ];
}

function NotShown({
  repo,
  page,
  file,
  options,
  reason,
}: {
  repo: RepoName;
  page: DiffPage;
  file: FileDiff;
  options: DiffOptions;
  reason: keyof typeof NOT_SHOWN;
}) {
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-4 text-muted">
      <p>{NOT_SHOWN[reason]}</p>
      {reason === 'left-out' && (
        <ButtonLink href={options.address({ path: file.path, after: null })}>
          Load this file
        </ButtonLink>
      )}
      {sidesOf(page, file).map((side) => (
        <a className="link" href={fileAddress(repo, 'raw', side)} key={side.name}>
          {side.name === 'before' ? 'Before' : 'After'}: {bytes(side.size)}
        </a>
      ))}
    </div>
  );
}

/** The notes of a MIDI file that came and went, among those that stayed. */
function Notes({
  repo,
  page,
  file,
  midi,
}: {
  repo: RepoName;
  page: DiffPage;
  file: FileDiff;
  midi: NonNullable<FileDiff['midi']>;
}) {
  return (
    <>
      <p className="flex flex-wrap gap-x-4 border-line border-b px-4 py-2 text-xs">
        <span className="text-good">{counted(midi.added, 'note')} added</span>
        <span className="text-bad">{counted(midi.removed, 'note')} removed</span>
        {midi.truncated && <span className="text-muted">not all of them are drawn</span>}
        {sidesOf(page, file).map((side) => (
          <a className="link" href={fileAddress(repo, 'raw', side)} key={side.name}>
            {side.name === 'before' ? 'Before' : 'After'}: {bytes(side.size)}
          </a>
        ))}
      </p>
      <NoteRoll label={`Notes of ${file.path} that changed`} svg={midi.svg} />
    </>
  );
}

/** Pictures side by side, as they were and as they are. */
function Pictures({ repo, page, file }: { repo: RepoName; page: DiffPage; file: FileDiff }) {
  return (
    <div className="grid gap-4 bg-sunken p-4 sm:grid-cols-2">
      {sidesOf(page, file).map((side) => (
        <figure className="min-w-0 text-center" key={side.name}>
          {/* biome-ignore lint/performance/noImgElement: a user's file, served as it is */}
          <img
            alt={`${file.path}, ${side.name}`}
            className="mx-auto max-h-96 max-w-full object-contain"
            loading="lazy"
            src={fileAddress(repo, 'raw', side)}
          />
          <figcaption className="mt-2 text-muted text-xs">
            {side.name === 'before' ? 'Before' : 'After'}, {bytes(side.size)}
          </figcaption>
        </figure>
      ))}
    </div>
  );
}
