import { isViolation, Refusal } from '~/wire/errors';
import {
  encodeNegotiateAnswer,
  fetchBodyBytesMax,
  parseNegotiateRequest,
} from '~/wire/fetch-messages';
import type { Limits } from '~/wire/limits';
import type { FetchStore } from '../ports/fetch-store';
import { negotiate } from '../services/negotiate';
import { preferredForm } from './accept';
import { bodyFormOf, drainBody, readBody } from './body';
import { bodyResponse } from './body-response';
import { lingering } from './lingering';
import { openForReading, type ReadAccessDeps, type RepositoryParams } from './read-access';
import { errorResponse } from './respond';

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
    const encoded = encodeNegotiateAnswer(answer, idFormat, answerForm);
    return bodyResponse(encoded, answerForm, request);
  } catch (error) {
    const refused = errorResponse(error, request, { log: deps.log, fallback: 'json' });
    return lingering(refused, () => drainBody(request));
  }
}
