import { randomBytes, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { AN_ACT } from '~tests/support/audit-entries';
import { addRepository, addUser, withToken } from '~tests/support/store-cast';
import type { StoreWorld } from '~tests/support/store-world';

/** What a store of access tokens promises those who manage them. */
export function describeTokenStore(name: string, makeWorld: () => StoreWorld): void {
  let world: StoreWorld;
  beforeAll(() => {
    world = makeWorld();
  });

  describe(`${name}: the tokens of an account`, () => {
    it('are listed newest first, with what each may do and when it was used last', async () => {
      const user = await addUser(world);
      const repoId = await addRepository(world, user);
      const expiresAtMs = Date.UTC(2099, 0, 1);
      const { token: old } = await withToken(world, user, { name: 'old' });
      const narrow = { scopes: ['read' as const], repoIds: [repoId], branchPattern: 'a/*' };
      const { token } = await withToken(world, user, { name: 'new', expiresAtMs, ...narrow });
      await world.identity.touchToken(token.id, {
        ...{ atMs: Date.UTC(2026, 3, 16), address: '192.0.2.1', client: 'muse/1' },
      });
      const listed = await world.tokens.listTokens(user.userId, 10);
      expect(listed.map(({ id }) => id)).toEqual([token.id, old.id]);
      expect(listed[0]).toEqual({
        ...{ id: token.id, name: 'new', scopes: ['read'], branchPattern: 'a/*', expiresAtMs },
        repositories: [{ owner: user.handle, slug: `repo-${repoId.slice(0, 8)}` }],
        createdAtMs: expect.any(Number),
        lastUse: { atMs: Date.UTC(2026, 3, 16), address: '192.0.2.1', client: 'muse/1' },
      });
      expect(listed[1]).toMatchObject({ repositories: null, expiresAtMs: null, lastUse: null });
      expect(await world.tokens.listTokens(user.userId, 1)).toHaveLength(1);
    });

    it('do not name repositories that are deleted, and stay narrowed', async () => {
      const user = await addUser(world);
      const repoId = await addRepository(world, user);
      await withToken(world, user, { repoIds: [repoId] });
      await world.setRepository(repoId, { deleted: true });
      expect(await world.tokens.listTokens(user.userId, 10)).toMatchObject([{ repositories: [] }]);
    });

    it('count as long as they can be used, and are listed until they are revoked', async () => {
      const user = await addUser(world);
      await withToken(world, user, { expiresAtMs: Date.UTC(2001, 0, 1) });
      const { token } = await withToken(world, user);
      await withToken(world, await addUser(world));
      expect(await world.tokens.countTokens(user.userId)).toBe(1);
      expect(await world.tokens.listTokens(user.userId, 10)).toHaveLength(2);
      expect(await world.tokens.revokeOwnToken(user.userId, token.id, AN_ACT)).toBe(true);
      expect(await world.tokens.countTokens(user.userId)).toBe(0);
      expect(await world.tokens.listTokens(user.userId, 10)).toHaveLength(1);
    });

    it('are revoked by their own account, once', async () => {
      const [user, other] = [await addUser(world), await addUser(world)];
      const hash = randomBytes(32);
      const { token } = await withToken(world, user, { hash });
      expect(await world.tokens.revokeOwnToken(other.userId, token.id, AN_ACT)).toBe(false);
      expect((await world.identity.findToken(hash))?.revoked).toBe(false);
      expect(await world.tokens.revokeOwnToken(user.userId, token.id, AN_ACT)).toBe(true);
      expect((await world.identity.findToken(hash))?.revoked).toBe(true);
      for (const id of [token.id, randomUUID(), 'no-uuid']) {
        expect(await world.tokens.revokeOwnToken(user.userId, id, AN_ACT)).toBe(false);
      }
    });
  });
}
