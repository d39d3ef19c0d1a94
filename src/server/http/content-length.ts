import type { ServerResponse } from 'node:http';

/**
 * A handler's Content-Length, on its way through Next, which gives the client none: it goes under a
 * name of our own until the head is written. With it a client sees that a body was cut short, and
 * HEAD tells the size.
 */
export const LENGTH_HEADER = 'x-musehub-content-length';

/** Makes a Content-Length of what a handler said, unless the body is compressed on its way. */
export function passContentLength(response: ServerResponse): void {
  const writeHead = response.writeHead as (...args: unknown[]) => ServerResponse;
  response.writeHead = ((...args: unknown[]) => {
    const length = response.getHeader(LENGTH_HEADER);
    response.removeHeader(LENGTH_HEADER);
    if (length !== undefined && !response.hasHeader('content-encoding')) {
      response.setHeader('content-length', String(length));
    }
    return writeHead.apply(response, args);
  }) as ServerResponse['writeHead'];
}
