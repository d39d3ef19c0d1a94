import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { keyIdOf } from '~/muse/signature';
import { AN_ACT } from '~tests/support/audit-entries';
import { addUser } from '~tests/support/store-cast';
import type { StoreWorld } from '~tests/support/store-world';

/** What a store of signing keys promises. */
export function describeKeyStore(name: string, makeWorld: () => StoreWorld): void {
  let world: StoreWorld;
  beforeAll(() => {
    world = makeWorld();
  });

  const keyFor = (userId: string, called = 'laptop') => {
    const publicKey = new Uint8Array(randomBytes(32));
    return { keyId: keyIdOf(publicKey), publicKey, userId, name: called };
  };

  describe(`${name}: the signing keys of an account`, () => {
    it('are listed newest first, also those that were revoked', async () => {
      const { userId } = await addUser(world);
      const [old, fresh] = [keyFor(userId, 'old'), keyFor(userId, 'new')];
      expect(await world.keys.addKey(old, AN_ACT)).toBe(true);
      expect(await world.keys.addKey(fresh, AN_ACT)).toBe(true);
      expect(await world.keys.revokeOwnKey(userId, old.keyId, AN_ACT)).toBe(true);
      const listed = await world.keys.listKeys(userId, 10);
      const { keyId, publicKey } = fresh;
      expect({ ...listed[0]!, publicKey: new Uint8Array(listed[0]!.publicKey) }).toEqual({
        ...{ keyId, publicKey, name: 'new', createdAtMs: expect.any(Number), revokedAtMs: null },
      });
      expect(listed[1]).toMatchObject({ keyId: old.keyId, revokedAtMs: expect.any(Number) });
      expect(await world.keys.listKeys(userId, 1)).toHaveLength(1);
    });

    it('belong to one account for good', async () => {
      const [ada, eve] = [await addUser(world), await addUser(world)];
      const key = keyFor(ada.userId);
      expect(await world.keys.findOwner(key.keyId)).toBeNull();
      await world.keys.addKey(key, AN_ACT);
      expect(await world.keys.addKey({ ...key, userId: eve.userId }, AN_ACT)).toBe(false);
      expect(await world.keys.revokeOwnKey(eve.userId, key.keyId, AN_ACT)).toBe(false);
      expect(await world.keys.findOwner(key.keyId)).toEqual({
        ...{ userId: ada.userId, revoked: false },
      });
      expect(await world.keys.revokeOwnKey(ada.userId, key.keyId, AN_ACT)).toBe(true);
      expect(await world.keys.revokeOwnKey(ada.userId, key.keyId, AN_ACT)).toBe(false);
      expect(await world.keys.addKey(key, AN_ACT)).toBe(false);
      expect(await world.keys.findOwner(key.keyId)).toMatchObject({ revoked: true });
    });

    it('verify new commits until they are revoked', async () => {
      const { userId } = await addUser(world);
      const key = keyFor(userId);
      await world.keys.addKey(key, AN_ACT);
      const asked = [key.keyId, key.keyId.slice(0, 16)];
      expect([...(await world.push.findSigningKeys(asked)).keys()].sort()).toEqual(asked.sort());
      await world.keys.revokeOwnKey(userId, key.keyId, AN_ACT);
      expect((await world.push.findSigningKeys(asked)).size).toBe(0);
    });
  });
}
