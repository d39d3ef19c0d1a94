import type { FaultLog } from './respond';

/** Small pieces are joined up to this before they are written. */
export const WRITE_BYTES = 64 * 1024;

/**
 * Turns pieces that are made on demand into a response body. Nothing is made before it is read, so
 * a slow reader slows the storage and nothing piles up; when the reader goes away, `stop` is
 * aborted and the pieces end.
 *
 * The first write is made before this resolves, so that what fails at once can still be answered
 * with a status: it throws what the pieces throw. What fails later breaks the connection, so that
 * no reader takes the part for the whole, and is reported to the log.
 */
export async function streamedBody(
  pieces: AsyncGenerator<Uint8Array>,
  stop: AbortController,
  report: { log: FaultLog; fields: Record<string, unknown> },
): Promise<ReadableStream<Uint8Array>> {
  let first: Write | null = await nextWrite(pieces);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const write = first ?? (await nextWrite(pieces));
          first = null;
          for (const bytes of write.parts) controller.enqueue(bytes);
          if (write.done) controller.close();
        } catch (error) {
          if (!stop.signal.aborted) {
            report.log.error('an answer broke off', { ...report.fields, err: error });
          }
          stop.abort();
          // The name makes Next cut the connection without a second report.
          throw new DOMException('the answer broke off', 'AbortError');
        }
      },
      async cancel() {
        stop.abort();
        await pieces.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}

interface Write {
  parts: Uint8Array[];
  done: boolean;
}

/** Pieces worth a write: small ones joined, large ones as they are. */
async function nextWrite(pieces: AsyncGenerator<Uint8Array>): Promise<Write> {
  const parts: Uint8Array[] = [];
  let small: Uint8Array[] = [];
  let bytes = 0;
  const join = () => {
    if (small.length > 0) parts.push(small.length === 1 ? small[0]! : Buffer.concat(small));
    small = [];
  };
  while (bytes < WRITE_BYTES) {
    const { done, value } = await pieces.next();
    if (done) {
      join();
      return { parts, done: true };
    }
    if (value.byteLength === 0) continue;
    bytes += value.byteLength;
    if (value.byteLength >= WRITE_BYTES / 2) {
      join();
      parts.push(value);
    } else {
      small.push(value);
    }
  }
  join();
  return { parts, done: false };
}
