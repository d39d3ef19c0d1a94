import type { IdFormat } from '~/muse/ids';
import { Refusal } from '~/wire/errors';
import { encodeReplyFrame } from '~/wire/frame-codec';
import { type ErrorFrame, type ResultFrame, SFRAME_RESULT } from '~/wire/frames';
import { STREAM_MIME_TYPE } from '~/wire/limits';
import { ReplyStream } from '~/wire/reply-stream';
import { decideAccess, type Principal } from '../access';
import { type AuthenticateDeps, authenticateBearer } from '../auth/authenticate';
import type { IdentityStore } from '../ports/identity-store';
import { FrameSource } from '../services/frame-source';
import { newProgress } from '../services/push-progress';
import type { PushSlots } from '../services/push-slots';
import {
  endingFrame,
  type OpenedPush,
  openPush,
  type PushRequest,
  type ReceivePushDeps,
  receivePush,
} from '../services/receive-push';
import { PushReporter } from '../services/report-push';
import { mediaTypeOf } from './accept';
import { drainReader } from './body';
import { clientOf } from './client-address';
import { lingering } from './lingering';
import { errorResponse, type FaultLog, requestIdOf } from './respond';

/** How often a running push is looked at for PROGRESS and a sign of life. */
const TICK_MS = 250;
const SIGN_OF_LIFE_MS = 15_000;
/** Answer bytes that may wait for a client that does not read. */
const REPLY_BUFFER_BYTES = 64 * 1024;

export interface PushHandlerDeps extends ReceivePushDeps, AuthenticateDeps {
  identities: AuthenticateDeps['identities'] & Pick<IdentityStore, 'findRepository'>;
  clock: ReceivePushDeps['clock'];
  slots: PushSlots;
  log: FaultLog;
  /** Aborted when the hub goes down: no new pushes, and running ones stop waiting for their client. */
  closing: AbortSignal;
}

/**
 * `POST /{owner}/{slug}/push/stream` (docs/protocol.md §3). Until the HEADER is accepted a refusal
 * is an HTTP status; then the answer is 200 and a stream of frames with exactly one ending.
 */
export async function handlePush(
  request: Request,
  params: { owner: string; slug: string },
  deps: PushHandlerDeps,
): Promise<Response> {
  if (!request.body)
    return errorResponse(new Refusal('truncated-stream'), request, { log: deps.log });
  const source = new FrameSource(request.body.getReader(), deps.limits, deps.clock);
  let release: (() => void) | null = null;
  try {
    if (deps.closing.aborted) throw new Refusal('shutting-down', { retry_after_s: 5 });
    const mediaType = mediaTypeOf(request.headers.get('content-type'));
    if (mediaType !== STREAM_MIME_TYPE) {
      throw new Refusal('unsupported-media-type', { expected: STREAM_MIME_TYPE, got: mediaType });
    }
    const { pushRequest, tokenId } = await admit(request, params, deps);
    const freeSlot = deps.slots.take(tokenId);
    const unwatch = watchClosing(source, deps.closing);
    release = () => {
      unwatch();
      freeSlot();
    };
    const push = await openPush(source, pushRequest, deps);
    return answer(source, push, pushRequest, request, deps, release);
  } catch (error) {
    release?.();
    const pushId = Refusal.is(error) ? error.detail.push_id : undefined;
    const answer = errorResponse(error, request, {
      log: deps.log,
      // The hub is full, rather than this client too frequent (docs/protocol.md §3, Capacity).
      status: Refusal.is(error) && error.code === 'rate-limited' ? 503 : undefined,
      pushId: typeof pushId === 'string' ? pushId : undefined,
    });
    return lingering(answer, () => drainReader(source.reader, deps.clock));
  }
}

/** Who pushes, to which repository, and whether they may: all before the first frame is read. */
async function admit(
  request: Request,
  { owner, slug }: { owner: string; slug: string },
  deps: PushHandlerDeps,
): Promise<{ pushRequest: PushRequest; tokenId: string }> {
  const { address, client } = clientOf(request);
  const principal: Principal = await authenticateBearer(
    request.headers.get('authorization'),
    deps,
    { address, client },
  );
  if (principal.kind === 'anonymous' || !principal.token) throw new Refusal('unauthenticated');
  const entry = await deps.identities.findRepository(owner, slug, principal);
  if (!entry) throw new Refusal('repo-not-found');
  const decision = decideAccess(principal, entry.access, 'write');
  if (!decision.allowed) throw new Refusal(decision.code);
  return {
    pushRequest: { repository: entry.repository, access: entry.access, principal, client, address },
    tokenId: principal.token.id,
  };
}

/** The 200 answer: PROGRESS while the push runs, then its one ending frame. */
function answer(
  source: FrameSource,
  push: OpenedPush,
  pushRequest: PushRequest,
  request: Request,
  deps: PushHandlerDeps,
  release: () => void,
): Response {
  const { repository } = pushRequest;
  const idFormat: IdFormat = repository.idFormat ?? push.header.idFormat ?? 'bare';
  const progress = newProgress();
  const reporter = new PushReporter(deps.feed, { repoId: repository.id, pushId: push.pushId });
  const reply = new ReplyStream(deps.clock.now());
  let stopTicking = (): void => undefined;
  let readerGone = false;
  const drain = (): Promise<void> => drainReader(source.reader, deps.clock);

  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const send = (bytes: Uint8Array | null): void => {
          if (bytes && !readerGone) controller.enqueue(bytes);
        };
        let lifeSignAtMs = push.startedAtMs;
        const tick = (): void => {
          const now = deps.clock.now();
          send(reply.progress(now, progress, (controller.desiredSize ?? 0) > 0));
          reporter.report(progress, now);
          if (now - lifeSignAtMs >= SIGN_OF_LIFE_MS) {
            lifeSignAtMs = now;
            deps.store
              .touchPush(repository.id, push.pushId, progress)
              .catch((error) =>
                deps.onTrouble('a sign of life could not be noted', error, push.pushId),
              );
          }
          stopTicking = deps.clock.setTimer(TICK_MS, tick);
        };
        if (!push.settled) tick();
        const outcome = push.settled
          ? Promise.resolve(push.settled)
          : receivePush(source, push, pushRequest, progress, deps);
        void outcome
          .catch((error) => endingOf(error, push.pushId, request, deps))
          .then(async (frame) => {
            stopTicking();
            release();
            send(reply.end(encodeReplyFrame(frame, idFormat)));
            // As in `lingering`; after END there is nothing to wait for.
            if (frame.type !== SFRAME_RESULT || push.settled) await drain();
            if (!readerGone) controller.close();
            await drain();
          });
      },
      cancel() {
        // The client is gone. What was read so far may still be complete; the source finds out.
        readerGone = true;
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: REPLY_BUFFER_BYTES }),
  );
  return new Response(body, {
    status: 200,
    headers: {
      'content-type': STREAM_MIME_TYPE,
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'x-request-id': requestIdOf(request),
    },
  });
}

function endingOf(
  error: unknown,
  pushId: string,
  request: Request,
  { log }: PushHandlerDeps,
): ErrorFrame | ResultFrame {
  if (!Refusal.is(error)) {
    log.error('push failed', { err: error, pushId, requestId: requestIdOf(request) });
  }
  return endingFrame(error, pushId);
}

/** Makes a push that waits for its client end when the hub goes down. */
function watchClosing(source: FrameSource, closing: AbortSignal): () => void {
  const stop = (): void => source.interrupt(new Refusal('shutting-down', { retry_after_s: 5 }));
  closing.addEventListener('abort', stop, { once: true });
  return () => closing.removeEventListener('abort', stop);
}
