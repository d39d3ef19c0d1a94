import { createHash } from 'node:crypto';
import { encodeRefs } from '~/wire/fetch-messages';
import type { Limits } from '~/wire/limits';
import type { FetchStore } from '../ports/fetch-store';
import { advertiseRefs } from '../services/advertise-refs';
import { mediaTypeOfForm, preferredForm } from './accept';
import { LENGTH_HEADER } from './content-length';
import { matchesEtag } from './etag';
import { warnOfExpiry } from './json-exchange';
import { openForReading, type ReadAccessDeps, type RepositoryParams } from './read-access';
import { errorResponse, requestIdOf } from './respond';

export interface RefsHandlerDeps extends ReadAccessDeps {
  store: Pick<FetchStore, 'branchHeads'>;
  limits: Limits;
}

/**
 * `GET /{owner}/{slug}/refs` (docs/protocol.md §4). msgpack when Accept names it, else JSON; the
 * ETag is the hash of the body, so each form has its own.
 */
export async function handleRefs(
  request: Request,
  params: RepositoryParams,
  deps: RefsHandlerDeps,
): Promise<Response> {
  try {
    const repo = await openForReading(request, params, deps);
    const form = preferredForm(request.headers.get('accept'), 'json');
    const body = encodeRefs(await advertiseRefs(repo, deps), form);
    const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
    const scope = repo.entry.visibility === 'public' ? 'public' : 'private';
    const headers = new Headers({
      etag,
      // No transformation: a strong ETag stands for these very bytes.
      'cache-control': `${scope}, no-cache, no-transform`,
      vary: 'Accept, Authorization',
      'x-request-id': requestIdOf(request),
    });
    warnOfExpiry(headers, repo.principal);
    if (matchesEtag(request.headers.get('if-none-match'), etag)) {
      return new Response(null, { status: 304, headers });
    }
    headers.set('content-type', mediaTypeOfForm(form));
    headers.set(LENGTH_HEADER, String(body.byteLength));
    return new Response(body as BodyInit, { headers });
  } catch (error) {
    return errorResponse(error, request, { log: deps.log, fallback: 'json' });
  }
}
