import { randomBytes, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { ANONYMOUS } from '~/server/access';
import { AN_ACT } from '~tests/support/audit-entries';
import { addRepository, addUser, withToken } from '~tests/support/store-cast';
import type { StoreWorld } from '~tests/support/store-world';

/** What an identity store promises. */
export function describeIdentityStore(name: string, makeWorld: () => StoreWorld): void {
  let world: StoreWorld;
  beforeAll(() => {
    world = makeWorld();
  });

  describe(`${name}: accounts`, () => {
    it('are found by their handle without regard to case, and print as they were written', async () => {
      const handle = `Ada-${randomUUID().slice(0, 8)}`;
      const user = await addUser(world, { handle, role: 'admin', kind: 'agent' });
      expect(await world.identity.findUser(handle.toUpperCase())).toEqual({
        ...{ id: user.userId, handle, kind: 'agent', role: 'admin', disabled: false },
      });
      await world.disableUser(user.userId);
      expect(await world.identity.findUser(handle)).toMatchObject({ disabled: true });
    });

    it('cannot take a handle that another has, in any case', async () => {
      const handle = `bob-${randomUUID().slice(0, 8)}`;
      await addUser(world, { handle });
      await expect(addUser(world, { handle: handle.toUpperCase() })).rejects.toThrow(
        'handle-taken',
      );
    });

    it('are none under a handle that nobody could have', async () => {
      expect(await world.identity.findUser('nobody-\0')).toBeNull();
    });
  });

  describe(`${name}: tokens`, () => {
    it('are found by their hash with the account they stand for', async () => {
      const user = await addUser(world);
      const hash = randomBytes(32);
      const repoIds = [randomUUID()];
      const expiresAtMs = Date.UTC(2099, 0, 1);
      const grant = { scopes: ['read' as const], repoIds, branchPattern: 'feature/**' };
      const { token } = await withToken(world, user, { hash, expiresAtMs, ...grant });
      expect(await world.identity.findToken(hash)).toEqual({
        ...{ id: token.id, userId: user.userId, handle: user.handle, accountKind: 'human' },
        ...{ role: 'user', userDisabled: false, revoked: false, expiresAtMs, ...grant },
      });
      expect(await world.identity.findToken(randomBytes(32))).toBeNull();
    });

    it('tell a token for all repositories from one for none', async () => {
      const user = await addUser(world);
      const [all, none] = [randomBytes(32), randomBytes(32)];
      await withToken(world, user, { hash: all, repoIds: null });
      await withToken(world, user, { hash: none, repoIds: [] });
      expect((await world.identity.findToken(all))?.repoIds).toBeNull();
      expect((await world.identity.findToken(none))?.repoIds).toEqual([]);
    });

    it('tell that they were revoked and that their account is disabled', async () => {
      const user = await addUser(world);
      const hash = randomBytes(32);
      const { token } = await withToken(world, user, { hash });
      await world.identity.revokeToken(token.id, AN_ACT);
      await world.disableUser(user.userId);
      expect(await world.identity.findToken(hash)).toMatchObject({
        revoked: true,
        userDisabled: true,
      });
    });

    it('note their last use at most once a minute', async () => {
      const { token } = await withToken(world, await addUser(world));
      const start = Date.UTC(2026, 3, 16);
      const touch = (afterMs: number, client: string) =>
        world.identity.touchToken(token.id, {
          atMs: start + afterMs,
          address: '192.0.2.1',
          client,
        });
      expect(await world.lastUse(token.id)).toBeNull();
      await touch(0, 'first');
      await touch(59_999, 'too soon');
      expect(await world.lastUse(token.id)).toEqual({
        ...{ atMs: start, address: '192.0.2.1', client: 'first' },
      });
      await touch(60_000, 'second');
      expect(await world.lastUse(token.id)).toMatchObject({ client: 'second' });
    });
  });

  describe(`${name}: failed authentications`, () => {
    const limit = () => ({ key: `address ${randomUUID()}`, max: 2, windowMs: 60_000 });
    const start = Date.UTC(2026, 3, 16);

    it('are counted together until their window ends, which begins with the first', async () => {
      const those = limit();
      const fail = (afterMs: number) => world.identity.countFailure(those, start + afterMs);
      const heard = (afterMs: number) => world.identity.heardAgainAt(those, start + afterMs);
      expect(await heard(0)).toBeNull();
      expect([await fail(0), await heard(1)]).toEqual([null, null]);
      expect([await fail(1_000), await heard(1_001)]).toEqual([null, start + 60_000]);
      expect(await fail(59_999)).toBe(start + 60_000);
      expect(await heard(60_000)).toBeNull();
      expect([await fail(60_000), await heard(60_001)]).toEqual([null, null]);
      expect(await fail(60_002)).toBeNull();
      expect(await heard(60_003)).toBe(start + 120_000);
    });

    it('of others count for others', async () => {
      const [one, two] = [limit(), limit()];
      for (let n = 0; n < 3; n++) await world.identity.countFailure(one, start);
      expect(await world.identity.heardAgainAt(one, start + 1)).toBe(start + 60_000);
      expect(await world.identity.heardAgainAt(two, start + 1)).toBeNull();
    });

    it('that come at the same time are each counted', async () => {
      const those = { ...limit(), max: 19 };
      const all = Array.from({ length: 20 }, () => world.identity.countFailure(those, start));
      expect((await Promise.all(all)).filter((until) => until !== null)).toHaveLength(1);
    });
  });

  describe(`${name}: sessions`, () => {
    const session = (userId: string, tokenId: string | null = null, livesMs = 60_000) => ({
      ...{ id: randomUUID(), userId, tokenId, expiresAtMs: Date.now() + livesMs },
      ...{ userAgent: 'browser', address: '192.0.2.1' },
    });

    it('stand for their account, narrowed as the token that signed them in', async () => {
      const user = await withToken(world, await addUser(world), { scopes: ['read'] });
      const made = session(user.userId, user.token.id);
      await world.identity.createSession(made, AN_ACT);
      expect(await world.identity.findSession(made.id)).toEqual({ ...user, sessionId: made.id });
    });

    it('stand for nobody once they are revoked, over, or were never made', async () => {
      const user = await addUser(world);
      const [revoked, over] = [session(user.userId), session(user.userId, null, -1)];
      await world.identity.createSession(revoked, AN_ACT);
      await world.identity.createSession(over, AN_ACT);
      expect(await world.identity.findSession(revoked.id)).toEqual({
        ...user,
        sessionId: revoked.id,
      });
      await world.identity.revokeSession(revoked.id, AN_ACT);
      for (const id of [revoked.id, over.id, randomUUID(), 'no-uuid']) {
        expect(await world.identity.findSession(id)).toBeNull();
      }
    });

    it('end with their token and with their account', async () => {
      const user = await withToken(world, await addUser(world));
      const [ofToken, ofAccount] = [session(user.userId, user.token.id), session(user.userId)];
      await world.identity.createSession(ofToken, AN_ACT);
      await world.identity.createSession(ofAccount, AN_ACT);
      await world.identity.revokeToken(user.token.id, AN_ACT);
      expect(await world.identity.findSession(ofToken.id)).toBeNull();
      expect(await world.identity.findSession(ofAccount.id)).not.toBeNull();
      await world.disableUser(user.userId);
      expect(await world.identity.findSession(ofAccount.id)).toBeNull();
    });
  });

  describe(`${name}: repositories`, () => {
    it('are found without regard to case, with what decides about them', async () => {
      const handle = `Owner-${randomUUID().slice(0, 8)}`;
      const owner = await addUser(world, { handle });
      const reader = await addUser(world);
      const repoId = await addRepository(world, owner, 'private');
      await world.setCollaborator(repoId, reader.userId, 'read');
      await world.setRepository(repoId, { requireSigned: true, refusePolyglot: true });
      const slug = `repo-${repoId.slice(0, 8)}`;
      const find = (by: Parameters<typeof world.identity.findRepository>[2]) =>
        world.identity.findRepository(handle.toLowerCase(), slug.toUpperCase(), by);
      expect(await find(reader)).toEqual({
        repository: {
          ...{ id: repoId, owner: handle, slug, visibility: 'private', defaultBranch: null },
          ...{ idFormat: null, requireSigned: true, refusePolyglot: true, description: '' },
          ...{ domain: 'code', museRepoId: '' },
        },
        access: {
          ...{ repoId, ownerId: owner.userId, visibility: 'private', collaboration: 'read' },
        },
      });
      expect((await find(ANONYMOUS))?.access.collaboration).toBeNull();
      expect((await find(owner))?.access.collaboration).toBeNull();
    });

    it('free their name when they are deleted', async () => {
      const owner = await addUser(world);
      const make = (slug: string) =>
        world.identity.createRepository(
          {
            ...{ id: randomUUID(), ownerId: owner.userId, slug, description: '' },
            visibility: 'public',
          },
          AN_ACT,
        );
      const first = await make('Songs');
      expect(first).not.toBeNull();
      expect(await make('songs')).toBeNull();
      await world.setRepository(first!.id, { deleted: true });
      expect(await world.identity.findRepository(owner.handle, 'songs', owner)).toBeNull();
      const second = await make('songs');
      const found = await world.identity.findRepository(owner.handle, 'SONGS', owner);
      expect(found?.repository).toMatchObject({ id: second?.id, slug: 'songs' });
    });

    it('may have the same name under different owners', async () => {
      const [one, two] = [await addUser(world), await addUser(world)];
      for (const { userId: ownerId } of [one, two]) {
        const repo = { id: randomUUID(), ownerId, slug: 'same', description: '' };
        const made = await world.identity.createRepository(
          { ...repo, visibility: 'public' },
          AN_ACT,
        );
        expect(made).toEqual({ id: repo.id });
      }
    });
  });
}
