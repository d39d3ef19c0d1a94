import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureBuild, type Hub, startHub } from '~tests/support/hub';

let hub: Hub;
beforeAll(async () => {
  await ensureBuild();
  hub = await startHub();
}, 600_000);
afterAll(() => hub.dispose());

/** Sends bytes as they are, which no HTTP library would, and reads until the server closes. */
async function raw(text: string): Promise<string> {
  const socket = net.connect(Number(new URL(hub.url).port), '127.0.0.1');
  socket.write(text);
  let answer = '';
  socket.on('data', (part) => {
    answer += part;
  });
  await once(socket, 'close');
  return answer;
}

const get = (target: string) =>
  raw(`GET ${target} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n`);

describe('an address', () => {
  it.each(['/%', '/%zz', '/a/b%E0%A4', '/%ff', '/admin/repo/%c3%28'])(
    'with the malformed escape %s is refused with 400 and a sentence',
    async (target) => {
      const answer = await get(target);
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer).toContain('not followed by the hex digits of UTF-8 text');
    },
  );

  it('may have what it likes after the question mark', async () => {
    expect(await get('/health?%zz')).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('with a NUL is refused with 400', async () => {
    expect(await get('/admin/a%00b')).toMatch(/^HTTP\/1\.1 400 .*NUL/s);
  });

  it('of more than 8,192 characters is refused with 414', async () => {
    expect(await get(`/${'a'.repeat(8_192)}`)).toMatch(/^HTTP\/1\.1 414 .*longer than 8192/s);
    expect(await get(`/${'a'.repeat(8_000)}`)).toMatch(/^HTTP\/1\.1 404 /);
  });

  it('that names another host is refused with 400', async () => {
    expect(await get('http://other.example.org/health')).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('every answer', () => {
  it.each([
    ['a page', '/', 200],
    ['a route', '/health', 200],
    ['what is not there', '/admin/nothing/here/at/all', 404],
    ['a malformed address', '/%zz', 400],
  ])('has the common headers: %s', async (_what, target, status) => {
    const answer = await get(target);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    const head = answer.split('\r\n\r\n', 1)[0]!.toLowerCase();
    for (const name of [
      'x-content-type-options: nosniff',
      'referrer-policy: same-origin',
      'x-frame-options: deny',
      "content-security-policy: default-src 'none'",
      'x-request-id: ',
    ]) {
      expect(head.split(name), name).toHaveLength(2);
    }
    expect(head).not.toContain('x-powered-by');
  });

  it("has a policy with a nonce of its own, which is the page's", async () => {
    const nonces = await Promise.all(
      [0, 1].map(async () => {
        const answer = await fetch(hub.url);
        const nonce = /'nonce-([^']+)'/.exec(answer.headers.get('content-security-policy') ?? '');
        expect(await answer.text()).toContain(`nonce="${nonce?.[1]}"`);
        return nonce?.[1];
      }),
    );
    expect(nonces[0]).not.toBe(nonces[1]);
  });

  it('never takes its nonce from the client', async () => {
    const headers = { 'content-security-policy': "script-src 'nonce-chosenbyme'" };
    const answer = await fetch(hub.url, { headers });
    expect(await answer.text()).not.toContain('chosenbyme');
  });

  it('repeats a sane request id, and replaces another', async () => {
    const idFor = async (id: string) =>
      (await fetch(`${hub.url}/health`, { headers: { 'x-request-id': id } })).headers.get(
        'x-request-id',
      );
    expect(await idFor('proxy-7.1:a_b')).toBe('proxy-7.1:a_b');
    expect(await idFor('two words <b>')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await idFor('x'.repeat(65))).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('that is a script is small from the first on, and has no headers of documents', async () => {
    const page = await (await fetch(hub.url)).text();
    const [script] = /\/_next\/static\/chunks\/[\w.-]+\.js/.exec(page)!;
    const answer = await fetch(new URL(script, hub.url), { headers: { 'accept-encoding': 'br' } });
    expect(answer.headers.get('content-encoding')).toBe('br');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('content-security-policy')).toBeNull();
    const missing = await fetch(new URL('/_next/static/chunks/none.js', hub.url));
    expect(missing.status).toBe(404);
    expect(missing.headers.get('content-security-policy')).not.toBeNull();
  });
});

describe('a slow client', () => {
  it('that does not finish its headers is cut off after 15 s, others are served', async () => {
    const from = Date.now();
    const cut = raw('GET /health HTTP/1.1\r\nHost: hub\r\n');
    expect((await fetch(`${hub.url}/health`)).status).toBe(200);
    expect(await cut).toMatch(/^HTTP\/1\.1 408 /);
    const tookMs = Date.now() - from;
    expect(tookMs).toBeGreaterThan(14_000);
    expect(tookMs).toBeLessThan(40_000);
  });

  it('may take longer than that for its body', async () => {
    const body = JSON.stringify({ slug: 'trickled', visibility: 'public' });
    const request = http.request(`${hub.url}/api/repos`, {
      method: 'POST',
      agent: false,
      headers: {
        authorization: `Bearer ${hub.adminToken}`,
        'content-type': 'application/json',
        'content-length': body.length,
      },
    });
    // The trickle is the input here: 20 s, byte by byte at first.
    for (let at = 0; at < 20; at++) {
      request.write(body[at]);
      await delay(1_000);
    }
    request.end(body.slice(20));
    const [response] = await once(request, 'response');
    response.resume();
    expect(response.statusCode).toBe(201);
  });
});

describe('the counters', () => {
  const metrics = (headers: Record<string, string> = {}) =>
    fetch(`${hub.url}/metrics`, { headers });

  it('are told to this machine', async () => {
    await fetch(`${hub.url}/health`);
    const text = await (await metrics()).text();
    expect(text).toMatch(/^musehub_requests_total\{status="2xx"\} [1-9]\d*$/m);
    expect(text).toMatch(/^musehub_memory_bytes\{kind="resident"\} [1-9]\d*$/m);
  });

  it('are nothing to those who come through a proxy, unless they are an admin', async () => {
    const proxied = { 'x-forwarded-for': '203.0.113.7' };
    expect((await metrics(proxied)).status).toBe(404);
    expect((await metrics({ ...proxied, authorization: 'Bearer wrong' })).status).toBe(404);
    const authorization = `Bearer ${hub.adminToken}`;
    expect((await metrics({ ...proxied, authorization })).status).toBe(200);
  });
});
