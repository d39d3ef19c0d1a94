import { randomBytes, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AccountQuery, NewAccount } from '~/server/ports/account-store';
import { hubEntry } from '~/server/services/audit-entry';
import { AN_ACT } from '~tests/support/audit-entries';
import { commitOf, planOf } from '~tests/support/push-plans';
import { addRepository, addUser, withToken } from '~tests/support/store-cast';
import type { StoreWorld } from '~tests/support/store-world';

/** What a store of accounts promises, and one of the sign-ins that are linked to them. */
export function describeAccountStore(name: string, makeWorld: () => StoreWorld): void {
  let world: StoreWorld;
  beforeAll(() => {
    world = makeWorld();
  });

  const newAccount = (fields: Partial<NewAccount> = {}): NewAccount => ({
    ...{ id: randomUUID(), handle: `new-${randomUUID().slice(0, 8)}`, displayName: 'New' },
    ...{ kind: 'human', ownerId: null, role: 'user', passwordHash: null, login: null },
    ...{ invitationId: null, ...fields },
  });
  const noted = (handle: string) =>
    hubEntry({ action: 'account.create', subject: { kind: 'account', id: null, name: handle } });
  const acts = async (handle: string) => {
    const every = { actor: null, action: null, repository: null, fromMs: null, untilMs: null };
    const rows = await world.audit.list({ ...every, before: null, limit: 500 });
    return rows.filter(({ subject }) => subject.name === handle).length;
  };
  const invitation = async (usesMax = 1, livesMs = 60_000) => {
    const made = {
      ...{ id: randomUUID(), codeHash: randomBytes(32), note: 'n', usesMax },
      ...{ madeById: (await addUser(world)).userId, expiresAtMs: Date.now() + livesMs },
    };
    await world.invitations.createInvitation(made, AN_ACT);
    return made.id;
  };
  const login = () => ({ provider: 'https://id.example', subject: randomUUID(), name: 'ada' });

  describe(`${name}: an account`, () => {
    it('is made once for a handle, in any case, and noted when it is', async () => {
      const made = newAccount({ passwordHash: 'hash' });
      expect(await world.accounts.createAccount(made, noted(made.handle))).toBeNull();
      expect(await world.accounts.findAccount(made.id)).toEqual({
        ...{ id: made.id, handle: made.handle, displayName: 'New', kind: 'human', role: 'user' },
        ...{ owner: null, disabled: false, hasPassword: true, createdAtMs: expect.any(Number) },
      });
      const again = newAccount({ handle: made.handle.toUpperCase() });
      expect(await world.accounts.createAccount(again, noted(made.handle))).toBe('handle-taken');
      expect(await acts(made.handle)).toBe(1);
      expect(await world.accounts.findAccount(again.id)).toBeNull();
      expect(await world.accounts.findAccount('no-uuid')).toBeNull();
      expect((await world.accounts.findAccountByHandle(again.handle))?.id).toBe(made.id);
    });

    it('uses an invitation as often as it may, and not for what fails', async () => {
      const invitationId = await invitation(2);
      const [first, second, third] = [newAccount(), newAccount(), newAccount()];
      const make = (account: NewAccount) =>
        world.accounts.createAccount({ ...account, invitationId }, noted(account.handle));
      expect(await make(first)).toBeNull();
      expect(await make(newAccount({ handle: first.handle }))).toBe('handle-taken');
      expect(await world.invitations.invitationStands(invitationId)).toBe(true);
      expect(await make(second)).toBeNull();
      expect(await world.invitations.invitationStands(invitationId)).toBe(false);
      expect(await make(third)).toBe('invitation-gone');
      expect(await world.accounts.findAccount(third.id)).toBeNull();
      expect(await acts(third.handle)).toBe(0);
    });

    it('is made by no invitation that is over or taken back', async () => {
      const over = await invitation(1, -1);
      const revoked = await invitation();
      await world.invitations.revokeInvitation(revoked, AN_ACT);
      for (const invitationId of [over, revoked, randomUUID()]) {
        const made = world.accounts.createAccount(newAccount({ invitationId }), AN_ACT);
        expect(await made).toBe('invitation-gone');
      }
    });

    it('comes with the sign-in of another site, which belongs to one account only', async () => {
      const linked = login();
      const made = newAccount({ login: linked });
      expect(await world.accounts.createAccount(made, AN_ACT)).toBeNull();
      expect(await world.logins.findLogin(linked)).toEqual({
        ...{ userId: made.id, handle: made.handle, disabled: false },
      });
      const again = newAccount({ login: linked });
      expect(await world.accounts.createAccount(again, AN_ACT)).toBe('login-taken');
      expect(await world.accounts.findAccount(again.id)).toBeNull();
    });

    it('is called as it wishes', async () => {
      const { userId, handle } = await addUser(world);
      await world.accounts.setDisplayName(userId, 'Ada \0 L', noted(handle));
      expect((await world.accounts.findAccount(userId))?.displayName).toMatch(/^Ada . L$/);
      expect(await acts(handle)).toBe(1);
    });
  });

  describe(`${name}: accounts`, () => {
    const every: AccountQuery = {
      ...{ text: '', kind: null, role: null, disabled: null, after: null, limit: 100 },
    };

    it('are listed by handle in pages, and found by what is asked', async () => {
      const mark = randomUUID().slice(0, 8);
      const cast = [
        await addUser(world, { handle: `${mark}-a`, role: 'admin' }),
        await addUser(world, { handle: `${mark}-B` }),
        await addUser(world, { handle: `${mark}-c`, kind: 'agent' }),
      ];
      await world.accounts.setDisplayName(cast[1]!.userId, `Bea ${mark}x%`, AN_ACT);
      await world.disableUser(cast[2]!.userId);
      const ask = async (query: Partial<AccountQuery>) =>
        (await world.accounts.listAccounts({ ...every, text: mark, ...query })).map(
          ({ handle }) => handle,
        );
      const [a, b, c] = cast.map(({ handle }) => handle);
      expect(await ask({})).toEqual([a, b, c]);
      expect(await ask({ limit: 2 })).toEqual([a, b]);
      expect(await ask({ after: b!.toUpperCase() })).toEqual([c]);
      expect(await ask({ role: 'admin' })).toEqual([a]);
      expect(await ask({ kind: 'agent' })).toEqual([c]);
      expect(await ask({ disabled: true })).toEqual([c]);
      expect(await ask({ disabled: false })).toEqual([a, b]);
      expect(await ask({ text: `bea ${mark}X%` })).toEqual([b]);
      expect(await ask({ text: `${mark}%` })).toEqual([]);
    });

    it('are listed with the tokens that can be used, and their last use', async () => {
      const user = await addUser(world);
      await withToken(world, user, { expiresAtMs: Date.now() - 1 });
      const { token } = await withToken(world, user);
      const ask = () => world.accounts.listAccounts({ ...every, text: user.handle });
      expect(await ask()).toMatchObject([{ tokens: 1, lastUsedAtMs: null }]);
      const atMs = Date.now();
      await world.identity.touchToken(token.id, { atMs, address: '', client: '' });
      expect(await ask()).toMatchObject([{ tokens: 1, lastUsedAtMs: atMs }]);
    });

    it('that are agents are listed for who answers for them', async () => {
      const owner = await addUser(world);
      const agent = await addUser(world, { kind: 'agent', ownerId: owner.userId });
      expect(await world.accounts.listAgents(owner.userId, 10)).toMatchObject([
        { id: agent.userId, owner: { id: owner.userId, handle: owner.handle, disabled: false } },
      ]);
      expect(await world.accounts.listAgents(agent.userId, 10)).toEqual([]);
    });
  });

  describe(`${name}: a disabled account`, () => {
    it('is nobody any more, by token and by session, until it is enabled', async () => {
      const user = await addUser(world);
      const hash = randomBytes(32);
      await withToken(world, user, { hash });
      const sessionId = await sign(user.userId);
      const set = (disabled: boolean) =>
        world.accounts.setDisabled(user.userId, disabled, noted(user.handle));
      expect(await set(true)).toBe('done');
      expect(await set(true)).toBe('unchanged');
      expect((await world.identity.findToken(hash))?.userDisabled).toBe(true);
      expect(await world.identity.findSession(sessionId)).toBeNull();
      expect(await set(false)).toBe('done');
      expect(await world.identity.findSession(sessionId)).not.toBeNull();
      expect(await acts(user.handle)).toBe(2);
    });

    it('takes its agents along', async () => {
      const owner = await addUser(world);
      const agent = await addUser(world, { kind: 'agent', ownerId: owner.userId });
      const hash = randomBytes(32);
      await withToken(world, agent, { hash });
      const sessionId = await sign(agent.userId);
      await world.accounts.setDisabled(owner.userId, true, AN_ACT);
      expect((await world.identity.findToken(hash))?.userDisabled).toBe(true);
      expect(await world.identity.findSession(sessionId)).toBeNull();
      expect(await world.accounts.findAccount(agent.userId)).toMatchObject({
        ...{ disabled: false, owner: { disabled: true } },
      });
    });

    it('ends a push of its agent that is under way', async () => {
      const owner = await addUser(world);
      const agent = await withToken(
        world,
        await addUser(world, { kind: 'agent', ownerId: owner.userId }),
      );
      const repoId = await addRepository(world, agent);
      await world.accounts.setDisabled(owner.userId, true, AN_ACT);
      const plan = planOf({ repoId, principal: agent, commits: [commitOf('root')] });
      await expect(world.push.applyPush(plan)).rejects.toMatchObject({ code: 'access-denied' });
    });

    const sign = async (userId: string) => {
      const id = randomUUID();
      const session = { id, userId, tokenId: null, expiresAtMs: Date.now() + 60_000 };
      await world.identity.createSession({ ...session, userAgent: '', address: '' }, AN_ACT);
      return id;
    };
  });

  describe(`${name}: the last admin who can sign in`, () => {
    it('can neither be disabled nor demoted, by two at the same time either', async () => {
      const [one, two] = [
        await addUser(world, { role: 'admin' }),
        await addUser(world, { role: 'admin' }),
      ];
      // An agent may have the role, but nobody signs in as one with a browser.
      await addUser(world, { role: 'admin', kind: 'agent' });
      const every = { text: '', kind: null, role: 'admin', disabled: false } as const;
      for (const { id } of await world.accounts.listAccounts({
        ...every,
        after: null,
        limit: 500,
      })) {
        if (id !== one.userId && id !== two.userId)
          await world.accounts.setRole(id, 'user', AN_ACT);
      }
      const changes = await Promise.all([
        world.accounts.setRole(one.userId, 'user', noted(one.handle)),
        world.accounts.setDisabled(two.userId, true, noted(two.handle)),
      ]);
      expect(changes.sort()).toEqual(['done', 'last-admin']);
      expect((await acts(one.handle)) + (await acts(two.handle))).toBe(1);
      const left = await world.accounts.listAccounts({ ...every, after: null, limit: 500 });
      expect(left).toHaveLength(1);
      const [last] = left;
      expect(await world.accounts.setDisabled(last!.id, true, AN_ACT)).toBe('last-admin');
      expect(await world.accounts.setRole(last!.id, 'user', AN_ACT)).toBe('last-admin');
      expect(await world.accounts.setRole(last!.id, 'admin', AN_ACT)).toBe('unchanged');
    });
  });

  describe(`${name}: a linked sign-in`, () => {
    it('is of one account, listed there, and taken away there', async () => {
      const [ada, eve] = [await addUser(world), await addUser(world)];
      const linked = login();
      const link = (userId: string) =>
        world.logins.linkLogin({ ...linked, userId }, noted(ada.handle));
      expect(await link(ada.userId)).toBe(true);
      expect(await link(eve.userId)).toBe(false);
      expect(await link(ada.userId)).toBe(false);
      expect(await world.logins.listLogins(ada.userId)).toEqual([
        { ...linked, createdAtMs: expect.any(Number) },
      ]);
      expect(await world.logins.unlinkLogin(eve.userId, linked, AN_ACT)).toBe(false);
      expect(await world.logins.unlinkLogin(ada.userId, linked, noted(ada.handle))).toBe(true);
      expect(await world.logins.findLogin(linked)).toBeNull();
      expect(await acts(ada.handle)).toBe(2);
    });

    it('tells that its account is disabled', async () => {
      const { userId } = await addUser(world);
      const linked = login();
      await world.logins.linkLogin({ ...linked, userId }, AN_ACT);
      await world.disableUser(userId);
      expect(await world.logins.findLogin(linked)).toMatchObject({ disabled: true });
    });
  });
}
