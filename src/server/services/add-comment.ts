import type { Id } from '~/muse/ids';
import type { Principal, TokenGrant } from '~/server/access';
import type { CommentRow } from '~/server/ports/browse-store';
import { Refusal } from '~/wire/errors';
import type { BrowseDeps } from './browse-deps';
import type { OpenRepository } from './open-repository';
import { renderComment } from './render-comment';

/** Characters of one comment. */
export const COMMENT_MAX_LENGTH = 20_000;

type CommentDeps = Pick<BrowseDeps, 'browse' | 'clock'>;

/** A comment, and what the one who asks may do with it. */
export interface ListedComment extends CommentRow {
  mayEdit: boolean;
  mayDelete: boolean;
}

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
): Promise<ListedComment> {
  const { userId, handle, accountKind: kind } = expectCommenter(repo);
  const body = checkComment(text);
  if (!(await browse.findGenerations(repo.entry.id, [commitId])).has(commitId)) {
    throw new Refusal('object-not-found', {}, 'There is no such commit here.');
  }
  const said = { id: clock.uuid(), authorId: userId, body, createdAtMs: clock.now() };
  await browse.addComment({ ...said, repoId: repo.entry.id, commitId });
  return describeComment(repo, { ...said, author: { handle, kind }, editedAtMs: null });
}

/**
 * What a comment would look like, as safe HTML; for those who may add one. Throws `Refusal`:
 * `unauthenticated`, `insufficient-scope`, `limit-exceeded`.
 */
export function previewComment(repo: OpenRepository, commitId: Id, text: string): string {
  expectCommenter(repo);
  return renderComment(repo, commitId, { name: 'preview', body: checkComment(text) });
}

/**
 * The account that may say something here. Throws `Refusal`: `unauthenticated`,
 * `insufficient-scope` for a token that only reads, or is for other repositories.
 */
export function expectCommenter({
  principal,
  entry,
}: OpenRepository): Extract<Principal, { kind: 'user' }> {
  if (principal.kind === 'anonymous') throw new Refusal('unauthenticated');
  if (principal.token && !mayComment(principal.token, entry.id)) {
    throw new Refusal('insufficient-scope');
  }
  return principal;
}

/** The text of a comment without the blanks around it. Throws `Refusal` `limit-exceeded`. */
export function checkComment(text: string): string {
  const body = text.replaceAll('\r\n', '\n').trim();
  if (body !== '' && body.length <= COMMENT_MAX_LENGTH && !body.includes('\0')) return body;
  throw new Refusal(
    'limit-exceeded',
    { limit: COMMENT_MAX_LENGTH },
    `A comment has 1 to ${COMMENT_MAX_LENGTH} characters.`,
  );
}

/** Authors edit and delete what they said; admins of the repository delete. */
export function describeComment(repo: OpenRepository, comment: CommentRow): ListedComment {
  const { principal, entry, mayAdmin } = repo;
  const mayChange =
    principal.kind === 'user' && (!principal.token || mayComment(principal.token, entry.id));
  const own = mayChange && principal.userId === comment.authorId;
  return { ...comment, mayEdit: own, mayDelete: own || mayAdmin };
}

/** A comment is a change: a token must cover the repository, and do more than read. */
const mayComment = (token: TokenGrant, repoId: string): boolean =>
  (token.repoIds === null || token.repoIds.includes(repoId)) &&
  token.scopes.some((scope) => scope !== 'read');
