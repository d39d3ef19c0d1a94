import type { z } from 'zod';
import { expiryWarning } from '~/server/services/token-expiry';
import { Refusal } from '~/wire/errors';
import type { Principal } from '../access';
import type { AuthenticateDeps } from '../auth/authenticate';
import { JSON_MIME_TYPE, mediaTypeOf } from './accept';
import { drainBody, readBody } from './body';
import { principalOf } from './read-access';
import { errorResponse, type FaultLog, requestIdOf } from './respond';

/** What the JSON routes beside the wire share: reading a small body, and how it is answered. */

const BODY_MAX_BYTES = 64 * 1024;

/** When the token of the request ends, for a client to warn; only while the end is near. */
export const TOKEN_EXPIRES_HEADER = 'musehub-token-expires';

/** A JSON body of a shape. Throws `Refusal`: `unsupported-media-type`, `limit-exceeded`, `bad-frame`. */
export async function readJson<Shape extends z.ZodType>(
  request: Request,
  shape: Shape,
): Promise<z.output<Shape>> {
  if (mediaTypeOf(request.headers.get('content-type')) !== JSON_MIME_TYPE) {
    throw new Refusal('unsupported-media-type', {}, 'Send the body as application/json.');
  }
  const text = new TextDecoder().decode(await readBody(request, BODY_MAX_BYTES));
  const parsed = shape.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.') || 'body';
  throw new Refusal('bad-frame', { field }, `The field ${field} is wrong: ${issue?.message}.`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refusal('bad-frame', {}, 'The body is not JSON.', { cause: error });
  }
}

/** The answer of `act`, or in its place why there is none; of that the sender gets to read too. */
export async function answering(
  request: Request,
  { log }: { log: FaultLog },
  act: () => Promise<Response>,
): Promise<Response> {
  try {
    return await act();
  } catch (error) {
    await drainBody(request);
    return errorResponse(error, request, { log, fallback: 'json' });
  }
}

/** As `answering`: what `act` finds for who sends the request, as JSON. */
export function answeringCaller(
  request: Request,
  deps: AuthenticateDeps & { log: FaultLog },
  status: number,
  act: (principal: Principal) => Promise<unknown>,
): Promise<Response> {
  return answering(request, deps, async () => {
    const principal = await principalOf(request, deps);
    const body = await act(principal);
    return Response.json(body, { status, headers: answerHeaders(request, principal) });
  });
}

/** Headers of an answer that is for one caller only. */
export function answerHeaders(request: Request, principal?: Principal): Headers {
  const headers = new Headers({
    'cache-control': 'no-store',
    vary: 'Authorization',
    'x-request-id': requestIdOf(request),
  });
  if (principal) warnOfExpiry(headers, principal);
  return headers;
}

/** Tells in an answer that the token which asked for it ends soon (docs/protocol.md §4). */
export function warnOfExpiry(headers: Headers, principal: Principal): void {
  const endsAtMs = expiryWarning(principal, Date.now());
  if (endsAtMs !== null) headers.set(TOKEN_EXPIRES_HEADER, new Date(endsAtMs).toISOString());
}
