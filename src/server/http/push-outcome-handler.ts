import { Refusal } from '~/wire/errors';
import { encodePushOutcome } from '~/wire/push-outcome';
import type { PushStore } from '../ports/push-store';
import { mediaTypeOfForm, preferredForm } from './accept';
import { openForReading, type ReadAccessDeps, type RepositoryParams } from './read-access';
import { errorResponse, requestIdOf } from './respond';

export interface PushOutcomeHandlerDeps extends ReadAccessDeps {
  pushStore: Pick<PushStore, 'findPush'>;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** `GET /{owner}/{slug}/pushes/{push_id}`: "did it land?" (docs/protocol.md §3, Idempotency). */
export async function handlePushOutcome(
  request: Request,
  params: RepositoryParams & { pushId: string },
  deps: PushOutcomeHandlerDeps,
): Promise<Response> {
  try {
    const repo = await openForReading(request, params, deps);
    const pushId = params.pushId.toLowerCase();
    const push = UUID.test(pushId) ? await deps.pushStore.findPush(repo.entry.id, pushId) : null;
    if (!push) {
      const message = 'This repository never saw a push with this id; it may be sent again.';
      throw new Refusal('object-not-found', { push_id: pushId.slice(0, 64) }, message);
    }
    const form = preferredForm(request.headers.get('accept'), 'json');
    const body = encodePushOutcome(push, repo.entry.idFormat ?? 'bare', form);
    return new Response(body as BodyInit, {
      headers: {
        'content-type': mediaTypeOfForm(form),
        'cache-control': 'no-store',
        vary: 'Accept, Authorization',
        'x-request-id': requestIdOf(request),
      },
    });
  } catch (error) {
    return errorResponse(error, request, { log: deps.log, fallback: 'json' });
  }
}
