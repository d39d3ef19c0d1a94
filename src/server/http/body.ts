import { type Clock, systemClock } from '~/server/ports/clock';
import { Refusal } from '~/wire/errors';
import type { BodyForm } from '~/wire/fetch-answer';
import { DRAIN_MAX_BYTES, DRAIN_MAX_MS, MSGPACK_MIME_TYPE } from '~/wire/limits';
import { JSON_MIME_TYPE, mediaTypeOf } from './accept';

/** How long a small request body may take to arrive. */
export const BODY_MAX_MS = 30_000;

/** The form of a request's body; throws `Refusal` `unsupported-media-type`. */
export function bodyFormOf(contentType: string | null): BodyForm {
  const mediaType = mediaTypeOf(contentType);
  if (mediaType === MSGPACK_MIME_TYPE) return 'msgpack';
  if (mediaType === JSON_MIME_TYPE) return 'json';
  const expected = [MSGPACK_MIME_TYPE, JSON_MIME_TYPE];
  throw new Refusal('unsupported-media-type', { expected, got: mediaType });
}

/**
 * Reads a whole request body, which may be small only: what is above `bytesMax` is refused before
 * it is gathered, by its Content-Length already where there is one.
 *
 * Throws `Refusal`: `limit-exceeded` (with `limit`), `too-slow` when it takes longer than `msMax`,
 * `truncated-stream` when the sender goes away.
 */
export async function readBody(
  request: Request,
  bytesMax: number,
  options: { msMax?: number; clock?: Pick<Clock, 'setTimer'> } = {},
): Promise<Uint8Array> {
  if (Number(request.headers.get('content-length') ?? 0) > bytesMax) throw tooLong(bytesMax);
  if (!request.body) return new Uint8Array(0);
  const reader = request.body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  let late = false;
  const stopTimer = (options.clock ?? systemClock).setTimer(options.msMax ?? BODY_MAX_MS, () => {
    late = true;
    stopReading(reader);
  });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (late) throw new Refusal('too-slow', {}, 'The request body took too long to arrive.');
      if (done) return Buffer.concat(chunks, length);
      length += value.byteLength;
      if (length > bytesMax) throw tooLong(bytesMax);
      chunks.push(value);
    }
  } catch (error) {
    stopReading(reader);
    if (Refusal.is(error)) throw error;
    throw new Refusal('truncated-stream', {}, 'The request body stopped before its end.', {
      cause: error,
    });
  } finally {
    stopTimer();
  }
}

/**
 * Reads and drops what a refused client is still sending, so that it gets to read the answer; some
 * clients (Python's urllib) send everything first and take a reset for a network failure. Bounded
 * in bytes and time; resolves when the body is over or the bound is reached, and never rejects: the
 * answer has been given, and a client that goes away meanwhile loses nothing.
 */
export async function drainBody(
  request: Request,
  clock: Pick<Clock, 'setTimer'> = systemClock,
): Promise<void> {
  if (!request.body || request.body.locked) return;
  await drainReader(request.body.getReader(), clock);
}

/** `drainBody` for a body that is being read already. */
export async function drainReader(
  reader: Pick<ReadableStreamDefaultReader<Uint8Array>, 'read' | 'cancel'>,
  clock: Pick<Clock, 'setTimer'> = systemClock,
): Promise<void> {
  const stopTimer = clock.setTimer(DRAIN_MAX_MS, () => stopReading(reader));
  try {
    let length = 0;
    while (length <= DRAIN_MAX_BYTES) {
      const { done, value } = await reader.read();
      if (done) return;
      length += value.byteLength;
    }
    stopReading(reader);
  } catch {
    // The client closed the connection: nobody is left to tell.
  } finally {
    stopTimer();
  }
}

function stopReading(reader: Pick<ReadableStreamDefaultReader<Uint8Array>, 'cancel'>): void {
  // Cancelling a stream that broke already rejects with what broke it, which was reported there.
  reader.cancel().catch(() => undefined);
}

function tooLong(bytesMax: number): Refusal {
  return new Refusal(
    'limit-exceeded',
    { limit: 'body_max_bytes', max: bytesMax },
    `The request body is longer than ${bytesMax} bytes; ask for less at once.`,
  );
}
