import { formatId, type Id } from '~/muse/ids';
import { Refusal } from '~/wire/errors';
import { checkComment, describeComment, expectCommenter, type ListedComment } from './add-comment';
import { type ActDeps, auditEntry, ofRepository } from './audit-entry';
import type { BrowseDeps } from './browse-deps';
import type { OpenRepository } from './open-repository';

/** Which comment of a repository. */
export interface CommentName {
  commitId: Id;
  id: string;
}

const gone = () => new Refusal('object-not-found', {}, 'There is no such comment here.');

/**
 * Puts other words in the place of one's own comment. Throws `Refusal`: `unauthenticated`,
 * `insufficient-scope`, `limit-exceeded`, `object-not-found`, `access-denied` for another's.
 */
export async function editComment(
  repo: OpenRepository,
  name: CommentName,
  text: string,
  { browse, clock }: Pick<BrowseDeps, 'browse' | 'clock'>,
): Promise<ListedComment> {
  expectCommenter(repo);
  const body = checkComment(text);
  const comment = await findComment(repo, name, { browse });
  if (!comment.mayEdit) {
    throw new Refusal('access-denied', {}, 'Only its author can edit a comment.');
  }
  if (body === comment.body) return comment;
  const editedAtMs = clock.now();
  if (!(await browse.editComment(repo.entry.id, comment.id, body, editedAtMs))) throw gone();
  return { ...comment, body, editedAtMs };
}

/**
 * Takes a comment away: one's own, or as an admin of the repository anybody's. Throws `Refusal`:
 * `unauthenticated`, `insufficient-scope`, `object-not-found`, `access-denied`.
 */
export async function deleteComment(
  repo: OpenRepository,
  name: CommentName,
  deps: Pick<BrowseDeps, 'browse'> & ActDeps,
): Promise<void> {
  const principal = expectCommenter(repo);
  const comment = await findComment(repo, name, deps);
  if (!comment.mayDelete) {
    const message = 'Only its author and admins of the repository can delete a comment.';
    throw new Refusal('access-denied', {}, message);
  }
  const audit = auditEntry(principal, deps, {
    action: 'comment.delete',
    ...ofRepository(repo.entry),
    detail: {
      ...{ comment: comment.id, author: comment.author.handle },
      commit: formatId(name.commitId, 'prefixed'),
    },
  });
  if (!(await deps.browse.deleteComment(repo.entry.id, comment.id, audit))) throw gone();
}

async function findComment(
  repo: OpenRepository,
  { commitId, id }: CommentName,
  { browse }: Pick<BrowseDeps, 'browse'>,
): Promise<ListedComment> {
  const comment = await browse.findComment(repo.entry.id, commitId, id);
  if (comment) return describeComment(repo, comment);
  throw gone();
}
