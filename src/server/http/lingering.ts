import { LENGTH_HEADER } from './content-length';

/**
 * An answer that is written at once but ended only when the request has been drained. Node closes a
 * connection that is not kept alive when the answer ends, and a client that is still sending (like
 * Python's urllib, which sends everything first) would find it broken instead of reading the answer.
 *
 * `drain` is bounded and never rejects; see `drainBody`. A client that does read sees by the length
 * that it has the whole answer, and need not wait.
 */
export async function lingering(answer: Response, drain: () => Promise<void>): Promise<Response> {
  const bytes = new Uint8Array(await answer.arrayBuffer());
  let written = false;
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (!written && bytes.byteLength > 0) {
          controller.enqueue(bytes);
        } else {
          await drain();
          controller.close();
        }
        written = true;
      },
    },
    { highWaterMark: 0 },
  );
  const headers = new Headers(answer.headers);
  headers.set(LENGTH_HEADER, String(bytes.byteLength));
  return new Response(body, { status: answer.status, headers });
}
