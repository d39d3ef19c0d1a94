import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { ERRORS, type ErrorCode, isErrorCode } from '~/wire/errors';
import { SMALL_ANSWER_BYTES_MAX } from '~/wire/fetch-messages';
import { SFRAME_ERROR } from '~/wire/frames';
import { MSGPACK_MIME_TYPE, STREAM_MIME_TYPE } from '~/wire/limits';
import { decodeValue } from '~/wire/msgpack-reader';
import { ClientError, notSignedIn } from './client-error';

/** Who asks, and how: the same for every request of a command. */
export interface Caller {
  /** Access token; null asks as nobody. */
  token: string | null;
  /** Name and version of the program, e.g. `musehub/0.1.0`. */
  client: string;
  signal?: AbortSignal;
  /** Time without a byte in either direction after which a request fails; ms. */
  idleMs?: number;
  /** Told when the hub says that the token ends soon. */
  onTokenExpiry?: (endsAt: Date) => void;
}

export interface HttpOptions {
  method: 'GET' | 'POST' | 'DELETE';
  accept: string;
  headers?: OutgoingHttpHeaders;
}

const IDLE_MS = 60_000;
const JSON_MIME_TYPE = 'application/json';
/** A hub's warning that the token of the request ends soon (docs/protocol.md §4). */
const TOKEN_EXPIRES_HEADER = 'musehub-token-expires';
const ERROR_BYTES_MAX = 64 * 1024;

/** Begins a request; the caller writes its body and waits with `responseTo`. */
export async function openRequest(
  url: URL,
  caller: Caller,
  options: HttpOptions,
): Promise<ClientRequest> {
  const { request } = await (url.protocol === 'https:'
    ? import('node:https')
    : import('node:http'));
  const headers: OutgoingHttpHeaders = {
    accept: options.accept,
    'user-agent': caller.client,
    ...options.headers,
  };
  if (caller.token !== null) headers.authorization = `Bearer ${caller.token}`;
  // No agent: one connection per request, closed with it. Redirects are never followed, so that
  // the token goes to nobody but the host that was named.
  const sent = request(url, {
    method: options.method,
    headers,
    agent: false,
    signal: caller.signal,
  });
  sent.setTimeout(caller.idleMs ?? IDLE_MS, () => sent.destroy(new IdleError()));
  return sent;
}

class IdleError extends Error {
  constructor() {
    super('The hub has not answered for too long.');
  }
}

/** Waits for the head of the response. Errors of the connection become `network`. */
export function responseTo(sent: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once('response', resolve);
    // Later errors reach the response as well; this listener keeps them from being uncaught.
    sent.on('error', (error) => reject(networkError(error, sent)));
  });
}

/** An error of a connection as what it means to a person. */
export function networkError(error: unknown, sent?: ClientRequest): unknown {
  if (error instanceof ClientError) return error;
  if (error instanceof Error && error.name === 'AbortError') {
    return new ClientError('interrupted', 'The command was interrupted.', { cause: error });
  }
  const host = sent === undefined ? 'the hub' : `${sent.protocol}//${sent.getHeader('host')}`;
  const reason = error instanceof Error ? reasonOf(error) : String(error);
  return new ClientError(
    'network',
    `The connection to ${host} failed: ${reason.replace(/\.$/, '')}.`,
    {
      cause: error,
    },
  );
}

function reasonOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  // A name with several addresses fails with one error for each.
  if (error instanceof AggregateError && error.message === '') return code ?? 'no address answers';
  return error.message;
}

/** Sends a request with a small body, or none, and reads the whole answer of a 2xx status. */
export async function requestBytes(
  url: URL,
  caller: Caller,
  options: Pick<HttpOptions, 'method' | 'accept'> & { body?: Uint8Array; bodyType?: string },
): Promise<Buffer> {
  const { method, accept, body, bodyType } = options;
  const headers: OutgoingHttpHeaders =
    body === undefined ? {} : { 'content-type': bodyType, 'content-length': body.length };
  const sent = await openRequest(url, caller, { method, accept, headers });
  sent.end(body);
  const response = await responseTo(sent);
  passExpiry(response, caller);
  if (response.statusCode !== 200 && response.statusCode !== 201)
    throw await refusalOf(response, url, caller);
  return readAll(response, SMALL_ANSWER_BYTES_MAX);
}

function passExpiry({ headers }: IncomingMessage, caller: Caller): void {
  const endsAtMs = Date.parse(String(headers[TOKEN_EXPIRES_HEADER] ?? ''));
  if (!Number.isNaN(endsAtMs)) caller.onTokenExpiry?.(new Date(endsAtMs));
}

/** Sends a request with a JSON body, or none, and reads a JSON answer. */
export async function requestJson(
  url: URL,
  caller: Caller,
  method: 'GET' | 'POST' | 'DELETE',
  body?: unknown,
): Promise<unknown> {
  const bytes = await requestBytes(url, caller, {
    method,
    accept: JSON_MIME_TYPE,
    ...(body === undefined
      ? {}
      : { body: Buffer.from(JSON.stringify(body)), bodyType: JSON_MIME_TYPE }),
  });
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new ClientError('bad-response', `${url.origin} answers with something else than JSON.`, {
      cause: error,
    });
  }
}

/** Reads a whole body of a bounded size. */
export async function readAll(response: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > bytesMax) {
        throw new ClientError('bad-response', `The answer is longer than ${bytesMax} bytes.`);
      }
      chunks.push(chunk);
    }
  } catch (error) {
    throw networkError(error);
  }
  return Buffer.concat(chunks, size);
}

/** What a response with another status than 2xx says, as an error to throw. */
export async function refusalOf(
  response: IncomingMessage,
  hub: URL,
  { token }: Pick<Caller, 'token'>,
): Promise<ClientError> {
  const status = response.statusCode ?? 0;
  if (status >= 300 && status < 400) {
    response.destroy();
    const target = response.headers.location ?? 'another address';
    return new ClientError('bad-response', `The hub points to ${target} (status ${status}).`, {
      fix: 'Use that address, if you trust it.',
    });
  }
  let body: Buffer;
  try {
    body = await readAll(response, ERROR_BYTES_MAX);
  } catch (error) {
    if (error instanceof ClientError) return error;
    throw error;
  }
  const frame = errorFrame(body, response.headers['content-type'] ?? '');
  if (frame?.message === ERRORS.unauthenticated.sentence) return notSignedIn(hub, token);
  if (frame !== null) return frame;
  return new ClientError(codeOfStatus(status), `The hub answers with status ${status}.`, {
    detail: { status },
  });
}

/** The `X` frame, as msgpack or JSON, that a body holds. */
function errorFrame(body: Buffer, contentType: string): ClientError | null {
  let value: unknown;
  try {
    const type = contentType.split(';')[0]!.trim().toLowerCase();
    if (type === JSON_MIME_TYPE) value = JSON.parse(body.toString('utf8'));
    else if (type === STREAM_MIME_TYPE || type === MSGPACK_MIME_TYPE) value = decodeValue(body);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { t, code, message, detail } = value as Record<string, unknown>;
  if (t !== SFRAME_ERROR && code === undefined) return null;
  return refusal(code, message, detail);
}

const ASK_OTHERWISE = 'Change what it is about, then run the command again.';

/** The hub's refusal as an error to throw. */
export function refusal(code: unknown, message: unknown, detail: unknown): ClientError {
  const known: ErrorCode = isErrorCode(code) ? code : 'internal';
  const { sentence } = ERRORS[known];
  const said = typeof message === 'string' ? message : sentence;
  const about = typeof detail === 'object' && detail !== null ? { ...detail } : {};
  // What a person asked for is no fault of this program, which the sentence of the code blames.
  const asked = known === 'bad-frame' && said !== sentence && !('frame' in about);
  return new ClientError(known, said, { detail: about, fix: asked ? ASK_OTHERWISE : undefined });
}

function codeOfStatus(status: number): ErrorCode | 'bad-response' | 'not-found' | 'already-exists' {
  switch (status) {
    case 401:
      return 'unauthenticated';
    case 403:
      return 'access-denied';
    case 404:
      return 'not-found';
    case 409:
      return 'already-exists';
    case 413:
      return 'limit-exceeded';
    case 429:
      return 'rate-limited';
    default:
      return status >= 500 ? 'internal' : 'bad-response';
  }
}
