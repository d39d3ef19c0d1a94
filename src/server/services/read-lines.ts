import type { Id } from '~/muse/ids';
import { Refusal } from '~/wire/errors';
import type { BrowseDeps } from './browse-deps';
import { browseTree } from './browse-tree';
import { DIFF_ALONE_MAX_BYTES } from './diff-files';
import type { OpenRepository } from './open-repository';
import { readFiles, textOf } from './read-file';

type LineDeps = Pick<BrowseDeps, 'browse' | 'records' | 'objects' | 'compute'>;

/** Lines of a file that one answer holds. */
export const LINES_MAX = 500;

/**
 * Some lines of a commit's file as safe HTML, from the first number to the last, from 1; fewer where
 * the file ends. Throws `Refusal` `object-not-found` when there is no such file, or no text.
 */
export async function readLines(
  repo: OpenRepository,
  place: { commitId: Id; path: string; from: number; to: number },
  deps: LineDeps,
): Promise<string[]> {
  const found = await browseTree(repo, place.commitId, place.path.split('/'), deps);
  if (found.kind !== 'file') throw new Refusal('object-not-found');
  const { id } = found.file;
  const bytes = (await readFiles(repo, [id], DIFF_ALONE_MAX_BYTES, deps)).get(id);
  const text = bytes ? textOf(bytes) : null;
  if (text === null) throw new Refusal('object-not-found', {}, 'This file has no lines to show.');
  const to = Math.min(place.to, place.from - 1 + LINES_MAX);
  const lines = await deps.compute.highlightLines(text, found.name);
  return lines.slice(place.from - 1, to);
}
