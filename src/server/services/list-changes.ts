import type { Id } from '~/muse/ids';
import { Refusal } from '~/wire/errors';
import type { BrowseDeps } from './browse-deps';
import { fileFacts, rootTreeOf, treesOf } from './browse-tree';
import { diffTrees, type TreeDiff } from './diff-trees';
import { findRenames } from './find-renames';
import type { OpenRepository } from './open-repository';
import { readFiles } from './read-file';

type ChangeDeps = Pick<BrowseDeps, 'browse' | 'records' | 'objects' | 'compared' | 'compute'>;

/** Changed files that are counted; beyond them counts are lower bounds and no renames are looked for. */
export const CHANGES_MAX = 20_000;

/** Two commits to be compared; without the first, the second against nothing. */
export interface CommitPair {
  before: Id | null;
  after: Id;
}

/**
 * A commit and the one it is compared with: its first parent, or the one of this number from 1; a
 * root commit has none. Throws `Refusal` `object-not-found` for a commit or parent that is not there.
 */
export async function pairWithParent(
  repo: OpenRepository,
  commitId: Id,
  parent: number | null,
  { browse }: Pick<ChangeDeps, 'browse'>,
): Promise<CommitPair> {
  const commit = (await browse.loadCommits(repo.entry.id, [commitId])).get(commitId);
  if (!commit) throw new Refusal('object-not-found', {}, 'There is no such commit here.');
  const before = commit.parents[(parent ?? 1) - 1] ?? null;
  if (before === null && parent !== null && parent > 1) {
    throw new Refusal('object-not-found', {}, 'The commit has no such parent.');
  }
  return { before, after: commitId };
}

/** The files that differ between two commits of the repository, renamed ones joined. */
export async function listChanges(
  repo: OpenRepository,
  pair: CommitPair,
  deps: ChangeDeps,
): Promise<TreeDiff> {
  const [after, before] = await Promise.all([
    rootTreeOf(repo, pair.after, deps),
    pair.before === null ? null : rootTreeOf(repo, pair.before, deps),
  ]);
  const [from, to] = [before?.rootTreeId ?? null, after.rootTreeId];
  return deps.compared.changes.get(`${repo.entry.id} ${from} ${to}`, async () => {
    const changes = await diffTrees(from, to, treesOf(repo, deps), CHANGES_MAX);
    if (changes.truncated) return changes;
    return findRenames(changes, {
      compute: deps.compute,
      contents: (ids) => readFiles(repo, ids, Number.POSITIVE_INFINITY, deps),
      sizes: async (ids) => {
        const facts = await fileFacts(repo, ids, deps);
        return new Map([...facts].map(([id, { size }]) => [id, size]));
      },
    });
  });
}

/** The commits of a pair are the repository's. Throws `Refusal` `object-not-found`. */
export async function expectCommits(
  repo: OpenRepository,
  { before, after }: CommitPair,
  { browse }: Pick<ChangeDeps, 'browse'>,
): Promise<void> {
  const ids = before === null ? [after] : [before, after];
  const found = await browse.findGenerations(repo.entry.id, ids);
  if (ids.every((id) => found.has(id))) return;
  throw new Refusal('object-not-found', {}, 'There is no such commit here.');
}
