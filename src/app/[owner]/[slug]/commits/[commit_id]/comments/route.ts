import { TRPCError } from '@trpc/server';
import { createCaller } from '~/server/api/root';
import { createApiContext } from '~/server/api/trpc';
import { credentialUse } from '~/server/auth/credential-use';
import { getContainer } from '~/server/container';
import { JSON_MIME_TYPE, mediaTypeOf } from '~/server/http/accept';
import { readBody } from '~/server/http/body';
import { handleAddComment } from '~/server/http/comment-handler';
import { faultResponse } from '~/server/http/respond';
import { type ErrorCode, Refusal } from '~/wire/errors';

export const dynamic = 'force-dynamic';

type Context = { params: Promise<{ owner: string; slug: string; commit_id: string }> };

const FORM_MAX_BYTES = 256 * 1024;

/**
 * Adds a comment. A program sends JSON (docs/protocol.md §4); everything else is the form of a
 * commit's page, which works without a script: it asks the API, which checks where the request
 * comes from, and leads back to the page.
 */
export async function POST(request: Request, { params }: Context): Promise<Response> {
  const { owner, slug, commit_id: id } = await params;
  const { api: deps } = getContainer();
  if (mediaTypeOf(request.headers.get('content-type')) === JSON_MIME_TYPE) {
    return handleAddComment(request, { owner, slug, commit_id: id }, deps);
  }
  const { headers } = request;
  const context = createApiContext({ headers, use: credentialUse(headers), lenient: true }, deps);
  const page = [owner, slug, 'commits', id].map((part) => `/${encodeURIComponent(part)}`).join('');
  const back = (rest: string) =>
    new Response(null, { status: 303, headers: { location: `${deps.url}${page}${rest}` } });
  try {
    const form = new URLSearchParams(
      new TextDecoder().decode(await readBody(request, FORM_MAX_BYTES)),
    );
import { answerCommentForm, type FormPlace } from './comment-form';

export const dynamic = 'force-dynamic';

/** Adds a comment. */
export async function POST(
  request: Request,
  { params }: { params: Promise<FormPlace> },
): Promise<Response> {
  const place = await params;
  return answerCommentForm(request, place, 'new-comment', async (api, form) => {
    const { owner, slug, commit_id: id } = place;
    const body = form.get('body') ?? '';
    const comment = await api.commit.addComment({ owner, slug, id, body });
    return `comment-${comment.id}`;
  });
}
