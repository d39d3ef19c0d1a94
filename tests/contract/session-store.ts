import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { AN_ACT } from '~tests/support/audit-entries';
import { addUser, withToken } from '~tests/support/store-cast';
import type { StoreWorld } from '~tests/support/store-world';

/** What a store of browser sessions promises those who look after their own. */
export function describeSessionStore(name: string, makeWorld: () => StoreWorld): void {
  let world: StoreWorld;
  beforeAll(() => {
    world = makeWorld();
  });

  const sign = async (userId: string, tokenId: string | null = null, livesMs = 3_600_000) => {
    const id = randomUUID();
    await world.identity.createSession(
      {
        ...{ id, userId, tokenId, expiresAtMs: Date.now() + livesMs },
        ...{ userAgent: 'browser', address: '192.0.2.1' },
      },
      AN_ACT,
    );
    return id;
  };
  const ids = async (userId: string) =>
    (await world.sessions.listSessions(userId, 10)).map(({ id }) => id);

  describe(`${name}: the sessions of an account`, () => {
    it('are listed while they stand, last used first', async () => {
      const user = await withToken(world, await addUser(world), { name: 'laptop' });
      const first = await sign(user.userId, user.token.id);
      const second = await sign(user.userId);
      await sign(user.userId, null, -1);
      await sign((await addUser(world)).userId);
      const atMs = Date.now() + 600_000;
      await world.identity.touchSession(first, { atMs, address: '192.0.2.9', client: 'phone' });
      const listed = await world.sessions.listSessions(user.userId, 10);
      expect(listed.map(({ id }) => id)).toEqual([first, second]);
      expect(listed[0]).toEqual({
        ...{ id: first, lastUsedAtMs: atMs, createdAtMs: expect.any(Number) },
        ...{ address: '192.0.2.9', userAgent: 'phone', tokenName: 'laptop' },
      });
      expect(listed[1]).toMatchObject({ userAgent: 'browser', tokenName: null });
      await world.identity.revokeToken(user.token.id, AN_ACT);
      expect(await ids(user.userId)).toEqual([second]);
    });

    it('note their last use at most once a minute', async () => {
      const { userId } = await addUser(world);
      const id = await sign(userId);
      const start = Date.now() + 600_000;
      for (const [afterMs, client] of [
        [0, 'first'],
        [59_999, 'too soon'],
      ] as const) {
        await world.identity.touchSession(id, { atMs: start + afterMs, address: '', client });
      }
      expect(await world.sessions.listSessions(userId, 1)).toMatchObject([{ userAgent: 'first' }]);
    });

    it('are ended by their own account, one or all others', async () => {
      const [user, other] = [await addUser(world), await addUser(world)];
      const [one, two, three] = [
        ...[await sign(user.userId), await sign(user.userId), await sign(user.userId)],
      ] as [string, string, string];
      const foreign = await sign(other.userId);
      expect(await world.sessions.revokeOwnSession(user.userId, foreign, AN_ACT)).toBe(false);
      expect(await world.sessions.revokeOwnSession(user.userId, 'no-uuid', AN_ACT)).toBe(false);
      expect(await world.sessions.revokeOwnSession(user.userId, one, AN_ACT)).toBe(true);
      expect(await world.sessions.revokeOwnSession(user.userId, one, AN_ACT)).toBe(false);
      expect(await world.identity.findSession(one)).toBeNull();
      expect(await world.sessions.revokeOtherSessions(user.userId, two, AN_ACT)).toBe(1);
      expect(await world.identity.findSession(three)).toBeNull();
      expect(await ids(user.userId)).toEqual([two]);
      expect(await world.sessions.revokeOtherSessions(user.userId, null, AN_ACT)).toBe(1);
      expect(await ids(other.userId)).toEqual([foreign]);
    });
  });
}
