import { randomBytes, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ResetReach } from '~/server/ports/password-store';
import { AN_ACT } from '~tests/support/audit-entries';
import { addUser, withToken } from '~tests/support/store-cast';
import type { StoreWorld } from '~tests/support/store-world';

/** What a store of passwords promises. */
export function describePasswordStore(name: string, makeWorld: () => StoreWorld): void {
  let world: StoreWorld;
  beforeAll(() => {
    world = makeWorld();
  });

  const sign = async (userId: string) => {
    const id = randomUUID();
    const session = { id, userId, tokenId: null, expiresAtMs: Date.now() + 60_000 };
    await world.identity.createSession({ ...session, userAgent: '', address: '' }, AN_ACT);
    return id;
  };
  const stands = async (sessionId: string) =>
    (await world.identity.findSession(sessionId)) !== null;
  const hashOf = async (handle: string) => (await world.passwords.findPassword(handle))?.hash;
  const reset = async (userId: string, fields: Partial<ResetReach> & { livesMs?: number } = {}) => {
    const codeHash = randomBytes(32);
    const { revokeTokens = false, unlinkLogins = false, livesMs = 60_000 } = fields;
    const invitation = { id: randomUUID(), codeHash, madeById: (await addUser(world)).userId };
    const expiresAtMs = Date.now() + livesMs;
    await world.passwords.resetPassword(
      userId,
      { revokeTokens, unlinkLogins, invitation: { ...invitation, expiresAtMs } },
      AN_ACT,
    );
    return { codeHash, id: invitation.id };
  };
  const redeem = (codeHash: Uint8Array) =>
    world.passwords.redeemReset(codeHash, 'new hash', () => AN_ACT);

  describe(`${name}: a password`, () => {
    it('is found by handle without regard to case', async () => {
      const { userId, handle } = await addUser(world);
      const none = { userId, handle, hash: null, disabled: false };
      expect(await world.passwords.findPassword(handle.toUpperCase())).toEqual(none);
      await world.passwords.setPassword(userId, 'hash', null, AN_ACT);
      await world.disableUser(userId);
      expect(await world.passwords.findPassword(handle)).toEqual({
        ...{ ...none, hash: 'hash', disabled: true },
      });
      expect(await world.passwords.findPassword('nobody-\0')).toBeNull();
    });

    it('that is set ends the other sessions of its account only', async () => {
      const [user, other] = [await addUser(world), await addUser(world)];
      const [kept, ended] = [await sign(user.userId), await sign(user.userId)];
      const foreign = await sign(other.userId);
      expect(await world.passwords.setPassword(user.userId, 'hash', kept, AN_ACT)).toBe(1);
      expect([await stands(kept), await stands(ended), await stands(foreign)]).toEqual([
        ...[true, false, true],
      ]);
      expect(await world.passwords.setPassword(user.userId, 'hash', null, AN_ACT)).toBe(1);
    });

    it('is hashed anew only while it is the same', async () => {
      const { userId, handle } = await addUser(world);
      await world.passwords.setPassword(userId, 'old', null, AN_ACT);
      await world.passwords.rehashPassword(userId, 'old', 'stronger');
      await world.passwords.rehashPassword(userId, 'old', 'too late');
      expect(await hashOf(handle)).toBe('stronger');
    });
  });

  describe(`${name}: a reset`, () => {
    it('takes password and sessions away, and tokens when that is wished', async () => {
      const user = await addUser(world);
      const hash = randomBytes(32);
      await withToken(world, user, { hash });
      await world.passwords.setPassword(user.userId, 'hash', null, AN_ACT);
      const session = await sign(user.userId);
      await reset(user.userId);
      expect(await hashOf(user.handle)).toBeNull();
      expect(await stands(session)).toBe(false);
      expect((await world.identity.findToken(hash))?.revoked).toBe(false);
      await reset(user.userId, { revokeTokens: true });
      expect((await world.identity.findToken(hash))?.revoked).toBe(true);
    });

    it('takes the sign-ins of other sites away when that is wished, of that account only', async () => {
      const [user, other] = [await addUser(world), await addUser(world)];
      const link = (userId: string) =>
        world.logins.linkLogin(
          { userId, provider: 'https://id.test', subject: userId, name: 'ada' },
          AN_ACT,
        );
      const linked = async (userId: string) => (await world.logins.listLogins(userId)).length;
      await link(user.userId);
      await link(other.userId);
      await reset(user.userId);
      expect(await linked(user.userId)).toBe(1);
      await reset(user.userId, { unlinkLogins: true });
      expect([await linked(user.userId), await linked(other.userId)]).toEqual([0, 1]);
    });

    it('gives a code that sets a password once, and ends sessions again', async () => {
      const { userId, handle } = await addUser(world);
      const { codeHash } = await reset(userId);
      const session = await sign(userId);
      expect(await world.passwords.findReset(codeHash)).toEqual({ userId, handle });
      expect(await redeem(codeHash)).toEqual({ userId, handle });
      expect(await hashOf(handle)).toBe('new hash');
      expect(await stands(session)).toBe(false);
      expect(await redeem(codeHash)).toBeNull();
      expect(await world.passwords.findReset(codeHash)).toBeNull();
    });

    it('gives it once also to two who come at the same time', async () => {
      const { codeHash } = await reset((await addUser(world)).userId);
      const both = await Promise.all([redeem(codeHash), redeem(codeHash)]);
      expect(both.filter((account) => account !== null)).toHaveLength(1);
    });

    it('gives no code that works when it is over, taken back, replaced or of a disabled account', async () => {
      const cast = [await addUser(world), await addUser(world), await addUser(world)] as const;
      const over = await reset(cast[0].userId, { livesMs: -1 });
      const revoked = await reset(cast[1].userId);
      await world.invitations.revokeInvitation(revoked.id, AN_ACT);
      const replaced = await reset(cast[0].userId);
      await reset(cast[0].userId);
      const disabled = await reset(cast[2].userId);
      await world.disableUser(cast[2].userId);
      for (const { codeHash } of [over, revoked, replaced, disabled]) {
        expect(await world.passwords.findReset(codeHash)).toBeNull();
        expect(await redeem(codeHash)).toBeNull();
      }
      expect(await redeem(randomBytes(32))).toBeNull();
    });

    it('gives a code that makes no account', async () => {
      const { codeHash, id } = await reset((await addUser(world)).userId);
      expect(await world.invitations.findInvitation(codeHash)).toBeNull();
      expect(await world.invitations.invitationStands(id)).toBe(false);
    });
  });
}
