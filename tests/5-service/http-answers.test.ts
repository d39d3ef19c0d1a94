import { describe, expect, it } from 'vitest';
import { parseAccept, preferredForm } from '~/server/http/accept';
import { decideRange, matchesEtag } from '~/server/http/etag';
import { errorResponse, refusalResponse, requestIdOf } from '~/server/http/respond';
import { handleRetired } from '~/server/http/retired-handler';
import { ERRORS, type ErrorCode, Refusal } from '~/wire/errors';
import { decodeReplyFrame } from '~/wire/frame-codec';
import { SFRAME_ERROR } from '~/wire/frames';
import { STREAM_MIME_TYPE } from '~/wire/limits';
import { decodeValue } from '~/wire/msgpack-reader';

const CLI_ACCEPT = 'application/x-msgpack, application/json';

function requestWith(headers: Record<string, string> = {}, init: RequestInit = {}): Request {
  return new Request('http://hub.test/ada/notes/refs', { ...init, headers });
}

async function bytesOf(response: Response): Promise<Uint8Array> {
  return new Uint8Array(await response.arrayBuffer());
}

describe('Accept', () => {
  it('gives msgpack to the public CLI, which reads nothing else', () => {
    expect(preferredForm(CLI_ACCEPT, 'json')).toBe('msgpack');
  });

  it('gives the fallback when a wildcard leaves the choice', () => {
    expect(preferredForm('*/*', 'json')).toBe('json');
    expect(preferredForm('*/*', 'msgpack')).toBe('msgpack');
    expect(preferredForm(null, 'json')).toBe('json');
    expect(preferredForm('application/*', 'json')).toBe('json');
  });

  it('follows the qualities', () => {
    expect(preferredForm('application/x-msgpack;q=0.5, application/json', 'msgpack')).toBe('json');
    expect(preferredForm('application/json;q=0.5, application/x-msgpack', 'json')).toBe('msgpack');
    expect(preferredForm('application/x-msgpack;q=0', 'json')).toBe('json');
    expect(preferredForm('Application/X-MsgPack ; Q=1.0', 'json')).toBe('msgpack');
  });

  it('reads a malformed quality as 1 and looks at a bounded number of ranges', () => {
    expect(parseAccept('a/b;q=lots')).toEqual([{ type: 'a/b', quality: 1 }]);
    expect(parseAccept('a/b,'.repeat(5000)).length).toBeLessThanOrEqual(64);
  });
});

describe('an error as an HTTP answer', () => {
  const codes = Object.keys(ERRORS) as ErrorCode[];

  it('has the status of its code, as a frame that says the same as the JSON', async () => {
    for (const code of codes) {
      const refusal = new Refusal(code, { id: 'x' });
      const framed = refusalResponse(refusal, requestWith({ accept: STREAM_MIME_TYPE }));
      const json = refusalResponse(refusal, requestWith({ accept: 'application/json' }));
      expect([framed.status, json.status]).toEqual([ERRORS[code].status, ERRORS[code].status]);
      const frame = decodeReplyFrame(await bytesOf(framed));
      const { retryable, sentence } = ERRORS[code];
      expect(frame).toMatchObject({
        type: SFRAME_ERROR,
        code,
        message: sentence,
        retryable,
        detail: { id: 'x' },
      });
      expect(await json.json()).toMatchObject({
        code,
        message: sentence,
        retryable,
        detail: { id: 'x' },
      });
    }
  });

  it('is a frame on routes of frames and JSON on the others when Accept leaves the choice', () => {
    const refusal = new Refusal('branch-not-found');
    const typeOf = (accept: string | undefined, fallback: 'frame' | 'json') =>
      refusalResponse(refusal, requestWith(accept ? { accept } : {}), { fallback }).headers.get(
        'content-type',
      );
    expect(typeOf(undefined, 'frame')).toBe(STREAM_MIME_TYPE);
    expect(typeOf('*/*', 'frame')).toBe(STREAM_MIME_TYPE);
    expect(typeOf('*/*', 'json')).toBe('application/json');
    expect(typeOf(`${STREAM_MIME_TYPE}, application/json`, 'json')).toBe(STREAM_MIME_TYPE);
    expect(typeOf('application/x-msgpack', 'json')).toBe('application/x-msgpack');
  });

  it('is text to the public CLI, which prints what it gets', async () => {
    const answer = refusalResponse(
      new Refusal('repo-not-found'),
      requestWith({ accept: CLI_ACCEPT }),
    );
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(await answer.text()).toContain('There is no such repository');
  });

  it('tells how to sign in when it is 401 and when to come back when it is 429 or 503', () => {
    const headersOf = (refusal: Refusal) => refusalResponse(refusal, requestWith()).headers;
    expect(headersOf(new Refusal('token-expired')).get('www-authenticate')).toBe('Bearer');
    expect(headersOf(new Refusal('rate-limited', { retry_after_s: 12.2 })).get('retry-after')).toBe(
      '13',
    );
    expect(headersOf(new Refusal('shutting-down')).get('retry-after')).toMatch(/^\d+$/);
    expect(headersOf(new Refusal('repo-not-found')).has('retry-after')).toBe(false);
    expect(headersOf(new Refusal('repo-not-found')).has('www-authenticate')).toBe(false);
  });

  it('carries the push id, and the request id in the header only', async () => {
    const pushId = '0d5ad16a-4f5a-4d6a-9f4e-3f6a8f1f2b11';
    const answer = refusalResponse(
      new Refusal('stale-head'),
      requestWith({ 'x-request-id': 'r-1' }),
      {
        pushId,
        fallback: 'json',
      },
    );
    expect(answer.headers.get('x-request-id')).toBe('r-1');
    const body = await answer.text();
    expect(JSON.parse(body).push_id).toBe(pushId);
    expect(body).not.toContain('r-1');
  });

  it('is the same bytes for two requests of two people', async () => {
    const one = refusalResponse(
      new Refusal('repo-not-found'),
      requestWith({ 'x-request-id': 'a' }),
    );
    const two = refusalResponse(
      new Refusal('repo-not-found'),
      requestWith({ 'x-request-id': 'b' }),
    );
    expect(await bytesOf(one)).toEqual(await bytesOf(two));
  });

  it('hides what a fault is about from the peer and tells it to the log', async () => {
    const lines: [string, Record<string, unknown>][] = [];
    const log = {
      error: (message: string, fields: Record<string, unknown>) =>
        void lines.push([message, fields]),
    };
    const fault = new Error('password of the database is hunter2');
    const request = requestWith({ 'x-request-id': 'r-9' });
    const answer = errorResponse(fault, request, { log, fallback: 'json' });
    expect(answer.status).toBe(500);
    const body = await answer.text();
    expect(body).not.toContain('hunter2');
    expect(JSON.parse(body)).toMatchObject({ code: 'internal', detail: { request_id: 'r-9' } });
    expect(lines).toHaveLength(1);
    expect(lines[0]![1]).toMatchObject({ err: fault, requestId: 'r-9', path: '/ada/notes/refs' });
  });

  it('does not log a refusal', () => {
    const log = {
      error: () => {
        throw new Error('a refusal was logged');
      },
    };
    expect(errorResponse(new Refusal('access-denied'), requestWith(), { log }).status).toBe(403);
  });

  it('does not repeat a request id that is not one', () => {
    expect(requestIdOf(requestWith({ 'x-request-id': 'a b"<script>' }))).toMatch(/^[0-9a-f-]{36}$/);
    const request = requestWith();
    expect(requestIdOf(request)).toBe(requestIdOf(request));
  });
});

describe('a route of the first protocol version', () => {
  const params = { owner: 'ada', slug: 'notes' };

  it('answers 410 and names the route that took its place, in JSON and in msgpack', async () => {
    for (const accept of ['application/json', CLI_ACCEPT, '*/*']) {
      const answer = await handleRetired(requestWith({ accept }), params);
      expect(answer.status).toBe(410);
      expect(await answer.text()).toContain('POST /ada/notes/push/stream');
    }
    const answer = await handleRetired(requestWith({ accept: 'application/x-msgpack' }), params);
    expect(answer.status).toBe(410);
    expect(decodeValue(await bytesOf(answer))).toMatchObject({
      t: 'X',
      retryable: false,
      detail: { route: 'POST /ada/notes/push/stream', version: 2 },
    });
  });

  it('escapes what the address held', async () => {
    const answer = await handleRetired(requestWith(), { owner: 'a"\n', slug: '<b>' });
    expect((await answer.json()).detail.route).toBe('POST /a%22%0A/%3Cb%3E/push/stream');
  });
});

describe('If-None-Match', () => {
  it('matches one of many, weak ones and the star', () => {
    expect(matchesEtag('"a", "b"', '"b"')).toBe(true);
    expect(matchesEtag('W/"b"', '"b"')).toBe(true);
    expect(matchesEtag('*', '"b"')).toBe(true);
    expect(matchesEtag('"bb"', '"b"')).toBe(false);
    expect(matchesEtag(null, '"b"')).toBe(false);
  });
});

describe('Range', () => {
  const decide = (header: string | null, size = 10, ifRange: string | null = null) =>
    decideRange(header, ifRange, size, '"e"');

  it('gives first and last byte, an open end, and a suffix', () => {
    expect(decide('bytes=2-4')).toEqual({ kind: 'part', start: 2, end: 5 });
    expect(decide('bytes=7-')).toEqual({ kind: 'part', start: 7, end: 10 });
    expect(decide('bytes=-3')).toEqual({ kind: 'part', start: 7, end: 10 });
    expect(decide('bytes=0-999')).toEqual({ kind: 'part', start: 0, end: 10 });
    expect(decide('bytes=-999')).toEqual({ kind: 'part', start: 0, end: 10 });
  });

  it('cannot give what lies behind the end', () => {
    expect(decide('bytes=10-')).toEqual({ kind: 'unsatisfiable' });
    expect(decide('bytes=-0')).toEqual({ kind: 'unsatisfiable' });
    expect(decide('bytes=0-', 0)).toEqual({ kind: 'unsatisfiable' });
    expect(decide('bytes=-5', 0)).toEqual({ kind: 'unsatisfiable' });
  });

  it('passes over what it does not take', () => {
    for (const header of [null, 'bytes=', 'bytes=-', 'bytes=4-2', 'items=0-1', 'bytes=0-1,4-5']) {
      expect(decide(header)).toEqual({ kind: 'whole' });
    }
    expect(decide(`bytes=${'9'.repeat(40)}-`)).toEqual({ kind: 'whole' });
  });

  it('holds only for the version that If-Range names', () => {
    expect(decide('bytes=0-1', 10, '"e"')).toEqual({ kind: 'part', start: 0, end: 2 });
    expect(decide('bytes=0-1', 10, '"other"')).toEqual({ kind: 'whole' });
    expect(decide('bytes=0-1', 10, 'W/"e"')).toEqual({ kind: 'whole' });
  });
});
