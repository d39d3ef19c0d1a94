import type { Id } from '~/muse/ids';
import type { TokenGrant } from '~/server/access';
import type { CommentRow } from '~/server/ports/browse-store';
import { Refusal } from '~/wire/errors';
import type { BrowseDeps } from './browse-deps';
import type { OpenRepository } from './open-repository';

/** Characters of one comment. */
export const COMMENT_MAX_LENGTH = 20_000;

type CommentDeps = Pick<BrowseDeps, 'browse' | 'clock'>;

/**
 * Adds a comment to a commit; whoever may read the repository and is signed in may.
 *
 * Throws `Refusal`: `unauthenticated`, `limit-exceeded` for an empty or too long text,
 * `object-not-found` when there is no such commit, `insufficient-scope` for a token that only reads.
 */
export async function addComment(
  repo: OpenRepository,
  commitId: Id,
  text: string,
  { browse, clock }: CommentDeps,
): Promise<CommentRow> {
  const { principal } = repo;
  if (principal.kind === 'anonymous') throw new Refusal('unauthenticated');
  if (principal.token && !mayComment(principal.token, repo.entry.id)) {
    throw new Refusal('insufficient-scope');
  }
  const body = text.replaceAll('\r\n', '\n').trim();
  if (body === '' || body.length > COMMENT_MAX_LENGTH || body.includes('\0')) {
    throw new Refusal(
      'limit-exceeded',
      { limit: COMMENT_MAX_LENGTH },
      `A comment has 1 to ${COMMENT_MAX_LENGTH} characters.`,
    );
  }
  if (!(await browse.findGenerations(repo.entry.id, [commitId])).has(commitId)) {
    throw new Refusal('object-not-found', {}, 'There is no such commit here.');
  }
  const comment = {
    id: clock.uuid(),
    repoId: repo.entry.id,
    commitId,
    authorId: principal.userId,
    body,
    createdAtMs: clock.now(),
  };
  await browse.addComment(comment);
  const { handle, accountKind: kind } = principal;
  return { id: comment.id, author: { handle, kind }, body, createdAtMs: comment.createdAtMs };
}

/** A comment is a change: a token must cover the repository, and do more than read. */
const mayComment = (token: TokenGrant, repoId: string): boolean =>
  (token.repoIds === null || token.repoIds.includes(repoId)) &&
  token.scopes.some((scope) => scope !== 'read');
