import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Refusal } from '~/wire/errors';
import { DRAIN_MAX_BYTES, DRAIN_MAX_MS } from '~/wire/limits';
import { JSON_MIME_TYPE, namedQuality, parseAccept } from './accept';
import { refusalResponse } from './respond';

/**
 * Refuses a request before any handler sees it, in the form its peer reads: a frame for a push, an
 * error of tRPC for its client, a page for a browser, JSON for the others. What the peer is still
 * sending is read and dropped, within bounds, so that it gets to read the answer.
 */
export async function refuseEarly(
  request: IncomingMessage,
  response: ServerResponse,
  refusal: Refusal,
  hubUrl: string,
): Promise<void> {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  const accept = request.headers.accept ?? '';
  const headers = { accept, 'x-request-id': String(request.headers['x-request-id']) };
  const form = path.endsWith('/push/stream') ? 'frame' : 'json';
  const answer = refusalResponse(refusal, new Request(hubUrl, { headers }), { fallback: form });
  let body: Buffer | string = Buffer.from(await answer.arrayBuffer());
  if (path.startsWith('/api/trpc/')) {
    answer.headers.set('content-type', JSON_MIME_TYPE);
    body = JSON.stringify(procedureError(refusal, answer.status, path));
  } else if (isBrowser(request, accept)) {
    answer.headers.set('content-type', 'text/html; charset=utf-8');
    body = pageOf(refusal.message);
  }
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.end(body);
  drain(request);
}

/** What the API's client takes for an error, as `errorFormatter` of src/server/api/trpc.ts makes it. */
function procedureError({ code, message }: Refusal, httpStatus: number, path: string) {
  const [name, number] =
    httpStatus === 429 ? ['TOO_MANY_REQUESTS', -32029] : ['SERVICE_UNAVAILABLE', -32603];
  const procedure = path.slice('/api/trpc/'.length);
  const data = { httpStatus, code: name, path: procedure, reason: code };
  return { error: { message, code: number, data } };
}

const isBrowser = ({ method }: IncomingMessage, accept: string): boolean =>
  (method === 'GET' || method === 'POST') && namedQuality(parseAccept(accept), 'text/html') > 0;

const pageOf = (sentence: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>Not now · musehub</title></head><body><main><h1>Not now</h1><p>${sentence}</p></main></body></html>`;

function drain(request: IncomingMessage): void {
  let length = 0;
  const stop = (): void => void request.destroy();
  const timer = setTimeout(stop, DRAIN_MAX_MS);
  request.on('data', (part: Buffer) => {
    length += part.length;
    if (length > DRAIN_MAX_BYTES) stop();
  });
  request.on('close', () => clearTimeout(timer)).on('error', () => undefined);
}
