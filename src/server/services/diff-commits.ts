import type { Id } from '~/muse/ids';
import { Refusal } from '~/wire/errors';
import type { BrowseDeps } from './browse-deps';
import { fileFacts, rootTreeOf, treesOf } from './browse-tree';
import { diffText, type TextDiff } from './diff-text';
import { diffTrees, type FileChange, type TreeDiff } from './diff-trees';
import type { OpenRepository } from './open-repository';
import { readFiles, textOf } from './read-file';

type DiffDeps = Pick<BrowseDeps, 'browse' | 'records' | 'objects'>;

/** Changed files that are counted; beyond them counts are lower bounds. */
export const CHANGES_MAX = 20_000;
/** Bytes of a text file whose difference is shown. */
export const DIFF_FILE_MAX_BYTES = 1024 ** 2;
/** Files of one page of differences. */
export const DIFF_PAGE_FILES = 50;
const DIFF_PAGE_LINES = 6_000;
const DIFF_PAGE_MAX_MS = 2_000;

/** Why a file's lines are not shown. */
export type NotShown = 'binary' | 'too-large' | 'too-many-lines';

export interface FileDiff extends FileChange {
  /** Decoded bytes; null on the side where the file is not. */
  beforeSize: number | null;
  afterSize: number | null;
  diff: TextDiff | null;
  notShown: NotShown | null;
}

/** The files a commit changed against its first parent (a root commit: against nothing). */
export async function listChanges(
  repo: OpenRepository,
  commitId: Id,
  deps: Pick<DiffDeps, 'browse' | 'records'>,
): Promise<TreeDiff> {
  const commit = (await deps.browse.loadCommits(repo.entry.id, [commitId])).get(commitId);
  if (!commit) throw new Refusal('object-not-found', {}, 'There is no such commit here.');
  const parent = commit.parents[0] ?? null;
  const [after, before] = await Promise.all([
    rootTreeOf(repo, commitId, deps),
    parent === null ? null : rootTreeOf(repo, parent, deps),
  ]);
  const trees = treesOf(repo, deps);
  return diffTrees(before?.rootTreeId ?? null, after.rootTreeId, trees, CHANGES_MAX);
}

/**
 * One page of a commit's differences: some files in the order of their paths with their changed
 * lines, as far as a page may hold, or one file alone with more.
 */
export async function diffCommit(
  repo: OpenRepository,
  commitId: Id,
  query: { from: number; path: string | null },
  deps: DiffDeps,
): Promise<{ changes: TreeDiff; files: FileDiff[]; next: number | null }> {
  const changes = await listChanges(repo, commitId, deps);
  const chosen =
    query.path === null
      ? changes.files.slice(query.from, query.from + DIFF_PAGE_FILES)
      : changes.files.filter((file) => file.path === query.path);
  const files = await diffFiles(repo, chosen, query.path === null, deps);
  const reached = query.from + files.length;
  const next = query.path === null && reached < changes.files.length ? reached : null;
  return { changes, files, next };
}

async function diffFiles(
  repo: OpenRepository,
  chosen: FileChange[],
  bounded: boolean,
  deps: DiffDeps,
): Promise<FileDiff[]> {
  const ids = chosen.flatMap((file) => [file.before, file.after]).filter((id) => id !== null);
  const [facts, contents] = await Promise.all([
    fileFacts(repo, ids, deps),
    readFiles(repo, ids, DIFF_FILE_MAX_BYTES, deps),
  ]);
  let linesLeft = bounded ? DIFF_PAGE_LINES : Number.POSITIVE_INFINITY;
  let msLeft = DIFF_PAGE_MAX_MS;
  return chosen.map((file) => {
    const beforeSize = file.before === null ? null : facts.get(file.before)!.size;
    const afterSize = file.after === null ? null : facts.get(file.after)!.size;
    const shown = { ...file, beforeSize, afterSize };
    if (Math.max(beforeSize ?? 0, afterSize ?? 0) > DIFF_FILE_MAX_BYTES) {
      return { ...shown, diff: null, notShown: 'too-large' as const };
    }
    const sideText = (id: Id | null) => (id === null ? '' : textOf(contents.get(id)!));
    const before = sideText(file.before);
    const after = sideText(file.after);
    if (before === null || after === null) {
      return { ...shown, diff: null, notShown: 'binary' as const };
    }
    const started = performance.now();
    const diff = diffText(before, after, Math.max(10, Math.min(250, msLeft)));
    msLeft -= performance.now() - started;
    const lines = diff.hunks.reduce((sum, hunk) => sum + hunk.lines.length, 0);
    if (lines > linesLeft) {
      const counts = { hunks: [], added: diff.added, removed: diff.removed };
      return { ...shown, diff: counts, notShown: 'too-many-lines' as const };
    }
    linesLeft -= lines;
    return { ...shown, diff, notShown: null };
  });
}
