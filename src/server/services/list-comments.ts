import type { Id } from '~/muse/ids';
import { describeComment, type ListedComment } from './add-comment';
import type { BrowseDeps } from './browse-deps';
import type { OpenRepository } from './open-repository';
import { renderComment } from './render-comment';

export const COMMENT_PAGE = 100;
/** Characters of Markdown that one page renders; comments beyond them are shown as they were written. */
export const RENDERED_MAX_LENGTH = 256 * 1024;

/** A comment as its page shows it. */
export interface ShownComment extends ListedComment {
  /** Its Markdown as safe HTML; null where it is shown as it was written. */
  html: string | null;
}

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
): Promise<{ comments: ShownComment[]; next: CommentCursor | null }> {
  const page = { after, limit: COMMENT_PAGE + 1 };
  const rows = await browse.listComments(repo.entry.id, commitId, page);
  const comments = rows.slice(0, COMMENT_PAGE);
  const last = comments.at(-1);
  let length = 0;
  const shown = comments.map((comment): ShownComment => {
    const { id, body } = comment;
    length += body.length;
    const rendered = length <= RENDERED_MAX_LENGTH;
    const html = rendered ? renderComment(repo, commitId, { name: `comment-${id}`, body }) : null;
    return { ...describeComment(repo, comment), html };
  });
  return {
    comments: shown,
    next:
      rows.length > COMMENT_PAGE && last ? { createdAtMs: last.createdAtMs, id: last.id } : null,
  };
}
