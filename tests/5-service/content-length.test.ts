import { once } from 'node:events';
import http, { type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { LENGTH_HEADER, passContentLength } from '~/server/http/content-length';

const servers: http.Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function answerOf(handle: (response: ServerResponse) => void): Promise<Response> {
  const server = http.createServer((_request, response) => handle(response));
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

describe('the length that a handler announces', () => {
  it('is the Content-Length', async () => {
    const answer = await answerOf((response) => {
      passContentLength(response);
      response.setHeader(LENGTH_HEADER, '2');
      response.write('x');
      response.end('y');
    });
    expect(answer.headers.get('content-length')).toBe('2');
    expect(answer.headers.has(LENGTH_HEADER)).toBe(false);
  });

  it('is dropped when the body was compressed on its way', async () => {
    const answer = await answerOf((response) => {
      passContentLength(response);
      response.setHeader(LENGTH_HEADER, '99');
      response.setHeader('content-encoding', 'identity');
      response.end('xyz');
    });
    expect(await answer.text()).toBe('xyz');
    expect(answer.headers.get('content-length')).not.toBe('99');
    expect(answer.headers.has(LENGTH_HEADER)).toBe(false);
  });
});
