import type { ServerResponse } from 'node:http';

/**
 * Next gives a handler's header to the client only when the response has none of that name yet, and
 * never its Content-Length. So what a handler may replace is set as late as the head is written, and
 * a length goes under a name of our own until then.
 */

/** A handler's Content-Length, on its way through Next. */
export const LENGTH_HEADER = 'x-musehub-content-length';

/** Sets a header when the head is written, unless the handler has set its own. */
export function setUnlessHandled(response: ServerResponse, name: string, value: string): void {
  beforeHead(response, () => {
    if (!response.hasHeader(name)) response.setHeader(name, value);
  });
}

/** Makes a Content-Length of what a handler said, unless the body is compressed on its way. */
export function passContentLength(response: ServerResponse): void {
  beforeHead(response, () => {
    const length = response.getHeader(LENGTH_HEADER);
    if (length === undefined) return;
    response.removeHeader(LENGTH_HEADER);
    if (!response.hasHeader('content-encoding')) {
      response.setHeader('content-length', String(length));
    }
  });
}

function beforeHead(response: ServerResponse, act: () => void): void {
  const writeHead = response.writeHead as (...args: unknown[]) => ServerResponse;
  response.writeHead = ((...args: unknown[]) => {
    act();
    return writeHead.apply(response, args);
  }) as ServerResponse['writeHead'];
}
