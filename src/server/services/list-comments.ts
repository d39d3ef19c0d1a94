import type { Id } from '~/muse/ids';
import { describeComment, type ListedComment } from './add-comment';
import type { BrowseDeps } from './browse-deps';
import type { OpenRepository } from './open-repository';

export const COMMENT_PAGE = 100;

/** Where a page of comments goes on. */
export interface CommentCursor {
  createdAtMs: number;
  id: string;
}

/** A commit's comments, oldest first. */
export async function listComments(
  repo: OpenRepository,
  commitId: Id,
  after: CommentCursor | null,
  { browse }: Pick<BrowseDeps, 'browse'>,
): Promise<{ comments: ListedComment[]; next: CommentCursor | null }> {
  const page = { after, limit: COMMENT_PAGE + 1 };
  const rows = await browse.listComments(repo.entry.id, commitId, page);
  const comments = rows.slice(0, COMMENT_PAGE);
  const last = comments.at(-1);
  return {
    comments: comments.map((comment) => describeComment(repo, comment)),
    next:
      rows.length > COMMENT_PAGE && last ? { createdAtMs: last.createdAtMs, id: last.id } : null,
  };
}
