import { describe, expect, it } from 'vitest';
import { bodyFormOf, drainBody, readBody } from '~/server/http/body';
import { LENGTH_HEADER } from '~/server/http/content-length';
import { lingering } from '~/server/http/lingering';
import { streamedBody, WRITE_BYTES } from '~/server/http/streamed-body';
import { Refusal } from '~/wire/errors';
import { DRAIN_MAX_BYTES } from '~/wire/limits';
import { FakeClock } from '~tests/support/fake-clock';

function post(body: BodyInit, headers: Record<string, string> = {}): Request {
  return new Request('http://hub.test/ada/notes/fetch', {
    method: 'POST',
    body,
    headers,
    duplex: 'half',
  } as RequestInit);
}

function stream(chunks: Uint8Array[], onPull?: () => void): ReadableStream<Uint8Array> {
  const left = [...chunks];
  return new ReadableStream(
    {
      pull(controller) {
        onPull?.();
        const chunk = left.shift();
        if (chunk) controller.enqueue(chunk);
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

async function refusalOf(promise: Promise<unknown>): Promise<Refusal> {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!Refusal.is(error)) throw new Error(`not refused: ${String(error)}`);
  return error;
}

describe('reading a small body', () => {
  it('joins its chunks', async () => {
    const body = await readBody(post(stream([Buffer.from('ab'), Buffer.from('cd')])), 4);
    expect(Buffer.from(body).toString()).toBe('abcd');
  });

  it('takes a request without a body as an empty one', async () => {
    const request = new Request('http://hub.test/', { method: 'POST' });
    expect((await readBody(request, 4)).byteLength).toBe(0);
  });

  it('refuses a Content-Length above the limit without reading', async () => {
    let pulls = 0;
    const request = post(
      stream([Buffer.alloc(5)], () => {
        pulls++;
      }),
      { 'content-length': '5' },
    );
    const refusal = await refusalOf(readBody(request, 4));
    expect(refusal).toMatchObject({
      code: 'limit-exceeded',
      detail: { limit: 'body_max_bytes', max: 4 },
    });
    expect(pulls).toBe(0);
  });

  it('stops reading at the limit, whatever was announced', async () => {
    let pulls = 0;
    const endless = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulls++;
          controller.enqueue(Buffer.alloc(1024));
        },
      },
      { highWaterMark: 0 },
    );
    const refusal = await refusalOf(readBody(post(endless), 4096));
    expect(refusal.code).toBe('limit-exceeded');
    expect(pulls).toBeLessThanOrEqual(6);
  });

  it('gives up on a sender that stalls', async () => {
    const clock = new FakeClock();
    const request = post(new ReadableStream<Uint8Array>());
    const refused = refusalOf(readBody(request, 10, { msMax: 1000, clock }));
    await clock.advance(1001);
    expect((await refused).code).toBe('too-slow');
  });

  it('tells a sender that goes away from one that has finished', async () => {
    const broken = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new Error('reset'));
      },
    });
    expect((await refusalOf(readBody(post(broken), 10))).code).toBe('truncated-stream');
  });
});

describe('the form of a body', () => {
  it('is msgpack or JSON by its Content-Type, parameters aside', () => {
    expect(bodyFormOf('application/x-msgpack')).toBe('msgpack');
    expect(bodyFormOf('Application/JSON; charset=utf-8')).toBe('json');
  });

  it('is refused when it is neither', () => {
    for (const type of [null, '', 'text/plain', 'application/x-www-form-urlencoded']) {
      expect(() => bodyFormOf(type)).toThrowError(/media type/i);
    }
  });
});

describe('draining a refused body', () => {
  it('reads it to its end', async () => {
    let pulls = 0;
    const chunks = Array.from({ length: 20 }, () => Buffer.alloc(1024));
    await drainBody(
      post(
        stream(chunks, () => {
          pulls++;
        }),
      ),
    );
    expect(pulls).toBe(21);
  });

  it('stops at its bound of bytes', async () => {
    const chunk = Buffer.alloc(8 * 1024 ** 2);
    let bytes = 0;
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          bytes += chunk.byteLength;
          controller.enqueue(chunk);
        },
        cancel() {
          cancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
    await drainBody(post(endless));
    expect(cancelled).toBe(true);
    expect(bytes).toBeLessThan(DRAIN_MAX_BYTES + 4 * chunk.byteLength);
  });

  it('stops at its bound of time', async () => {
    const clock = new FakeClock();
    const drained = drainBody(post(new ReadableStream<Uint8Array>()), clock);
    await clock.advance(31_000);
    await drained;
    expect(clock.pending).toBe(0);
  });

  it('does not mind a client that is gone', async () => {
    const broken = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new Error('reset'));
      },
    });
    await expect(drainBody(post(broken))).resolves.toBeUndefined();
  });
});

describe('an answer to a client that is still sending', () => {
  it('is written at once, with its length, and ended when the request is drained', async () => {
    let drained: () => void = () => {};
    const drain = new Promise<void>((resolve) => {
      drained = resolve;
    });
    const answer = await lingering(new Response('gone', { status: 410 }), () => drain);
    expect([answer.status, answer.headers.get(LENGTH_HEADER)]).toEqual([410, '4']);
    const reader = answer.body!.getReader();
    expect(Buffer.from((await reader.read()).value!).toString()).toBe('gone');
    let ended = false;
    const end = reader.read().then(() => {
      ended = true;
    });
    await Promise.resolve();
    expect(ended).toBe(false);
    drained();
    await end;
  });
});

describe('a streamed body', () => {
  const noLog = {
    log: {
      error: () => {
        throw new Error('nothing should be logged');
      },
    },
    fields: {},
  };

  async function* pieces(sizes: number[], made: number[] = []): AsyncGenerator<Uint8Array> {
    for (const size of sizes) {
      made.push(size);
      yield Buffer.alloc(size, size % 251);
    }
  }

  it('joins small pieces into writes of 64 KiB and passes large ones on uncopied', async () => {
    const large = Buffer.alloc(300_000, 7);
    async function* mixed(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 1000; i++) yield Buffer.alloc(100, 1);
      yield large;
      yield Buffer.alloc(10, 2);
    }
    const body = await streamedBody(mixed(), new AbortController(), noLog);
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    expect(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0)).toBe(400_010);
    expect(chunks.length).toBeLessThanOrEqual(5);
    expect(chunks.some((chunk) => chunk.buffer === large.buffer)).toBe(true);
  });

  it('makes nothing before it is read', async () => {
    const made: number[] = [];
    const sizes = Array.from({ length: 100 }, () => WRITE_BYTES);
    const body = await streamedBody(pieces(sizes, made), new AbortController(), noLog);
    const reader = body.getReader();
    expect(made.length).toBe(1);
    await reader.read();
    await reader.read();
    expect(made.length).toBeLessThanOrEqual(3);
    await reader.cancel();
  });

  it('throws what fails at once, before there is a body', async () => {
    // biome-ignore lint/correctness/useYield: it fails before it could
    async function* failing(): AsyncGenerator<Uint8Array> {
      throw new Refusal('storage-unavailable');
    }
    const refusal = await refusalOf(streamedBody(failing(), new AbortController(), noLog));
    expect(refusal.code).toBe('storage-unavailable');
  });

  it('breaks off and reports once when it fails later', async () => {
    const lines: Record<string, unknown>[] = [];
    const report = {
      log: { error: (_: string, fields: Record<string, unknown>) => void lines.push(fields) },
      fields: { requestId: 'r' },
    };
    const fault = new Error('the disk is gone');
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(WRITE_BYTES);
      throw fault;
    }
    const stop = new AbortController();
    const body = await streamedBody(failing(), stop, report);
    const reader = body.getReader();
    await reader.read();
    await expect(reader.read()).rejects.toMatchObject({ name: 'AbortError' });
    expect(lines).toEqual([{ requestId: 'r', err: fault }]);
    expect(stop.signal.aborted).toBe(true);
  });

  it('ends its pieces when the reader goes away', async () => {
    let ended = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.alloc(WRITE_BYTES);
      } finally {
        ended = true;
      }
    }
    const stop = new AbortController();
    const body = await streamedBody(endless(), stop, noLog);
    await body.cancel();
    expect([ended, stop.signal.aborted]).toEqual([true, true]);
  });

  it('ends at once when there are no pieces', async () => {
    const body = await streamedBody(pieces([]), new AbortController(), noLog);
    expect(await new Response(body).text()).toBe('');
  });
});
