import { z } from 'zod';
import { parseId } from '~/muse/ids';
import { addComment } from '~/server/services/add-comment';
import type { BrowseDeps } from '~/server/services/browse-deps';
import { Refusal } from '~/wire/errors';
import { answerHeaders, answering, readJson } from './json-exchange';
import { openForReading, type ReadAccessDeps, type RepositoryParams } from './read-access';

export type CommentHandlerDeps = ReadAccessDeps &
  Pick<BrowseDeps, 'browse' | 'clock'> & {
    /** The hub's public address. */
    url: string;
  };

/** The body of a comment that a program sends. */
export const newComment = z.object({ body: z.string() });

/**
 * `POST …/commits/{commit_id}/comments` as programs ask it (docs/protocol.md §4): Bearer, JSON
 * `{body}` → 201 with the comment and its address.
 */
export function handleAddComment(
  request: Request,
  params: RepositoryParams & { commit_id: string },
  deps: CommentHandlerDeps,
): Promise<Response> {
  return answering(request, deps, async () => {
    const repo = await openForReading(request, params, deps);
    const id = parseId(params.commit_id)?.id;
    if (id === undefined) {
      throw new Refusal('object-not-found', {}, 'There is no such commit here.');
    }
    const { body } = await readJson(request, newComment);
    const comment = await addComment(repo, id, body, deps);
    const { owner, slug } = repo.entry;
    const url = `${deps.url}/${owner}/${slug}/commits/sha256:${id}#comment-${comment.id}`;
    const headers = answerHeaders(request, repo.principal);
    headers.set('location', url);
    return Response.json(
      {
        ...{ id: comment.id, commit_id: `sha256:${id}`, author: comment.author.handle },
        ...{ body: comment.body, created_at: new Date(comment.createdAtMs).toISOString(), url },
      },
      { status: 201, headers },
    );
  });
}
