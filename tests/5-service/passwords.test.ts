import { beforeEach, describe, expect, it } from 'vitest';
import { authenticatePassword, changePassword } from '~/server/auth/authenticate-password';
import { ScryptHasher } from '~/server/auth/scrypt-hasher';
import type { ResetReach } from '~/server/ports/password-store';
import { resetAccount } from '~/server/services/look-after-accounts';
import { redeemReset } from '~/server/services/reset-password';
import { unlinkLogin } from '~/server/services/show-profile';
import { accountStage, GOOD_PASSWORD, refusalOf } from '~tests/support/account-stage';
import { AN_ACT } from '~tests/support/audit-entries';
import { addUser } from '~tests/support/store-cast';

let stage: Awaited<ReturnType<typeof accountStage>>;
beforeEach(async () => {
  stage = await accountStage();
});

const NEW_PASSWORD = 'eleven green walruses';
const signIn = (handle: string, password: string, address = '192.0.2.1') =>
  authenticatePassword({ handle, password }, { ...stage.deps, use: { address, client: 't' } });

describe('signing in with a password', () => {
  it('is answered alike for a wrong password, an unknown account and one without a password', async () => {
    await stage.person('ada');
    await addUser(stage.world, { handle: 'bob' });
    await addUser(stage.world, { handle: 'bot', kind: 'agent' });
    const hasher = new Proxy(stage.deps.hasher, {
      get: (target, name) => {
        if (name === 'verify') hashed++;
        const method = Reflect.get(target, name) as (...args: unknown[]) => unknown;
        return method.bind(target);
      },
    });
    let hashed = 0;
    const told = async (handle: string) => {
      const deps = { ...stage.deps, hasher };
      const error = await authenticatePassword({ handle, password: 'wrong' }, deps).catch((e) => e);
      return { code: error.code, message: error.message, detail: error.detail };
    };
    const first = await told('ada');
    expect(first).toMatchObject({ code: 'unauthenticated', detail: { problem: 'sign-in-wrong' } });
    for (const handle of ['nobody', 'bob', 'bot', '', 'a b']) {
      expect(await told(handle), handle).toEqual(first);
    }
    // Each costs the one slow hash, whoever it was for.
    expect(hashed).toBe(6);
  });

  it('tells that an account is disabled to who knows its password only', async () => {
    const ada = await stage.person('ada');
    await stage.world.disableUser(ada.userId);
    expect(await refusalOf(signIn('ada', 'wrong'))).toBe('sign-in-wrong');
    expect(await refusalOf(signIn('ada', GOOD_PASSWORD))).toBe('disabled');
  });

  it('waits after ten failures of one address in a minute, or a hundred for one handle', async () => {
    await stage.person('ada');
    for (let n = 0; n < 10; n++) expect(await refusalOf(signIn('ada', 'x'))).toBe('sign-in-wrong');
    expect(await refusalOf(signIn('ada', GOOD_PASSWORD))).toBe('rate-limited');
    expect(await refusalOf(signIn('ada', GOOD_PASSWORD, '192.0.2.2'))).toBeNull();
    for (const handle of ['ada', 'nobody']) {
      for (let n = 0; n < 100; n++)
        await refusalOf(signIn(handle, 'x', `10.0.${handle.length}.${n}`));
      expect(await refusalOf(signIn(handle, GOOD_PASSWORD, '192.0.2.3'))).toBe('rate-limited');
    }
    await stage.clock.advance(3_600_000);
    expect(await refusalOf(signIn('ada', GOOD_PASSWORD))).toBeNull();
  });

  it('takes no hash for a password that is too long to be one', async () => {
    await stage.person('ada');
    const hasher = { hash: never, verify: never };
    const long = { handle: 'ada', password: 'x'.repeat(1025) };
    const deps = { ...stage.deps, hasher };
    expect(await refusalOf(authenticatePassword(long, deps))).toBe('sign-in-wrong');
  });

  it('hashes it anew when that costs more today', async () => {
    await stage.person('ada');
    const hasher = new ScryptHasher({ ln: 5, r: 8, p: 1 });
    const typed = { handle: 'ada', password: GOOD_PASSWORD };
    await authenticatePassword(typed, { ...stage.deps, hasher });
    expect((await stage.world.passwords.findPassword('ada'))?.hash).toMatch(/^scrypt\$ln=5,/);
    expect(await refusalOf(signIn('ada', GOOD_PASSWORD))).toBeNull();
  });

  const never = () => Promise.reject(new Error('hashed'));
});

describe('changing a password', () => {
  const change = (
    who: Parameters<typeof changePassword>[0],
    current: string,
    next = NEW_PASSWORD,
  ) => changePassword(who, { current, next }, stage.deps);

  it('ends the other sessions, and takes the current one or a fresh sign-in', async () => {
    const ada = await stage.person('ada');
    const [here, there] = [await stage.signedIn(ada), await stage.signedIn(ada)];
    expect(await change(here, '')).toBe(1);
    expect(await stage.world.identity.findSession(there.sessionId)).toBeNull();
    expect(await stage.world.identity.findSession(here.sessionId)).not.toBeNull();
    expect(stage.last()).toMatchObject({ action: 'account.password', sessionId: here.sessionId });
    await stage.clock.advance(10 * 60_000 + 1);
    expect(await refusalOf(change(here, ''))).toBe('password-wrong');
    expect(await refusalOf(change(here, GOOD_PASSWORD))).toBe('password-wrong');
    expect(await change(here, NEW_PASSWORD, 'a third long password')).toBe(0);
    expect(await refusalOf(signIn('ada', 'a third long password'))).toBeNull();
  });

  it('with a token takes the current one always', async () => {
    const { userId } = await stage.person('ada');
    const token = { id: 't', scopes: ['admin' as const], repoIds: null, branchPattern: null };
    const ada = { ...(await addUser(stage.world)), userId, handle: 'ada' };
    const who = { ...ada, token: { ...token, expiresAtMs: null } };
    expect(await refusalOf(change(who, ''))).toBe('password-wrong');
    expect(await refusalOf(change(who, GOOD_PASSWORD))).toBeNull();
  });

  it('is for persons with the whole right over the account, and for good passwords', async () => {
    const ada = await stage.person('ada');
    expect(await refusalOf(change(await stage.narrow(ada), GOOD_PASSWORD))).toBe(
      'insufficient-scope',
    );
    expect(await refusalOf(change(ada, GOOD_PASSWORD, 'short'))).toBe('password-short');
    const agent = await stage.signedIn(await addUser(stage.world, { kind: 'agent' }));
    expect(await refusalOf(change(agent, ''))).toBe('persons-only');
    expect(await refusalOf(change({ kind: 'anonymous' } as never, ''))).toBe('unauthenticated');
  });

  it('with wrong guesses of the current one counts as failed sign-ins', async () => {
    const ada = await stage.person('ada');
    for (let n = 0; n < 10; n++) await refusalOf(change(ada, 'wrong'));
    expect(await refusalOf(change(ada, GOOD_PASSWORD))).toBe('rate-limited');
  });
});

describe('a reset', () => {
  const reset = (fields: Partial<ResetReach> & { handle?: string; reason?: string } = {}) =>
    resetAccount(
      stage.admin,
      { handle: 'ada', revokeTokens: false, unlinkLogins: false, reason: 'lost it', ...fields },
      stage.deps,
    );
  const redeem = (code: string, password = NEW_PASSWORD) =>
    redeemReset({ code, password }, stage.deps);

  it('takes the password and the sessions away, and gives a code that sets a new one once', async () => {
    const ada = await stage.person('ada');
    const { sessionId } = await stage.signedIn(ada);
    const { code } = await reset();
    expect(stage.last()).toMatchObject({ action: 'account.reset', reason: 'lost it' });
    expect(await stage.world.identity.findSession(sessionId)).toBeNull();
    expect(await refusalOf(signIn('ada', GOOD_PASSWORD))).toBe('sign-in-wrong');
    expect(await refusalOf(redeem(code, 'short'))).toBe('password-short');
    expect(await redeem(code)).toEqual({ userId: ada.userId, handle: 'ada' });
    expect(stage.last()).toMatchObject({ action: 'account.password', actorName: 'ada' });
    expect(await refusalOf(redeem(code))).toBe('invitation-gone');
    expect(await refusalOf(signIn('ada', NEW_PASSWORD))).toBeNull();
    expect(JSON.stringify(stage.hub.acts)).not.toContain(code);
  });

  it('gives a code for three days', async () => {
    await stage.person('ada');
    const { code } = await reset();
    await stage.clock.advance(3 * 86_400_000);
    expect(await refusalOf(redeem(code))).toBe('invitation-gone');
    expect(await refusalOf(redeem('muse_inv_nonsense'))).toBe('invitation-gone');
  });

  it('is for persons, with a reason, by an admin', async () => {
    await stage.person('ada');
    await addUser(stage.world, { handle: 'bot', kind: 'agent' });
    expect(await refusalOf(reset({ handle: 'bot' }))).toBe('persons-only');
    expect(await refusalOf(reset({ handle: 'nobody' }))).toBe('object-not-found');
    expect(await refusalOf(reset({ reason: ' ' }))).toBe('bad-frame');
  });
});

describe('unlinking the sign-in of another site', () => {
  it('leaves a way to sign in', async () => {
    const bob = await stage.signedIn(await addUser(stage.world, { handle: 'bob' }));
    const { userId } = bob;
    const login = { provider: 'https://id.example', subject: '7' };
    await stage.world.logins.linkLogin({ ...login, userId, name: 'bob' }, AN_ACT);
    expect(await refusalOf(unlinkLogin(bob, login, stage.deps))).toBe('last-way-in');
    await changePassword(bob, { current: '', next: NEW_PASSWORD }, stage.deps);
    await unlinkLogin(bob, login, stage.deps);
    expect(stage.last()).toMatchObject({ action: 'account.unlink', actorId: userId });
    expect(await refusalOf(unlinkLogin(bob, login, stage.deps))).toBe('object-not-found');
  });
});
