import { Refusal } from '~/wire/errors';
import { wholeRef } from '../services/find-files';
import { listPaths } from '../services/list-paths';
import { JSON_MIME_TYPE } from './accept';
import { matchesEtag } from './etag';
import { openForPage, type PageAccessDeps } from './page-access';
import type { RepositoryParams } from './read-access';
import { errorResponse, requestIdOf } from './respond';

/**
 * `GET …/paths/{ref}`: the paths of a ref's files, for a finder that matches them itself:
 * `{"truncated": false, "paths": […]}`. Its version is the root tree, so asking again for the same
 * files costs a 304.
 */
export async function handlePaths(
  request: Request,
  params: RepositoryParams & { ref: string[] },
  deps: PageAccessDeps,
): Promise<Response> {
  try {
    const repo = await openForPage(request, params, deps);
    const ref = await wholeRef(repo, params.ref, deps);
    if (!ref) throw new Refusal('branch-not-found');
    const { rootTreeId, paths, truncated } = await listPaths(repo, ref.commitId, deps);
    const etag = `"${rootTreeId}"`;
    const headers = {
      etag,
      'cache-control': 'private, no-cache',
      vary: 'Accept, Authorization, Cookie',
      'x-content-type-options': 'nosniff',
      'x-request-id': requestIdOf(request),
    };
    if (matchesEtag(request.headers.get('if-none-match'), etag)) {
      return new Response(null, { status: 304, headers });
    }
    const type = { 'content-type': `${JSON_MIME_TYPE}; charset=utf-8` };
    return new Response(JSON.stringify({ truncated, paths }), { headers: { ...headers, ...type } });
  } catch (error) {
    return errorResponse(error, request, { log: deps.log, fallback: 'json' });
  }
}
