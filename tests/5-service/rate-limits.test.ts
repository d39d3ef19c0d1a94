import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { encode } from 'next-auth/jwt';
import { beforeEach, describe, expect, it } from 'vitest';
import { hashToken, newToken } from '~/server/auth/token-text';
import { RateGuard, type RequestLimits, rateHeaders } from '~/server/http/rate-guard';
import type { RateStore } from '~/server/ports/rate-store';
import { RateLimiter } from '~/server/services/rate-limiter';
import { describeRateStore } from '~tests/contract/rate-store';
import { AN_ACT } from '~tests/support/audit-entries';
import { FakeClock } from '~tests/support/fake-clock';
import { MemoryRateStore } from '~tests/support/memory-rate-store';
import { memoryWorld } from '~tests/support/memory-world';
import { addUser, withToken } from '~tests/support/store-cast';
import type { StoreWorld } from '~tests/support/store-world';

const SECRET = 'a secret of the tests, long enough';
const LIMITS: RequestLimits = { perToken: 40, perAccount: 60, perAddress: 20 };

let world: StoreWorld;
let clock: FakeClock;
let store: MemoryRateStore;
const troubles: unknown[] = [];

beforeEach(() => {
  world = memoryWorld();
  clock = new FakeClock();
  store = new MemoryRateStore();
  troubles.length = 0;
});

describeRateStore('memory', () => new MemoryRateStore());

/** A process of the hub. */
function open(limits = LIMITS, over: RateStore = store): RateGuard {
  const onTrouble = (_what: string, error: unknown) => troubles.push(error);
  const limiter = new RateLimiter({ store: over, clock, onTrouble });
  return new RateGuard({ limiter, identities: world.identity, sessionSecret: SECRET, limits });
}

const request = (headers: Record<string, string> = {}, url = '/ada/songs/refs') =>
  ({ url, headers }) as unknown as IncomingMessage;

/** How many of so many requests are heard. */
async function heard(guard: RateGuard, n: number, from: IncomingMessage, address = '192.0.2.1') {
  const verdicts = await Promise.all(Array.from({ length: n }, () => guard.admit(from, address)));
  return verdicts.filter((verdict) => verdict === null || verdict.heardAgainAtMs === null).length;
}

async function tokenOf(user: Awaited<ReturnType<typeof addUser>>) {
  const text = newToken('human');
  await withToken(world, user, { hash: hashToken(text) });
  return request({ authorization: `Bearer ${text}` });
}

describe('requests', () => {
  it('of nobody are counted for the address, exactly, and heard again after the minute', async () => {
    const guard = open();
    expect(await heard(guard, 25, request())).toBe(20);
    expect(await heard(guard, 5, request(), '192.0.2.2')).toBe(5);
    await clock.advance(59_999);
    expect(await heard(guard, 1, request())).toBe(0);
    await clock.advance(1);
    expect(await heard(guard, 1, request())).toBe(1);
  });

  it('of one IPv6 network are counted together', async () => {
    const guard = open();
    expect(await heard(guard, 20, request(), '2001:db8::1')).toBe(20);
    expect(await heard(guard, 1, request(), '2001:db8::2')).toBe(0);
    expect(await heard(guard, 1, request(), '2001:db8:0:1::2')).toBe(1);
  });

  it('of a token are its own and its account’s, whatever the address is used up to', async () => {
    const guard = open();
    const ada = await addUser(world);
    const [one, two] = [await tokenOf(ada), await tokenOf(ada)];
    expect(await heard(guard, 1, one)).toBe(1);
    expect(await heard(guard, 1, two)).toBe(1);
    await heard(guard, 30, request());
    expect(await heard(guard, 50, one)).toBe(39);
    expect(await heard(guard, 50, two)).toBe(19);
    const eve = await tokenOf(await addUser(world));
    expect(await heard(guard, 5, eve, '192.0.2.3')).toBe(5);
  });

  it('of a browser session are its account’s', async () => {
    const guard = open();
    const ada = await addUser(world);
    const id = randomUUID();
    await world.identity.createSession(
      {
        ...{ id, userId: ada.userId, tokenId: null, userAgent: '', address: '' },
        expiresAtMs: Date.now() + 60_000,
      },
      AN_ACT,
    );
    const value = await encode({ token: { sessionId: id }, secret: SECRET });
    const page = request({ cookie: `theme=x; next-auth.session-token=${value}` }, '/');
    expect(await heard(guard, 1, page)).toBe(1);
    expect(await heard(guard, 70, page)).toBe(59);
    expect(store.windows.get(`account ${ada.userId}`)?.taken).toBeGreaterThanOrEqual(60);
  });

  it('with what is nobody’s are counted for the address, and looked up no more than that', async () => {
    let lookups = 0;
    const identities = {
      findToken: async () => {
        lookups++;
        return null;
      },
      findSession: async () => null,
    };
    const limiter = new RateLimiter({ store, clock, onTrouble: () => undefined });
    const guard = new RateGuard({ limiter, identities, sessionSecret: SECRET, limits: LIMITS });
    for (let n = 0; n < 30; n++) {
      await guard.admit(request({ authorization: `Bearer ${newToken('human')}` }), '192.0.2.1');
    }
    expect(lookups).toBe(20);
    const forged = { authorization: 'Bearer nonsense', cookie: 'next-auth.session-token=a.b' };
    expect(await heard(guard, 1, request(forged))).toBe(0);
  });

  it('for static files and of what watches the process are not counted', async () => {
    const guard = open();
    await heard(guard, 30, request());
    for (const path of ['/_next/static/a.js', '/icon.svg', '/health', '/ready?x', '/metrics']) {
      expect(await guard.admit(request({}, path), '192.0.2.1'), path).toBeNull();
    }
    for (const path of ['/', '/healthy', '/metrics/x', '/api/trpc/account.me']) {
      expect(await heard(guard, 1, request({}, path)), path).toBe(0);
    }
  });

  it('are counted by all processes together, most of them without a query', async () => {
    const limits = { ...LIMITS, perAddress: 200 };
    const [one, two] = [open(limits), open(limits)];
    let sum = 0;
    for (let n = 0; n < 15; n++) {
      sum += (await heard(one, 10, request())) + (await heard(two, 10, request()));
    }
    expect(sum).toBe(200);
    expect(store.asked).toBeLessThanOrEqual(22);
  });

  it('are not limited by 0, nor when the database is away', async () => {
    const off = open({ perToken: 0, perAccount: 0, perAddress: 0 });
    expect(await heard(off, 100, request())).toBe(100);
    const away = { lease: () => Promise.reject(new Error('no database')) };
    expect(await heard(open(LIMITS, away), 50, request())).toBe(50);
    expect(troubles.length).toBeGreaterThan(0);
  });
});

describe('the headers', () => {
  it('tell each limit, what is left of it and when it begins anew', async () => {
    const guard = open();
    const own = await tokenOf(await addUser(world));
    await guard.admit(own, '192.0.2.1');
    await clock.advance(20_500);
    const verdict = await guard.admit(own, '192.0.2.1');
    expect(rateHeaders(verdict!, clock.now())).toEqual([
      ['RateLimit-Policy', '"token";q=40;w=60, "account";q=60;w=60'],
      ['RateLimit', '"token";r=38;t=40, "account";r=58;t=40'],
    ]);
  });
});
