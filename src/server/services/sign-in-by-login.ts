import type { Principal } from '~/server/access';
import type { LoginKey } from '~/server/ports/account-store';
import { type AccountDeps, ofAccount } from './account-deps';
import { accountRefusal } from './account-problem';
import { auditEntry } from './audit-entry';
import { expectAccountAdmin } from './expect-account-admin';
import { joinByLogin } from './join-hub';
import { expectPerson } from './make-account';

export interface ProvenLogin extends LoginKey {
  /** What the person is called there: the handle, or what comes near it. */
  name: string;
  fullName: string;
}

/** What a subject is made of, by OpenID Connect; GitHub's are digits. */
const SUBJECT = /^[\x20-\x7e]{1,255}$/;

/**
 * The account that a sign-in at another site stands for: the one it is linked to; else the one that
 * is signed in at the moment, to which it is linked now; else a new one, where people may join. An
 * address of e-mail decides nothing, since whoever controls the other site can claim any.
 *
 * `session`: the browser goes on with the session it has. Throws `Refusal`: `login-taken` when it
 * belongs to another account than the one signed in, `disabled`, and as `joinByLogin`.
 */
export async function signInByLogin(
  login: ProvenLogin,
  browser: { principal: Principal; invitationId: string | null },
  deps: AccountDeps,
): Promise<{ userId: string; handle: string; session: 'new' | 'kept' }> {
  if (!SUBJECT.test(login.subject)) throw accountRefusal('login-failed');
  const { principal } = browser;
  const known = await deps.logins.findLogin(login);
  if (principal.kind === 'user') {
    const { userId, handle } = principal;
    if (known && known.userId !== userId) throw accountRefusal('login-taken');
    if (!known) await link(principal, login, deps);
    return { userId, handle, session: 'kept' };
  }
  if (known?.disabled) throw accountRefusal('disabled');
  const account = known ?? (await joinByLogin(login, browser.invitationId, deps));
  return { userId: account.userId, handle: account.handle, session: 'new' };
}

async function link(principal: Principal, login: ProvenLogin, deps: AccountDeps): Promise<void> {
  const user = expectPerson(expectAccountAdmin(principal));
  const { provider, subject, name } = login;
  const own = { id: user.userId, handle: user.handle };
  const linked = await deps.logins.linkLogin(
    { provider, subject, name, userId: user.userId },
    auditEntry(user, deps, {
      ...{ action: 'account.link', ...ofAccount(own), detail: { provider, name } },
    }),
  );
  if (!linked) throw accountRefusal('login-taken');
}
