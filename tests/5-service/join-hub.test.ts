import { beforeEach, describe, expect, it } from 'vitest';
import { authenticatePassword } from '~/server/auth/authenticate-password';
import { findInvitation, invitePeople, listInvitations } from '~/server/services/invite-people';
import { joinHub, mayJoin } from '~/server/services/join-hub';
import { signInByLogin } from '~/server/services/sign-in-by-login';
import { accountStage, GOOD_PASSWORD, refusalOf } from '~tests/support/account-stage';
import { addUser } from '~tests/support/store-cast';

let stage: Awaited<ReturnType<typeof accountStage>>;
beforeEach(async () => {
  stage = await accountStage();
});

const NOBODY: Parameters<typeof signInByLogin>[1] = {
  principal: { kind: 'anonymous' },
  invitationId: null,
};
const join = (fields: Partial<Parameters<typeof joinHub>[0]> = {}) =>
  joinHub(
    {
      ...{ handle: 'ada', displayName: 'Ada', password: GOOD_PASSWORD, invitationId: null },
      ...fields,
    },
    stage.deps,
  );
const invite = async (usesMax = 1, days = 7) => {
  const made = await invitePeople(stage.admin, { note: 'for ada', usesMax, days }, stage.deps);
  return (await findInvitation(made.code, stage.deps)).id;
};
const login = (fields: { subject?: string; name?: string; provider?: string } = {}) => ({
  ...{ provider: 'https://id.example', subject: '42', name: 'ada', fullName: 'Ada L' },
  ...fields,
});

describe('joining a hub', () => {
  it('is closed on a fresh hub, to those with an invitation too', async () => {
    const invitationId = await invite();
    expect(await mayJoin(invitationId, stage.deps)).toBe('closed');
    expect(await refusalOf(join({ invitationId }))).toBe('sign-up-closed');
    const known = signInByLogin(login(), { ...NOBODY, invitationId }, stage.deps);
    expect(await refusalOf(known)).toBe('sign-up-closed');
    expect(await stage.world.accounts.findAccountByHandle('ada')).toBeNull();
  });

  it('makes an account that signs in with its password, where it is open', async () => {
    await stage.signUp('open');
    expect(await mayJoin(null, stage.deps)).toBe('yes');
    const { userId } = await join({ handle: ' Ada ', displayName: ' Ada Lovelace ' });
    expect(await stage.world.accounts.findAccount(userId)).toMatchObject({
      ...{ handle: 'Ada', displayName: 'Ada Lovelace', kind: 'human', role: 'user', owner: null },
    });
    const typed = { handle: 'ADA', password: GOOD_PASSWORD };
    expect(await authenticatePassword(typed, stage.deps)).toMatchObject({ userId, handle: 'Ada' });
    expect(stage.last()).toMatchObject({
      ...{ action: 'account.create', actorId: userId, actorName: 'Ada' },
      ...{ subject: { kind: 'account', id: userId, name: 'Ada' }, detail: { by: 'password' } },
    });
    expect(JSON.stringify(stage.hub.acts)).not.toContain(GOOD_PASSWORD);
  });

  it('says what is wrong with what was filled in', async () => {
    await stage.signUp('open');
    await join();
    expect(await refusalOf(join({ handle: 'ADA' }))).toBe('handle-taken');
    expect(await refusalOf(join({ handle: 'a b' }))).toBe('handle-shape');
    expect(await refusalOf(join({ handle: 'Settings' }))).toBe('handle-reserved');
    expect(await refusalOf(join({ handle: 'bob', displayName: 'a\nb' }))).toBe('name-shape');
    expect(await refusalOf(join({ handle: 'bob', password: 'short' }))).toBe('password-short');
    expect(await refusalOf(join({ handle: 'bob', password: 'bob123456789' }))).toBe(
      'password-common',
    );
  });

  it('by invitation takes one that stands, as often as it says', async () => {
    await stage.signUp('invitation');
    expect(await mayJoin(null, stage.deps)).toBe('code');
    expect(await refusalOf(join())).toBe('invitation-needed');
    const invitationId = await invite(2);
    expect(await mayJoin(invitationId, stage.deps)).toBe('yes');
    await join({ invitationId });
    expect(stage.last()).toMatchObject({ detail: { invitation: invitationId } });
    expect(await refusalOf(join({ invitationId }))).toBe('handle-taken');
    await join({ handle: 'bob', invitationId });
    expect(await mayJoin(invitationId, stage.deps)).toBe('code');
    expect(await refusalOf(join({ handle: 'eve', invitationId }))).toBe('invitation-gone');
  });

  it('by invitation ends with its days', async () => {
    await stage.signUp('invitation');
    const invitationId = await invite(1, 2);
    await stage.clock.advance(2 * 86_400_000);
    expect(await refusalOf(join({ invitationId }))).toBe('invitation-gone');
    const { invitations } = await listInvitations(
      stage.admin,
      { before: null, limit: 10 },
      stage.deps,
    );
    expect(invitations).toMatchObject([{ id: invitationId, state: 'over', madeBy: 'root' }]);
  });

  it('takes no text for a code that cannot be one, without a query', async () => {
    const { code } = await invitePeople(
      stage.admin,
      { note: 'n', usesMax: 1, days: 1 },
      stage.deps,
    );
    expect(code).toMatch(/^muse_inv_[0-9A-Za-z]{39}$/);
    expect(JSON.stringify([...stage.hub.invitations.values(), ...stage.hub.acts])).not.toContain(
      code,
    );
    const invitations = new Proxy(stage.world.invitations, {
      get: () => () => Promise.reject(new Error('asked the store')),
    });
    for (const wrong of [
      '',
      'x',
      `${code}0`,
      `${code.slice(0, -1)}${code.endsWith('a') ? 'b' : 'a'}`,
    ]) {
      const found = findInvitation(wrong, { ...stage.deps, invitations });
      expect(await refusalOf(found), wrong).toBe('invitation-gone');
    }
    expect(await findInvitation(` ${code}\n`, stage.deps)).toMatchObject({
      id: expect.any(String),
    });
  });
});

describe('the sign-in of another site', () => {
  const signIn = (fields: Parameters<typeof login>[0] = {}, browser = NOBODY) =>
    signInByLogin(login(fields), browser, stage.deps);

  it('makes an account under the first free handle, and is that account from then on', async () => {
    await stage.signUp('open');
    await addUser(stage.world, { handle: 'ADA' });
    const made = await signIn();
    expect(made).toMatchObject({ handle: 'ada-2', session: 'new' });
    expect(await stage.world.accounts.findAccount(made.userId)).toMatchObject({
      ...{ displayName: 'Ada L', hasPassword: false, kind: 'human' },
    });
    await stage.signUp('closed');
    expect(await signIn({ name: 'renamed' })).toMatchObject({ userId: made.userId });
    expect(await refusalOf(signIn({ subject: '43' }))).toBe('sign-up-closed');
    expect(await refusalOf(signIn({ provider: 'https://other.example' }))).toBe('sign-up-closed');
  });

  it('comes in by an invitation, which it uses', async () => {
    await stage.signUp('invitation');
    expect(await refusalOf(signIn())).toBe('invitation-needed');
    const invitationId = await invite();
    expect(await signIn({}, { ...NOBODY, invitationId })).toMatchObject({ handle: 'ada' });
    const again = signIn({ subject: '43' }, { ...NOBODY, invitationId });
    expect(await refusalOf(again)).toBe('invitation-gone');
  });

  it('is linked to who is signed in, and to nobody by name or address', async () => {
    const ada = await stage.signedIn(await stage.person('ada'));
    expect(await refusalOf(signIn({ name: 'ada' }))).toBe('sign-up-closed');
    const browser = { principal: ada, invitationId: null };
    expect(await signInByLogin(login(), browser, stage.deps)).toEqual({
      ...{ userId: ada.userId, handle: 'ada', session: 'kept' },
    });
    expect(stage.last()).toMatchObject({ action: 'account.link', actorId: ada.userId });
    expect(await signIn()).toMatchObject({ userId: ada.userId, session: 'new' });
    const acts = stage.hub.acts.length;
    await signInByLogin(login(), browser, stage.deps);
    expect(stage.hub.acts).toHaveLength(acts);
  });

  it('of somebody else is not taken over by who is signed in', async () => {
    const ada = await stage.signedIn(await stage.person('ada'));
    const eve = await stage.signedIn(await stage.person('eve'));
    await signInByLogin(login(), { principal: ada, invitationId: null }, stage.deps);
    const taken = signInByLogin(login(), { principal: eve, invitationId: null }, stage.deps);
    expect(await refusalOf(taken)).toBe('login-taken');
  });

  it('is linked by a person with the whole right over the account only', async () => {
    const narrow = await stage.narrow(await stage.person('ada'));
    const link = (principal: typeof narrow) =>
      refusalOf(signInByLogin(login(), { principal, invitationId: null }, stage.deps));
    expect(await link(narrow)).toBe('insufficient-scope');
    const agent = await addUser(stage.world, { kind: 'agent' });
    expect(await link({ ...agent, token: { ...narrow.token, scopes: ['admin'] } })).toBe(
      'persons-only',
    );
  });

  it('stands for nobody once its account is disabled, and without a subject', async () => {
    const ada = await stage.signedIn(await stage.person('ada'));
    await signInByLogin(login(), { principal: ada, invitationId: null }, stage.deps);
    await stage.world.disableUser(ada.userId);
    expect(await refusalOf(signIn())).toBe('disabled');
    await stage.signUp('open');
    for (const subject of ['', 'a\0b', 'é', 'x'.repeat(256)]) {
      expect(await refusalOf(signIn({ subject }))).toBe('login-failed');
    }
  });
});
