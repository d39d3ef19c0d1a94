import type { IdFormat } from '~/muse/ids';
import { isViolation, Refusal, type Violation } from '~/wire/errors';
import type { BodyForm } from '~/wire/fetch-answer';
import { fetchBodyBytesMax, parseFetchRequest, parseObjectsRequest } from '~/wire/fetch-messages';
import { encodeFetchFrame } from '~/wire/frame-codec';
import { type Limits, STREAM_MIME_TYPE } from '~/wire/limits';
import type { OpenRepository } from '../services/open-repository';
import { openFetch, openObjects, type ServeFetchDeps } from '../services/serve-fetch';
import { mediaTypeOfForm, preferredForm } from './accept';
import { type AnswerPlace, type AnswerPlaceDeps, takeAnswerPlace } from './answer-place';
import { bodyFormOf, drainBody, readBody } from './body';
import { fetchBody } from './fetch-body';
import { fetchFrames, objectsFrames } from './fetch-frames';
import { lingering } from './lingering';
import { openForReading, type ReadAccessDeps, type RepositoryParams } from './read-access';
import { errorFrame, errorResponse, requestIdOf } from './respond';
import { streamedBody } from './streamed-body';

/** The three routes that send history and objects (docs/protocol.md §4). */
export interface FetchHandlerDeps extends ReadAccessDeps, ServeFetchDeps, AnswerPlaceDeps {
  limits: Limits;
}

/** `POST /{owner}/{slug}/fetch`: one map, in the shape that the public CLI reads. */
export function handleFetch(
  request: Request,
  params: RepositoryParams,
  deps: FetchHandlerDeps,
): Promise<Response> {
  return answer(request, params, deps, 'json', async ({ repo, idFormat, body, form, stop }) => {
    const wish = valid(parseFetchRequest(body, form, deps.limits));
    const fetch = await openFetch(repo, wish, deps);
    const answerForm = preferredForm(request.headers.get('accept'), form);
    const context = { form: answerForm, idFormat, signal: stop.signal };
    return { mediaType: mediaTypeOfForm(answerForm), pieces: fetchBody(fetch, deps, context) };
  });
}

/** `POST /{owner}/{slug}/fetch/stream`: the same as frames, for histories of any size. */
export function handleFetchStream(
  request: Request,
  params: RepositoryParams,
  deps: FetchHandlerDeps,
): Promise<Response> {
  return answer(request, params, deps, 'frame', async ({ repo, idFormat, body, form, stop }) => {
    const wish = valid(parseFetchRequest(body, form, deps.limits));
    const fetch = await openFetch(repo, wish, deps);
    const context = { idFormat, limits: deps.limits, signal: stop.signal };
    const frames = fetchFrames(fetch, deps, context);
    return {
      mediaType: STREAM_MIME_TYPE,
      pieces: endedFrames(frames, request, idFormat, stop, deps),
    };
  });
}

/** `POST /{owner}/{slug}/fetch/objects`: objects by their ids, as frames. */
export function handleFetchObjects(
  request: Request,
  params: RepositoryParams,
  deps: FetchHandlerDeps,
): Promise<Response> {
  return answer(request, params, deps, 'frame', async ({ repo, idFormat, body, form, stop }) => {
    const { objectIds } = valid(parseObjectsRequest(body, form, deps.limits));
    const objects = await openObjects(repo, objectIds, deps);
    const context = { idFormat, limits: deps.limits, signal: stop.signal };
    const frames = objectsFrames(repo.entry.id, objects, deps.objects, context);
    return {
      mediaType: STREAM_MIME_TYPE,
      pieces: endedFrames(frames, request, idFormat, stop, deps),
    };
  });
}

interface Asked {
  repo: OpenRepository;
  idFormat: IdFormat;
  body: Uint8Array;
  form: BodyForm;
  stop: AbortController;
}

interface Answer {
  mediaType: string;
  pieces: AsyncGenerator<Uint8Array>;
}

/** Who asks, of what, then the body; the order in which a request is refused. */
async function answer(
  request: Request,
  params: RepositoryParams,
  deps: FetchHandlerDeps,
  fallback: 'frame' | 'json',
  serve: (asked: Asked) => Promise<Answer>,
): Promise<Response> {
  let place: AnswerPlace | null = null;
  try {
    const repo = await openForReading(request, params, deps);
    const form = bodyFormOf(request.headers.get('content-type'));
    const body = await readBody(request, fetchBodyBytesMax(deps.limits));
    place = takeAnswerPlace(request, deps);
    const { stop } = place;
    const idFormat = repo.entry.idFormat ?? 'bare';
    const { mediaType, pieces } = await serve({ repo, idFormat, body, form, stop });
    const report = { requestId: requestIdOf(request), repo: repo.entry.id };
    const stream = await streamedBody(place.held(pieces), stop, {
      log: deps.log,
      fields: report,
    });
    return new Response(stream, {
      headers: {
        'content-type': mediaType,
        'cache-control': 'no-store, no-transform',
        vary: 'Accept, Authorization',
        'x-accel-buffering': 'no',
        'x-request-id': requestIdOf(request),
      },
    });
  } catch (error) {
    place?.leave();
    const refused = errorResponse(error, request, { log: deps.log, fallback });
    return lingering(refused, () => drainBody(request));
  }
}

/**
 * The frames, and an ERROR in the place of END when they break off: an answer has exactly one
 * ending. When the reader is gone there is nobody to tell.
 */
async function* endedFrames(
  frames: AsyncGenerator<Uint8Array>,
  request: Request,
  idFormat: IdFormat,
  stop: AbortController,
  { log }: FetchHandlerDeps,
): AsyncGenerator<Uint8Array> {
  try {
    yield* frames;
  } catch (thrown) {
    const error = Refusal.is(stop.signal.reason) ? stop.signal.reason : thrown;
    if (stop.signal.aborted && !Refusal.is(error)) throw error;
    if (Refusal.is(error)) {
      yield encodeFetchFrame(errorFrame(error), idFormat);
      return;
    }
    const requestId = requestIdOf(request);
    log.error('a fetch broke off', { err: error, requestId });
    const refusal = new Refusal('internal', { request_id: requestId });
    yield encodeFetchFrame(errorFrame(refusal), idFormat);
  }
}

function valid<T extends object>(parsed: T | Violation): T {
  if (isViolation(parsed)) throw Refusal.from(parsed);
  return parsed;
}
