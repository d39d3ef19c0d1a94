import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '~tests/support/eventually';
import { ensureBuild, type Hub, startHub } from '~tests/support/hub';

beforeAll(() => ensureBuild(), 600_000);

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(seconds: string): Promise<Hub> {
  const hub = await startHub({ env: { MUSEHUB_SHUTDOWN_SECONDS: seconds } });
  cleanups.push(() => hub.dispose());
  return hub;
}

interface Answer {
  status: number;
  body: string;
}

/** A request that makes a repository and whose body ends only when it is told to. */
function slowRequest(hub: Hub, slug: string): { answer: Promise<Answer>; finish(): void } {
  const body = JSON.stringify({ slug, visibility: 'public' });
  const request = http.request(`${hub.url}/api/repos`, {
    method: 'POST',
    agent: false,
    headers: {
      authorization: `Bearer ${hub.adminToken}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    },
  });
  request.write(body.slice(0, 5));
  const answer = once(request, 'response').then(([response]) => read(response));
  return { answer, finish: () => request.end(body.slice(5)) };
}

async function read(response: http.IncomingMessage): Promise<Answer> {
  let body = '';
  for await (const part of response) body += part;
  return { status: response.statusCode ?? 0, body };
}

const drains = (hub: Hub) =>
  eventually(() => expect(hub.output).toContain('stopping: requests in flight may end'));

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  it('lets a request in flight finish, then ends everything with 0', async () => {
    const hub = await start('30');
    const slow = slowRequest(hub, 'finished');
    // Its headers were read when a later request on another connection is answered.
    expect((await fetch(`${hub.url}/health`)).status).toBe(200);
    const ended = hub.stop(signal);
    await drains(hub);
    slow.finish();
    expect((await slow.answer).status).toBe(201);
    expect(await ended).toBe(0);
    expect(hub.postgresPid()).toBe(0);
    expect(fs.existsSync(path.join(hub.dataFolder, 'hub.lock'))).toBe(false);
    expect(fs.existsSync(path.join(hub.dataFolder, 'database-url'))).toBe(false);
  });
});

describe('a hub that was told to stop', () => {
  it('takes no new connections', async () => {
    const hub = await start('30');
    const slow = slowRequest(hub, 'last');
    expect((await fetch(`${hub.url}/health`)).status).toBe(200);
    const ended = hub.stop();
    await drains(hub);
    const refused = new Promise((resolve) => {
      http.get(`${hub.url}/health`, { agent: false }).on('error', resolve);
    });
    expect(await refused).toMatchObject({ code: 'ECONNREFUSED' });
    slow.finish();
    await slow.answer;
    expect(await ended).toBe(0);
  });

  it('answers "shutting-down" to what still comes over an open connection', async () => {
    const hub = await start('30');
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    cleanups.push(() => agent.destroy());
    const slow = slowRequest(hub, 'last');
    const ask = async (target: string, headers = {}): Promise<Answer> => {
      const request = http.get(`${hub.url}${target}`, { agent, headers });
      const [response] = await once(request, 'response');
      return read(response);
    };
    expect((await ask('/health')).status).toBe(200);
    // Held open by a request of its own, the connection is not idle when the hub begins to stop.
    const held = http.request(`${hub.url}/api/repos`, { agent, method: 'POST' });
    held.write('{');
    const heldAnswer = once(held, 'response').then(([response]) => read(response));
    const next = ask('/api/whoami');
    expect((await fetch(`${hub.url}/health`)).status).toBe(200);
    const ended = hub.stop();
    await drains(hub);
    held.end('}');
    await heldAnswer;
    const answer = await next.catch((error: NodeJS.ErrnoException) => error.code);
    // The connection may end between the two; a client that hears nothing connects anew.
    if (typeof answer === 'string') expect(['ECONNRESET', 'ECONNREFUSED']).toContain(answer);
    else expect(JSON.parse((answer as Answer).body)).toMatchObject({ code: 'shutting-down' });
    slow.finish();
    await slow.answer;
    expect(await ended).toBe(0);
  });

  it('ends in its time although a request does not', async () => {
    const hub = await start('1');
    const slow = slowRequest(hub, 'never');
    slow.answer.catch(() => {}); // it is cut off, which is the point
    expect((await fetch(`${hub.url}/health`)).status).toBe(200);
    const from = Date.now();
    expect(await hub.stop()).toBe(0);
    expect(Date.now() - from).toBeLessThan(20_000);
    await expect(slow.answer).rejects.toMatchObject({ code: 'ECONNRESET' });
    await hub.start();
    expect((await hub.fetch('/api/whoami')).status).toBe(200);
  });

  it('ends at once when it is told a second time, and starts well afterwards', async () => {
    const hub = await start('60');
    const slow = slowRequest(hub, 'never');
    slow.answer.catch(() => {}); // it is cut off, which is the point
    expect((await fetch(`${hub.url}/health`)).status).toBe(200);
    const ended = hub.stop();
    await drains(hub);
    process.kill(hub.pid, 'SIGTERM');
    expect(await ended).toBe(1);
    await hub.start();
    expect((await hub.fetch('/api/whoami')).status).toBe(200);
  });
});
