import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createLogger } from '~/server/logger';
import { Metrics } from '~/server/metrics';
import { createHttpServer } from '~/server/start/http-server';
import { Lifecycle } from '~/server/start/lifecycle';

const IDLE_MS = 300;
let stop: () => void = () => undefined;
afterEach(() => stop());

async function serve(answer: (response: ServerResponse) => void): Promise<net.Socket> {
  const server = createHttpServer({
    env: { url: 'http://hub.test', trustedProxies: new net.BlockList() },
    development: false,
    logger: createLogger('error', { write: () => undefined }),
    lifecycle: new Lifecycle(),
    metrics: new Metrics(),
    rates: { admit: async () => null },
    socketIdleMaxMs: IDLE_MS,
    handle: async (_request, response) => answer(response),
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1').pause();
  stop = () => {
    socket.destroy();
    server.closeAllConnections();
    server.close();
  };
  await once(socket, 'connect');
  socket.write('GET / HTTP/1.1\r\nHost: hub\r\n\r\n');
  return socket;
}

describe('a connection on which nothing moves', () => {
  it('is cut off when its reader does not read, and what answers it is told', async () => {
    let ended: Promise<unknown> | null = null;
    await serve((response) => {
      ended = once(response, 'close');
      const fill = () => {
        while (!response.destroyed && response.write(Buffer.alloc(1024 ** 2)));
      };
      response.on('drain', fill);
      fill();
    });
    while (ended === null) await new Promise((resolve) => setImmediate(resolve));
    await ended;
  });

  it('lives while something moves, however little', async () => {
    const socket = await serve((response) => {
      let left = 8;
      const timer = setInterval(() => {
        response.write('.');
        if (--left > 0) return;
        clearInterval(timer);
        response.end('done');
      }, IDLE_MS / 3);
    });
    let text = '';
    for await (const part of socket.resume()) {
      text += part;
      if (text.includes('done')) break;
    }
    expect(text).toContain('done');
  });
});
