import { answerCommentForm, type FormPlace } from '../comment-form';

export const dynamic = 'force-dynamic';

/** Edits a comment (`act=edit`, with its new `body`) or deletes it (`act=delete`). */
export async function POST(
  request: Request,
  { params }: { params: Promise<FormPlace & { comment_id: string }> },
): Promise<Response> {
  const { comment_id: comment, ...place } = await params;
  return answerCommentForm(request, place, `comment-${comment}`, async (api, form) => {
    const { owner, slug, commit_id: id } = place;
    const name = { owner, slug, id, comment };
    if (form.get('act') === 'delete') {
      await api.commit.deleteComment(name);
      return 'comments';
    }
    await api.commit.editComment({ ...name, body: form.get('body') ?? '' });
    return `comment-${comment}`;
  });
}
