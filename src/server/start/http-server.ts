import { randomUUID } from 'node:crypto';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { Refusal } from '~/wire/errors';
import type { Env } from '../env';
import { ADDRESS_HEADER, addressOf, DIRECT_HEADER, isDirect } from '../http/client-address';
import { passContentLength } from '../http/content-length';
import { refuseEarly } from '../http/early-refusal';
import { type RateGuard, rateHeaders, tooManyRequests } from '../http/rate-guard';
import { applySecurityHeaders } from '../http/security-headers';
import { answeredAt } from '../http/shared-address';
import type { Logger } from '../logger';
import type { Metrics } from '../metrics';
import type { Lifecycle } from './lifecycle';

/**
 * The node:http server in front of Next. It exists because of what `next start` cannot do: pushes
 * that take hours (no request timeout; the push handler watches its own client), a malformed
 * address answered with 400 instead of 500, headers for every answer, and an orderly end.
 */
export interface HttpServerDeps {
  env: Pick<Env, 'url' | 'trustedProxies'>;
  development: boolean;
  logger: Logger;
  lifecycle: Lifecycle;
  metrics: Metrics;
  /** Counts requests and says which are too many. */
  rates: Pick<RateGuard, 'admit'>;
  /** How long a connection may be silent; five minutes when absent. */
  socketIdleMaxMs?: number;
  /** Next's request handler. */
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
}

/** Slow headers are cut off (slow-loris); a connection is looked at this often. */
const HEADERS_MAX_MS = 15_000;
const CONNECTION_CHECK_MS = 3_000;
/** Longer than the usual idle time of load balancers, so that these close first. */
const KEEP_ALIVE_MS = 75_000;
/**
 * A connection on which nothing moves either way is cut off, with what its answer holds: a reader
 * that stopped reading, or a sender that vanished. A push under way is never silent for so long.
 */
const SOCKET_IDLE_MAX_MS = 5 * 60_000;
const URL_MAX_CHARS = 8_192;
const REQUEST_ID = /^[\w.:-]{1,64}$/;

export function createHttpServer(deps: HttpServerDeps): http.Server {
  const server = http.createServer({
    requestTimeout: 0,
    headersTimeout: HEADERS_MAX_MS,
    connectionsCheckingInterval: CONNECTION_CHECK_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    noDelay: true,
  });
  server.timeout = deps.socketIdleMaxMs ?? SOCKET_IDLE_MAX_MS;
  server.on('request', (request, response) => {
    response.on('close', () => {
      deps.metrics.countRequest(response.statusCode);
      if (deps.lifecycle.draining) server.closeIdleConnections();
    });
    admit(request, response, deps);
  });
  return server;
}

function admit(request: IncomingMessage, response: ServerResponse, deps: HttpServerDeps): void {
  const requestId = requestIdFor(request);
  const defaults = new Map([['X-Request-Id', requestId]]);
  applySecurityHeaders(
    request,
    { setHeader: (name, value) => defaults.set(name, value) },
    { https: deps.env.url.startsWith('https:'), development: deps.development },
  );
  passContentLength(response);
  addWhenAnswering(response, defaults);
  request.headers[ADDRESS_HEADER] = addressOf(request, deps.env.trustedProxies);
  request.headers[DIRECT_HEADER] = isDirect(request) ? 'yes' : 'no';

  const problem = problemOfTarget(request.url ?? '');
  if (problem) {
    refuseTarget(response, problem);
    return;
  }
  const refuse = (refusal: Refusal) => refuseEarly(request, response, refusal, deps.env.url);
  const answered =
    deps.lifecycle.draining && request.url !== '/health'
      ? refuse(new Refusal('shutting-down', { retry_after_s: 5 }))
      : answer(request, response, deps, { defaults, refuse });
  answered.catch((error) => {
    deps.logger.error('request failed', { err: error, requestId, path: pathOf(request) });
    if (!response.headersSent) response.writeHead(500, { 'Content-Type': 'text/plain' });
    response.end('Something went wrong in the hub; it was logged, try again later.\n');
  });
}

/** Counts a request and hands it on, or refuses it as one too many. */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  deps: HttpServerDeps,
  {
    defaults,
    refuse,
  }: { defaults: Map<string, string>; refuse: (refusal: Refusal) => Promise<void> },
): Promise<void> {
  const verdict = await deps.rates.admit(request, String(request.headers[ADDRESS_HEADER]));
  if (verdict) {
    const now = Date.now();
    for (const [name, value] of rateHeaders(verdict, now)) defaults.set(name, value);
    const { heardAgainAtMs } = verdict;
    if (heardAgainAtMs !== null) return refuse(tooManyRequests(heardAgainAtMs, now));
  }
  const { method = 'GET', url = '/', headers } = request;
  request.url = answeredAt(method, url, headers.accept);
  await deps.handle(request, response);
}

/** What browsers heed with a document alone; with each script it would be a kilobyte on the wire. */
const OF_DOCUMENTS = new Set([
  ...['Content-Security-Policy', 'Cross-Origin-Opener-Policy', 'Permissions-Policy'],
  ...['Referrer-Policy', 'X-Frame-Options'],
]);
const NO_DOCUMENT = /^(?:application\/javascript|text\/css)\b/;

/**
 * Adds headers as the answer begins, where it has none of its own. Set earlier they would win over
 * a handler's: Next never replaces a header that is there.
 */
function addWhenAnswering(response: ServerResponse, defaults: Map<string, string>): void {
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
  response.writeHead = (...args: unknown[]) => {
    const isDocument = !NO_DOCUMENT.test(String(response.getHeader('content-type')));
    for (const [name, value] of defaults) {
      if (!isDocument && OF_DOCUMENTS.has(name)) continue;
      if (!response.hasHeader(name)) response.setHeader(name, value);
    }
    return writeHead(...args);
  };
}

/** A proxy's id of the request is kept, so that its log and ours can be laid side by side. */
function requestIdFor(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  const id = typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
  request.headers['x-request-id'] = id;
  return id;
}

interface TargetProblem {
  status: 400 | 414;
  sentence: string;
}

function problemOfTarget(target: string): TargetProblem | null {
  if (target.length > URL_MAX_CHARS) {
    const sentence = `The address is longer than ${URL_MAX_CHARS} characters; shorten it.`;
    return { status: 414, sentence };
  }
  const path = target.split('?', 1)[0] ?? '';
  if (!path.startsWith('/')) return bad('The address must begin with a slash.');
  try {
    if (decodeURIComponent(path).includes('\0')) return bad('The address contains a NUL.');
  } catch {
    return bad('The address has a "%" that is not followed by the hex digits of UTF-8 text.');
  }
  return null;
}

function bad(sentence: string): TargetProblem {
  return { status: 400, sentence };
}

function refuseTarget(response: ServerResponse, { status, sentence }: TargetProblem): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(`${sentence}\n`);
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?', 1)[0] ?? '';
}
