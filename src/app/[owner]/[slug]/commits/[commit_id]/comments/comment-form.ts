import { TRPCError } from '@trpc/server';
import { createCaller } from '~/server/api/root';
import { createApiContext } from '~/server/api/trpc';
import { credentialUse } from '~/server/auth/credential-use';
import { getContainer } from '~/server/container';
import { readBody } from '~/server/http/body';
import { faultResponse } from '~/server/http/respond';
import { type ErrorCode, Refusal } from '~/wire/errors';
import { readKey } from '../../../../../_components/search-params';

const FORM_MAX_BYTES = 256 * 1024;

export interface FormPlace {
  owner: string;
  slug: string;
  commit_id: string;
}

/**
 * Answers a form of a commit's comments, which works without a script: `act` calls the API, which
 * checks where the request comes from, and names the anchor to lead back to. What was refused leads
 * back too, to `anchorOnRefusal`, with its code in the address.
 */
export async function answerCommentForm(
  request: Request,
  { owner, slug, commit_id: id }: FormPlace,
  anchorOnRefusal: string,
  act: (api: ReturnType<typeof createCaller>, form: URLSearchParams) => Promise<string>,
): Promise<Response> {
  const { api: deps } = getContainer();
  const { headers } = request;
  const context = createApiContext({ headers, use: credentialUse(headers), lenient: true }, deps);
  const page = [owner, slug, 'commits', id].map((part) => `/${encodeURIComponent(part)}`).join('');
  let form = new URLSearchParams();
  const back = (anchor: string, more: Record<string, string> = {}) => {
    const comments = form.get('comments') ?? '';
    const query = new URLSearchParams(readKey(comments) ? { ...more, comments } : more);
    const search = query.size === 0 ? '' : `?${query}`;
    const location = `${deps.url}${page}${search}#${anchor}`;
    return new Response(null, { status: 303, headers: { location } });
  };
  try {
    form = new URLSearchParams(new TextDecoder().decode(await readBody(request, FORM_MAX_BYTES)));
    return back(await act(createCaller(context), form));
  } catch (error) {
    const code = codeOf(error);
    if (code === null) return faultResponse(error, request, { log: deps.log, fallback: 'json' });
    return back(anchorOnRefusal, { comment_error: code, comment_form: anchorOnRefusal });
  }
}

/** The hub's code for what the API refused; null for a fault. */
function codeOf(error: unknown): ErrorCode | null {
  if (Refusal.is(error)) return error.code;
  if (!(error instanceof TRPCError)) return null;
  if (Refusal.is(error.cause)) return error.cause.code;
  return error.code === 'BAD_REQUEST' ? 'object-not-found' : null;
}
