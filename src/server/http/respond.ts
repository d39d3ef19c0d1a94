import { ERRORS, type ErrorCode, type ErrorDetail, Refusal, type Violation } from '~/wire/errors';
import { encodeReplyFrame } from '~/wire/frame-codec';
import { type ErrorFrame, SFRAME_ERROR } from '~/wire/frames';
import { MSGPACK_MIME_TYPE, STREAM_MIME_TYPE } from '~/wire/limits';
import { errorToJson } from '~/wire/reply-codec';
import { JSON_MIME_TYPE, namedQuality, parseAccept } from './accept';

/**
 * How an error becomes an HTTP answer (docs/protocol.md §3, §5): the status of its code, and one
 * ERROR frame as the body, or the same as JSON when Accept prefers that.
 */

/** Where a fault is reported: a line at level error, with fields. */
export interface FaultLog {
  error(message: string, fields: Record<string, unknown>): void;
}

export interface ErrorContext {
  /** The push that the answer is about. */
  pushId?: string;
  /** Another status than the code's own, where the protocol asks for one. */
  status?: number;
  /** The body's form when Accept names neither; frame routes say `frame`, the others `json`. */
  fallback?: 'frame' | 'json';
}

type ErrorForm = { kind: 'json' } | { kind: 'frame'; mediaType: string };

/** Seconds a peer shall wait when nothing better is known. */
const RETRY_AFTER_DEFAULT_S = 5;
const REQUEST_ID = /^[\w.:-]{1,64}$/;
const requestIds = new WeakMap<Request, string>();

/** The id that logs and the answer of one request share; the server in front may have set it. */
export function requestIdOf(request: Request): string {
  let id = requestIds.get(request);
  if (id === undefined) {
    const given = request.headers.get('x-request-id') ?? '';
    id = REQUEST_ID.test(given) ? given : crypto.randomUUID();
    requestIds.set(request, id);
  }
  return id;
}

/** The ERROR frame for a refusal or violation. */
export function errorFrame(
  problem: { code: ErrorCode; message: string; detail: ErrorDetail },
  pushId?: string,
): ErrorFrame {
  const { code, message, detail } = problem;
  return { type: SFRAME_ERROR, code, message, retryable: ERRORS[code].retryable, pushId, detail };
}

/**
 * The answer to a request that is refused. Its bytes depend on the code, message, detail and push
 * id alone, so that what may not be seen and what is not there cannot be told apart; the request id
 * is in the header only.
 */
export function refusalResponse(
  refusal: Refusal | Violation,
  request: Request,
  context: ErrorContext = {},
): Response {
  const frame = errorFrame(refusal, context.pushId);
  const status = context.status ?? ERRORS[frame.code].status;
  const form = errorForm(request.headers.get('accept'), context.fallback ?? 'frame');
  const headers = new Headers({
    'content-type': form.kind === 'json' ? JSON_MIME_TYPE : form.mediaType,
    'cache-control': 'no-store',
    vary: 'Accept, Authorization',
    'x-content-type-options': 'nosniff',
    'x-request-id': requestIdOf(request),
  });
  if (status === 401) headers.set('www-authenticate', 'Bearer');
  if (status === 429 || status === 503) headers.set('retry-after', retryAfter(frame.detail));
  const body =
    form.kind === 'json' ? JSON.stringify(errorToJson(frame)) : encodeReplyFrame(frame, 'bare');
  return new Response(body as BodyInit, { status, headers });
}

/** Logs a fault once, with its cause, and answers `internal` with the request's id to quote. */
export function faultResponse(
  fault: unknown,
  request: Request,
  context: ErrorContext & { log: FaultLog },
): Response {
  const requestId = requestIdOf(request);
  context.log.error('request failed', {
    err: fault,
    requestId,
    pushId: context.pushId,
    method: request.method,
    path: new URL(request.url).pathname,
  });
  return refusalResponse(new Refusal('internal', { request_id: requestId }), request, context);
}

/** The answer to whatever a handler threw. */
export function errorResponse(
  error: unknown,
  request: Request,
  context: ErrorContext & { log: FaultLog },
): Response {
  return Refusal.is(error)
    ? refusalResponse(error, request, context)
    : faultResponse(error, request, context);
}

/**
 * A peer that names JSON and prefers it to the frame gets JSON. The public CLI names
 * `application/x-msgpack, application/json` and prints the first 400 bytes of an error body as
 * text, so msgpack by itself only counts when JSON is not named.
 */
function errorForm(accept: string | null, fallback: 'frame' | 'json'): ErrorForm {
  const ranges = parseAccept(accept);
  const frame = namedQuality(ranges, STREAM_MIME_TYPE);
  const json = namedQuality(ranges, JSON_MIME_TYPE);
  if (json > frame) return { kind: 'json' };
  if (frame > 0) return { kind: 'frame', mediaType: STREAM_MIME_TYPE };
  if (namedQuality(ranges, MSGPACK_MIME_TYPE) > 0) {
    return { kind: 'frame', mediaType: MSGPACK_MIME_TYPE };
  }
  return fallback === 'json' ? { kind: 'json' } : { kind: 'frame', mediaType: STREAM_MIME_TYPE };
}

function retryAfter(detail: ErrorDetail): string {
  const seconds = detail.retry_after_s;
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0
    ? String(Math.ceil(seconds))
    : String(RETRY_AFTER_DEFAULT_S);
}
