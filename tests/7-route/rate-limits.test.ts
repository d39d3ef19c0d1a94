import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STREAM_MIME_TYPE } from '~/wire/limits';
import { openTestDatabase, type TestDatabase } from '~tests/support/database';
import { type Hub, startHub } from '~tests/support/hub';

/** The limits of requests over two processes of one hub, in the production build. */

const PER_ADDRESS = 40;
const PER_TOKEN = 60;

let database: TestDatabase;
const hubs: Hub[] = [];

beforeAll(async () => {
  database = await openTestDatabase();
  const env = {
    DATABASE_URL: database.url,
    MUSEHUB_TRUSTED_PROXIES: '127.0.0.1',
    MUSEHUB_REQUESTS_PER_ADDRESS: String(PER_ADDRESS),
    MUSEHUB_REQUESTS_PER_TOKEN: String(PER_TOKEN),
  };
  hubs.push(await startHub({ env }));
  hubs.push(await startHub({ env }));
}, 600_000);
afterAll(async () => {
  for (const hub of hubs) await hub.dispose();
  await database?.drop();
});

const ask = (n: number, target: string, from: string, init: RequestInit = {}) =>
  fetch(hubs[n % 2]!.url + target, {
    ...init,
    headers: { 'x-forwarded-for': from, ...(init.headers as Record<string, string>) },
  });

describe('requests of one address', () => {
  it('are answered up to the limit, over all processes, then 429 in the form each reads', async () => {
    const from = '192.0.2.1';
    const statuses: number[] = [];
    for (let n = 0; n < PER_ADDRESS + 10; n++) {
      statuses.push((await ask(n, '/explore', from)).status);
    }
    expect(statuses.filter((status) => status === 200)).toHaveLength(PER_ADDRESS);
    expect(statuses.slice(-5)).toEqual([429, 429, 429, 429, 429]);

    const wire = await ask(0, '/ada/songs/refs', from);
    expect(wire.status).toBe(429);
    expect(wire.headers.get('ratelimit-policy')).toBe(`"address";q=${PER_ADDRESS};w=60`);
    expect(wire.headers.get('ratelimit')).toMatch(/^"address";r=0;t=\d+$/);
    expect(Number(wire.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await wire.json()).toMatchObject({ code: 'rate-limited', retryable: true });

    const procedure = await ask(1, '/api/trpc/account.me', from);
    expect(procedure.headers.get('retry-after')).not.toBeNull();
    expect([procedure.status, (await procedure.json()).error.data]).toEqual([
      429,
      {
        ...{ httpStatus: 429, code: 'TOO_MANY_REQUESTS', path: 'account.me' },
        reason: 'rate-limited',
      },
    ]);

    const page = await ask(0, '/', from, { headers: { accept: 'text/html' } });
    expect([page.status, page.headers.get('content-type')]).toEqual([
      429,
      'text/html; charset=utf-8',
    ]);
    expect(await page.text()).toContain('Too many requests; wait');

    const push = await ask(1, '/ada/songs/push/stream', from, {
      ...{ method: 'POST', headers: { 'content-type': STREAM_MIME_TYPE } },
      body: new Uint8Array(100_000),
    });
    expect([push.status, push.headers.get('content-type')]).toEqual([429, STREAM_MIME_TYPE]);
  });

  it('do not hold up another address, a token, or what watches the hub', async () => {
    const [hub] = hubs;
    expect((await ask(0, '/explore', '192.0.2.2')).status).toBe(200);
    for (const target of ['/health', '/ready', '/icon.svg']) {
      expect((await ask(1, target, '192.0.2.1')).status, target).toBe(200);
    }
    const headers = { authorization: `Bearer ${hub!.adminToken}` };
    const own = await ask(0, '/api/whoami', '192.0.2.3', { headers });
    expect(own.status).toBe(200);
    expect(own.headers.get('ratelimit-policy')).toBe(
      `"token";q=${PER_TOKEN};w=60, "account";q=24000;w=60`,
    );
  });
});
