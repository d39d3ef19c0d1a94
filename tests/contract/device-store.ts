import { randomBytes, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '~/server/access';
import type { DeviceGrant, NewDeviceRequest } from '~/server/ports/device-store';
import { AN_ACT } from '~tests/support/audit-entries';
import { addRepository, addUser, withToken } from '~tests/support/store-cast';
import type { StoreWorld } from '~tests/support/store-world';

type User = Extract<Principal, { kind: 'user' }>;

/** What a store of sign-ins that wait for a decision promises. */
export function describeDeviceStore(name: string, makeWorld: () => StoreWorld): void {
  let world: StoreWorld;
  let ada: User;
  const nowMs = Date.now();
  const laterMs = nowMs + 600_000;
  beforeAll(async () => {
    world = makeWorld();
    ada = await addUser(world);
  });

  const open = async (fields: Partial<NewDeviceRequest> = {}, openMax = 100) => {
    const request: NewDeviceRequest = {
      ...{ id: randomUUID(), deviceHash: randomBytes(32), codeHash: randomBytes(32) },
      ...{ network: randomUUID(), address: '192.0.2.1', client: 'musehub/1', name: 'laptop' },
      ...{ scope: 'write' as const, createdAtMs: nowMs, expiresAtMs: laterMs, pollEveryMs: 3000 },
      ...fields,
    };
    return { request, opened: await world.devices.openRequest(request, openMax) };
  };
  const grant = (fields: Partial<DeviceGrant> = {}): DeviceGrant => ({
    ...{ userId: ada.userId, sessionId: null, tokenId: null, name: 'mine' },
    ...{ scopes: ['read', 'write'], repoIds: null, expiresAtMs: laterMs, ...fields },
  });
  const newToken = () => ({ id: randomUUID(), hash: randomBytes(32) });

  describe(`${name}: a program's request to be signed in`, () => {
    it('is found by its code until it is decided or its time is over', async () => {
      const { request } = await open();
      const found = await world.devices.findOpen(request.codeHash, nowMs);
      expect(found).toEqual({
        ...{ id: request.id, address: '192.0.2.1', client: 'musehub/1', name: 'laptop' },
        ...{ scope: 'write', createdAtMs: nowMs, expiresAtMs: laterMs },
      });
      expect(await world.devices.findOpen(request.deviceHash, nowMs)).toBeNull();
      expect(await world.devices.findOpen(request.codeHash, laterMs)).toBeNull();
      expect(await world.devices.decide(request.id, 'denied', laterMs, AN_ACT)).toBe(false);
      expect(await world.devices.decide(request.id, 'denied', nowMs, AN_ACT)).toBe(true);
      expect(await world.devices.findOpen(request.codeHash, nowMs)).toBeNull();
      expect(await world.devices.decide(request.id, grant(), nowMs, AN_ACT)).toBe(false);
    });

    it('is one of so many from its network, also when they come at once', async () => {
      const network = randomUUID();
      const many = await Promise.all(Array.from({ length: 8 }, () => open({ network }, 3)));
      expect(many.filter(({ opened }) => opened)).toHaveLength(3);
      const decided = many.find(({ opened }) => opened)!.request;
      await world.devices.decide(decided.id, 'denied', nowMs, AN_ACT);
      expect((await open({ network }, 3)).opened).toBe(true);
      expect((await open({ network }, 3)).opened).toBe(false);
      expect((await open({}, 3)).opened).toBe(true);
      const later = { network, createdAtMs: laterMs, expiresAtMs: laterMs + 1 };
      expect((await open(later, 3)).opened).toBe(true);
    });

    it('tells the program how far it is, and whoever asks too soon to wait longer', async () => {
      const { request } = await open();
      const ask = (atMs: number) => world.devices.poll(request.deviceHash, atMs, 5000);
      const pending = { state: 'pending', accountKind: null };
      expect(await ask(nowMs)).toEqual({ ...pending, tooSoon: false, pollEveryMs: 3000 });
      expect(await ask(nowMs + 2999)).toEqual({ ...pending, tooSoon: true, pollEveryMs: 8000 });
      expect(await ask(nowMs + 10_000)).toMatchObject({ tooSoon: true, pollEveryMs: 13_000 });
      expect(await ask(nowMs + 23_000)).toMatchObject({ tooSoon: false, pollEveryMs: 13_000 });
      await world.devices.decide(request.id, grant(), nowMs, AN_ACT);
      expect(await ask(nowMs + 40_000)).toMatchObject({ state: 'approved', accountKind: 'human' });
      expect(await ask(laterMs)).toBeNull();
      expect(await world.devices.poll(randomBytes(32), nowMs, 5000)).toBeNull();
    });

    it('is claimed once, and the token is what was granted', async () => {
      const { request } = await open();
      const token = newToken();
      expect(await world.devices.claim(request.deviceHash, token, nowMs, () => AN_ACT)).toBeNull();
      const repoIds = [await addRepository(world, ada)];
      await world.devices.decide(request.id, grant({ repoIds, scopes: ['read'] }), nowMs, AN_ACT);
      const claims = await Promise.all(
        [token, newToken()].map((each) =>
          world.devices.claim(request.deviceHash, each, nowMs, () => AN_ACT),
        ),
      );
      const [claimed] = claims.filter((each) => each !== null);
      expect(claims.filter((each) => each === null)).toHaveLength(1);
      expect(claimed).toEqual({
        ...grant({ repoIds, scopes: ['read'] }),
        handle: ada.handle,
      });
      const listed = await world.tokens.listTokens(ada.userId, 1000);
      expect(listed.filter((each) => each.name === 'mine')).toMatchObject([
        { scopes: ['read'], branchPattern: null, expiresAtMs: laterMs, lastUse: null },
      ]);
    });

    it('ends with the session, the token and the account that approved it', async () => {
      const approvedBy = async (decider: Partial<DeviceGrant>) => {
        const { request } = await open();
        await world.devices.decide(request.id, grant(decider), nowMs, AN_ACT);
        return () => world.devices.claim(request.deviceHash, newToken(), nowMs, () => AN_ACT);
      };
      const { token } = await withToken(world, ada);
      const sessionId = randomUUID();
      await world.identity.createSession(
        {
          ...{ id: sessionId, userId: ada.userId, tokenId: token.id, expiresAtMs: laterMs },
          ...{ userAgent: '', address: '' },
        },
        AN_ACT,
      );
      const eve = await addUser(world);
      const bySession = await approvedBy({ sessionId });
      const byToken = await approvedBy({ tokenId: token.id });
      const byAccount = await approvedBy({ userId: eve.userId });
      expect(await (await approvedBy({ sessionId, tokenId: token.id }))()).not.toBeNull();
      await world.identity.revokeSession(sessionId, AN_ACT);
      await world.identity.revokeToken(token.id, AN_ACT);
      await world.disableUser(eve.userId);
      for (const claim of [bySession, byToken, byAccount]) expect(await claim()).toBeNull();
    });

    it('is swept when its time is over', async () => {
      const { request: old } = await open({ expiresAtMs: nowMs - 1 });
      const { request } = await open();
      expect(await world.devices.sweep(nowMs)).toBeGreaterThanOrEqual(1);
      expect(await world.devices.sweep(nowMs)).toBe(0);
      expect(await world.devices.findOpen(request.codeHash, nowMs)).not.toBeNull();
      expect(await world.devices.poll(old.deviceHash, nowMs - 2, 0)).toBeNull();
    });
  });
}
