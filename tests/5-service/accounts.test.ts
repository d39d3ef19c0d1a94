import { beforeEach, describe, expect, it } from 'vitest';
import { authenticateBearer } from '~/server/auth/authenticate';
import { createToken } from '~/server/services/create-token';
import { invitePeople, listInvitations, revokeInvitation } from '~/server/services/invite-people';
import { listTokens } from '~/server/services/list-tokens';
import {
  changeRole,
  listAccounts,
  setAccountDisabled,
} from '~/server/services/look-after-accounts';
import { makeAccount, makeAgent } from '~/server/services/make-account';
import { listAgents, openAgent, setAgentDisabled } from '~/server/services/open-agent';
import { revokeToken } from '~/server/services/revoke-token';
import { setSignUp, showSignUp } from '~/server/services/set-sign-up';
import { changeDisplayName, showProfile } from '~/server/services/show-profile';
import { accountStage, refusalOf } from '~tests/support/account-stage';
import { TEST_USE } from '~tests/support/audit-entries';
import { addUser } from '~tests/support/store-cast';

let stage: Awaited<ReturnType<typeof accountStage>>;
let ada: Awaited<ReturnType<typeof stage.signedIn>>;
beforeEach(async () => {
  stage = await accountStage();
  ada = await stage.signedIn(await stage.person('ada'));
});

const BOT = { handle: 'ada-bot', displayName: 'Helper' };
const WANTED = { name: 'ci', scopes: ['write' as const], repositories: null, branchPattern: null };
const authenticated = (text: string) =>
  refusalOf(authenticateBearer(`Bearer ${text}`, stage.deps, TEST_USE));

describe('an agent', () => {
  it('is made by a person, who answers for it and makes its tokens', async () => {
    await makeAgent(ada, BOT, stage.deps);
    expect(await listAgents(ada, stage.deps)).toMatchObject([{ ...BOT, tokens: 0 }]);
    const { principal } = await openAgent(ada, 'ADA-BOT', stage.deps);
    const made = await createToken(principal, { ...WANTED, days: 7 }, stage.deps);
    expect(made.text).toMatch(/^muse_agt_/);
    expect(stage.last()).toMatchObject({
      ...{ action: 'token.create', actorId: ada.userId, actorName: 'ada' },
      sessionId: ada.sessionId,
    });
    expect(await authenticateBearer(`Bearer ${made.text}`, stage.deps, TEST_USE)).toMatchObject({
      ...{ handle: 'ada-bot', accountKind: 'agent', role: 'user' },
    });
    expect(await listTokens(principal, stage.deps)).toMatchObject([{ id: made.id }]);
    expect(await listTokens(ada, stage.deps)).toEqual([]);
    await revokeToken(principal, made.id, stage.deps);
    expect(await authenticated(made.text)).toBe('token-revoked');
  });

  it('is no admin by the role of its owner', async () => {
    await makeAgent(stage.admin, BOT, stage.deps);
    const { principal } = await openAgent(stage.admin, 'ada-bot', stage.deps);
    expect(principal.role).toBe('user');
    const { text } = await createToken(principal, { ...WANTED, days: 1 }, stage.deps);
    const agent = await authenticateBearer(`Bearer ${text}`, stage.deps, TEST_USE);
    expect(await refusalOf(listAccounts(agent, EVERY, stage.deps))).toBe('object-not-found');
  });

  it('is nobody else’s, not that of another agent, and of no narrow token', async () => {
    await makeAgent(ada, BOT, stage.deps);
    const eve = await stage.person('eve');
    for (const who of [eve, stage.admin]) {
      expect(await refusalOf(openAgent(who, 'ada-bot', stage.deps))).toBe('object-not-found');
    }
    expect(await refusalOf(openAgent(ada, 'eve', stage.deps))).toBe('object-not-found');
    const narrow = await stage.narrow(ada);
    expect(await refusalOf(openAgent(narrow, 'ada-bot', stage.deps))).toBe('insufficient-scope');
    expect(await refusalOf(makeAgent(narrow, BOT, stage.deps))).toBe('insufficient-scope');
    const agent = await addUser(stage.world, { kind: 'agent' });
    expect(await refusalOf(makeAgent(agent, BOT, stage.deps))).toBe('persons-only');
    expect(await refusalOf(makeAgent(eve, BOT, stage.deps))).toBe('handle-taken');
  });

  it('is out at once when its owner disables it, or is disabled', async () => {
    await makeAgent(ada, BOT, stage.deps);
    const { principal } = await openAgent(ada, 'ada-bot', stage.deps);
    const { text } = await createToken(principal, { ...WANTED, days: 1 }, stage.deps);
    await setAgentDisabled(ada, { handle: 'ada-bot', disabled: true }, stage.deps);
    expect(await authenticated(text)).toBe('access-denied');
    await setAgentDisabled(ada, { handle: 'ada-bot', disabled: false }, stage.deps);
    expect(await authenticated(text)).toBeNull();
    const wanted = { handle: 'ada', disabled: true, reason: 'left' };
    await setAccountDisabled(stage.admin, wanted, stage.deps);
    expect(await authenticated(text)).toBe('access-denied');
    expect(await stage.world.identity.findSession(ada.sessionId)).toBeNull();
  });

  it('comes at most a hundred times per person', async () => {
    for (let n = 0; n < 100; n++) {
      await addUser(stage.world, { kind: 'agent', ownerId: ada.userId });
    }
    expect(await refusalOf(makeAgent(ada, BOT, stage.deps))).toBe('limit-exceeded');
  });
});

const EVERY = { text: '', kind: null, role: null, disabled: null, after: null, limit: 2 };

describe('the admins of the hub', () => {
  it('list accounts page by page', async () => {
    await addUser(stage.world, { handle: 'bob' });
    const first = await listAccounts(stage.admin, EVERY, stage.deps);
    expect(first.accounts.map(({ handle }) => handle)).toEqual(['ada', 'bob']);
    const rest = await listAccounts(stage.admin, { ...EVERY, after: first.next }, stage.deps);
    expect(rest.accounts.map(({ handle }) => handle)).toEqual(['root']);
    expect(rest.next).toBeNull();
  });

  it('make accounts of persons, and of agents with an owner', async () => {
    const make = (fields: object) =>
      makeAccount(
        stage.admin,
        { ...BOT, kind: 'agent', owner: 'ADA', reason: 'wanted', ...fields },
        stage.deps,
      );
    await make({});
    expect(await stage.world.accounts.findAccountByHandle('ada-bot')).toMatchObject({
      ...{ kind: 'agent', owner: { handle: 'ada' } },
    });
    expect(stage.last()).toMatchObject({ actorName: 'root', reason: 'wanted' });
    await make({ kind: 'human', handle: 'carl', owner: null });
    const refused = async (fields: object) => refusalOf(make({ handle: 'new', ...fields }));
    expect(await refused({ owner: null })).toBe('bad-frame');
    expect(await refused({ owner: 'ada-bot' })).toBe('bad-frame');
    expect(await refused({ reason: '' })).toBe('bad-frame');
    expect(await refused({ handle: 'api' })).toBe('handle-reserved');
  });

  it('disable, enable and change roles with a reason, but never the last admin', async () => {
    const disable = (handle: string, reason = 'why', disabled = true) =>
      setAccountDisabled(stage.admin, { handle, disabled, reason }, stage.deps);
    const role = (handle: string, wanted: 'user' | 'admin') =>
      changeRole(stage.admin, { handle, role: wanted, reason: 'why' }, stage.deps);
    expect(await refusalOf(disable('ada', ''))).toBe('bad-frame');
    expect(await refusalOf(disable('nobody'))).toBe('object-not-found');
    expect(await refusalOf(disable('root'))).toBe('last-admin');
    expect(await refusalOf(role('root', 'user'))).toBe('last-admin');
    await role('ada', 'admin');
    expect(stage.last()).toMatchObject({ action: 'account.role', detail: { role: 'admin' } });
    await role('root', 'user');
    expect(await refusalOf(role('ada', 'user'))).toBe('last-admin');
    await disable('root');
    expect(stage.last()).toMatchObject({ action: 'account.disable', reason: 'why' });
    await disable('root', 'back', false);
    expect(stage.last()).toMatchObject({ action: 'account.enable', reason: 'back' });
    await makeAgent(ada, BOT, stage.deps);
    expect(await refusalOf(role('ada-bot', 'admin'))).toBe('persons-only');
  });

  it('take an invitation back, with a reason', async () => {
    const wanted = { note: 'team', usesMax: 5, days: 7 };
    const { id } = await invitePeople(stage.admin, wanted, stage.deps);
    expect(await refusalOf(revokeInvitation(stage.admin, { id, reason: '' }, stage.deps))).toBe(
      'bad-frame',
    );
    await revokeInvitation(stage.admin, { id, reason: 'mistake' }, stage.deps);
    const page = await listInvitations(stage.admin, { before: null, limit: 5 }, stage.deps);
    expect(page.invitations).toMatchObject([{ id, state: 'revoked', note: 'team', usesMax: 5 }]);
    const again = revokeInvitation(stage.admin, { id, reason: 'x' }, stage.deps);
    expect(await refusalOf(again)).toBe('object-not-found');
    for (const wrong of [
      { note: ' ' },
      { usesMax: 0 },
      { usesMax: 101 },
      { days: 31 },
      { days: 0.5 },
    ]) {
      const made = invitePeople(stage.admin, { ...wanted, ...wrong }, stage.deps);
      expect(await refusalOf(made)).toBe('bad-frame');
    }
  });

  it('decide who may join, with a reason', async () => {
    expect(await showSignUp(stage.admin, stage.deps)).toBe('closed');
    const set = (reason: string) =>
      setSignUp(stage.admin, { signUp: 'invitation', reason }, stage.deps);
    expect(await refusalOf(set(''))).toBe('bad-frame');
    await set('the team grows');
    expect(await showSignUp(stage.admin, stage.deps)).toBe('invitation');
    expect(stage.last()).toMatchObject({ action: 'hub.settings', reason: 'the team grows' });
  });

  it('are the only ones for whom all this is there', async () => {
    const narrow = await stage.narrow(stage.admin);
    const acts = (who: typeof ada | typeof narrow | { kind: 'anonymous' }) => [
      listAccounts(who, EVERY, stage.deps),
      makeAccount(who, { ...BOT, kind: 'human', owner: null, reason: 'x' }, stage.deps),
      setAccountDisabled(who, { handle: 'root', disabled: true, reason: 'x' }, stage.deps),
      changeRole(who, { handle: 'ada', role: 'admin', reason: 'x' }, stage.deps),
      invitePeople(who, { note: 'x', usesMax: 1, days: 1 }, stage.deps),
      listInvitations(who, { before: null, limit: 1 }, stage.deps),
      revokeInvitation(who, { id: 'x', reason: 'x' }, stage.deps),
      showSignUp(who, stage.deps),
      setSignUp(who, { signUp: 'open', reason: 'x' }, stage.deps),
    ];
    for (const who of [ada, { kind: 'anonymous' as const }]) {
      for (const act of acts(who)) expect(await refusalOf(act)).toBe('object-not-found');
    }
    for (const act of acts(narrow)) expect(await refusalOf(act)).toBe('insufficient-scope');
  });
});

describe('one’s own account', () => {
  it('is shown with its sign-ins, and called as one likes', async () => {
    await changeDisplayName(ada, ' Ada L ', stage.deps);
    expect(stage.last()).toMatchObject({ action: 'account.update', actorId: ada.userId });
    expect(await showProfile(ada, stage.deps)).toMatchObject({
      ...{ account: { handle: 'ada', displayName: 'Ada L', hasPassword: true }, logins: [] },
    });
    expect(await refusalOf(changeDisplayName(ada, 'a\0', stage.deps))).toBe('name-shape');
    const narrow = await stage.narrow(ada);
    expect(await refusalOf(showProfile(narrow, stage.deps))).toBe('insufficient-scope');
  });
});
