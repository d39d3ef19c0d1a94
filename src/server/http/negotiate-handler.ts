import { isViolation, Refusal } from '~/wire/errors';
import {
  encodeNegotiateAnswer,
  fetchBodyBytesMax,
  parseNegotiateRequest,
} from '~/wire/fetch-messages';
import type { Limits } from '~/wire/limits';
import type { FetchStore } from '../ports/fetch-store';
import { negotiate } from '../services/negotiate';
import { mediaTypeOfForm, preferredForm } from './accept';
import { bodyFormOf, drainBody, readBody } from './body';
import { lingering } from './lingering';
import { openForReading, type ReadAccessDeps, type RepositoryParams } from './read-access';
import { errorResponse, requestIdOf } from './respond';

export interface NegotiateHandlerDeps extends ReadAccessDeps {
  store: Pick<FetchStore, 'findCommits' | 'commonBase'>;
  limits: Limits;
}

/** `POST /{owner}/{slug}/negotiate` (docs/protocol.md §4). */
export async function handleNegotiate(
  request: Request,
  params: RepositoryParams,
  deps: NegotiateHandlerDeps,
): Promise<Response> {
  try {
    const repo = await openForReading(request, params, deps);
    const form = bodyFormOf(request.headers.get('content-type'));
    const body = await readBody(request, fetchBodyBytesMax(deps.limits));
    const asked = parseNegotiateRequest(body, form, deps.limits);
    if (isViolation(asked)) throw Refusal.from(asked);
    const answer = await negotiate(repo, asked, deps.store);
    const answerForm = preferredForm(request.headers.get('accept'), form);
    const idFormat = repo.entry.idFormat ?? 'bare';
    return new Response(encodeNegotiateAnswer(answer, idFormat, answerForm) as BodyInit, {
      headers: {
        'content-type': mediaTypeOfForm(answerForm),
        'cache-control': 'no-store',
        vary: 'Accept, Authorization',
        'x-request-id': requestIdOf(request),
      },
    });
  } catch (error) {
    const refused = errorResponse(error, request, { log: deps.log, fallback: 'json' });
    return lingering(refused, () => drainBody(request));
  }
}
