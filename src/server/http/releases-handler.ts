import { isChannel } from '~/muse/semver';
import { isViolation, Refusal } from '~/wire/errors';
import { type Limits, RELEASE_MAX_BODY_BYTES } from '~/wire/limits';
import { encodeReleaseMade, encodeReleases, parseReleaseRequest } from '~/wire/release-messages';
import type { Scope } from '../access';
import { deleteRelease } from '../services/change-release';
import { createRelease, type ReleaseDeps } from '../services/create-release';
import { findRelease, recordsOf, releaseRecords } from '../services/list-releases';
import { type OpenRepository, openRepository } from '../services/open-repository';
import { preferredForm } from './accept';
import { bodyFormOf, drainBody, readBody } from './body';
import { bodyResponse } from './body-response';
import { clientOf } from './client-address';
import { lingering } from './lingering';
import { readCursor, writeCursor } from './list-cursor';
import { principalOf, type ReadAccessDeps, type RepositoryParams } from './read-access';
import { errorResponse } from './respond';

export interface ReleasesHandlerDeps extends ReadAccessDeps, ReleaseDeps {
  clock: ReadAccessDeps['clock'] & ReleaseDeps['clock'];
  identities: ReadAccessDeps['identities'];
  limits: Limits;
}

/** `POST /{owner}/{slug}/releases` → 201 `{release_id}` (docs/protocol.md §4). */
export function handleCreateRelease(
  request: Request,
  params: RepositoryParams,
  deps: ReleasesHandlerDeps,
): Promise<Response> {
  return answering(request, params, 'write', deps, async (repo) => {
    if (bodyFormOf(request.headers.get('content-type')) !== 'json') {
      throw new Refusal('unsupported-media-type', {}, 'Send a release as application/json.');
    }
    const body = await readBody(request, RELEASE_MAX_BODY_BYTES);
    const wanted = parseReleaseRequest(body, deps.limits);
    if (isViolation(wanted)) throw Refusal.from(wanted);
    const id = await createRelease(repo, wanted, deps);
    const answerForm = preferredForm(request.headers.get('accept'), 'json');
    return bodyResponse(encodeReleaseMade(id, answerForm), answerForm, request, 201);
  });
}

/** `GET /{owner}/{slug}/releases?channel=&include_drafts=1&after=` → `{releases, next}`. */
export function handleListReleases(
  request: Request,
  params: RepositoryParams,
  deps: ReleasesHandlerDeps,
): Promise<Response> {
  return answering(request, params, 'read', deps, async (repo) => {
    const search = new URL(request.url).searchParams;
    const channel = search.get('channel') || null;
    if (channel !== null && !isChannel(channel)) {
      throw new Refusal('bad-release', { field: 'channel' }, 'There is no such channel.');
    }
    const asked = {
      ...{ channel, after: readCursor(search.get('after')) },
      drafts: search.get('include_drafts') === '1',
    };
    const { records, next } = await releaseRecords(repo, asked, deps);
    const form = preferredForm(request.headers.get('accept'), 'json');
    return bodyResponse(encodeReleases(records, next && writeCursor(next), form), form, request);
  });
}

/** `GET /{owner}/{slug}/releases/{tag}` → `{releases}` with this one. */
export function handleReadRelease(
  request: Request,
  params: RepositoryParams & { tag: string },
  deps: ReleasesHandlerDeps,
): Promise<Response> {
  return answering(request, params, 'read', deps, async (repo) => {
    const release = await findRelease(repo, params.tag, deps);
    const form = preferredForm(request.headers.get('accept'), 'json');
    return bodyResponse(
      encodeReleases(await recordsOf(repo, [release], deps), null, form),
      form,
      request,
    );
  });
}

/** `DELETE /{owner}/{slug}/releases/{tag}` → 204. */
export function handleDeleteRelease(
  request: Request,
  params: RepositoryParams & { tag: string },
  deps: ReleasesHandlerDeps,
): Promise<Response> {
  return answering(request, params, 'write', deps, async (repo) => {
    await deleteRelease(repo, params.tag, { ...deps, use: clientOf(request) });
    return new Response(null, { status: 204, headers: { 'cache-control': 'no-store' } });
  });
}

async function answering(
  request: Request,
  { owner, slug }: RepositoryParams,
  scope: Scope,
  deps: ReleasesHandlerDeps,
  answer: (repo: OpenRepository) => Promise<Response>,
): Promise<Response> {
  try {
    const principal = await principalOf(request, deps);
    if (scope === 'write' && principal.kind === 'anonymous') throw new Refusal('unauthenticated');
    return await answer(await openRepository({ owner, slug, scope, principal }, deps.identities));
  } catch (error) {
    const refused = errorResponse(error, request, { log: deps.log, fallback: 'json' });
    return lingering(refused, () => drainBody(request));
  }
}
