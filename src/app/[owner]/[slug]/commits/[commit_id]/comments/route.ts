import { getContainer } from '~/server/container';
import { JSON_MIME_TYPE, mediaTypeOf } from '~/server/http/accept';
import { handleAddComment } from '~/server/http/comment-handler';
import { answerCommentForm, type FormPlace } from './comment-form';

export const dynamic = 'force-dynamic';

/**
 * Adds a comment. A program sends JSON (docs/protocol.md §4); everything else is the form of a
 * commit's page.
 */
export async function POST(
  request: Request,
  { params }: { params: Promise<FormPlace> },
): Promise<Response> {
  const place = await params;
  if (mediaTypeOf(request.headers.get('content-type')) === JSON_MIME_TYPE) {
    return handleAddComment(request, place, getContainer().api);
  }
  return answerCommentForm(request, place, 'new-comment', async (api, form) => {
    const { owner, slug, commit_id: id } = place;
    const body = form.get('body') ?? '';
    const comment = await api.commit.addComment({ owner, slug, id, body });
    return `comment-${comment.id}`;
  });
}
