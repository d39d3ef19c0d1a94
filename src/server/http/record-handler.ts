import { parseId } from '~/muse/ids';
import { Refusal } from '~/wire/errors';
import { MSGPACK_MIME_TYPE } from '~/wire/limits';
import { decodeValue } from '~/wire/msgpack-reader';
import { loadRecord } from '../services/show-commit';
import { JSON_MIME_TYPE, preferredForm } from './accept';
import { openForPage, type PageAccessDeps } from './page-access';
import type { RepositoryParams } from './read-access';
import { errorResponse, requestIdOf } from './respond';

/**
 * `GET …/commits/{commit_id}/record`: the record as it was pushed, to be read as indented JSON; its
 * exact bytes when Accept names msgpack.
 */
export async function handleRecord(
  request: Request,
  params: RepositoryParams & { commit_id: string },
  deps: PageAccessDeps,
): Promise<Response> {
  try {
    const repo = await openForPage(request, params, deps);
    const id = parseId(params.commit_id)?.id;
    if (id === undefined)
      throw new Refusal('object-not-found', {}, 'There is no such commit here.');
    const raw = await loadRecord(repo, id, deps);
    const exact = preferredForm(request.headers.get('accept'), 'json') === 'msgpack';
    const headers = {
      'content-type': exact ? MSGPACK_MIME_TYPE : `${JSON_MIME_TYPE}; charset=utf-8`,
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      // `reviewed_by` and `test_runs` may still change.
      'cache-control': 'private, no-cache',
      vary: 'Accept, Authorization, Cookie',
      'x-request-id': requestIdOf(request),
    };
    const body = exact ? (raw as BodyInit) : `${JSON.stringify(decodeValue(raw), bytesAsHex, 2)}\n`;
    return new Response(body, { headers });
  } catch (error) {
    return errorResponse(error, request, { log: deps.log, fallback: 'json' });
  }
}

/** JSON has no bytes; records seldom do. */
function bytesAsHex(this: unknown, _key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? `hex:${Buffer.from(value).toString('hex')}` : value;
}
