import type { Principal } from '~/server/access';
import type { Account } from '~/server/ports/account-store';
import type { LinkedLogin } from '~/server/ports/linked-login-store';
import { Refusal } from '~/wire/errors';
import { type AccountDeps, ofAccount } from './account-deps';
import { accountRefusal } from './account-problem';
import { auditEntry } from './audit-entry';
import { expectDisplayName } from './check-display-name';
import { expectAccountAdmin, type User } from './expect-account-admin';
import { expectPerson } from './make-account';

export interface Profile {
  account: Account;
  logins: LinkedLogin[];
}

type ProfileDeps = Pick<AccountDeps, 'accounts' | 'logins'>;

/** What one knows of one's own account. Throws `Refusal` as `expectAccountAdmin`. */
export async function showProfile(principal: Principal, deps: ProfileDeps): Promise<Profile> {
  const user = expectAccountAdmin(principal);
  const [account, logins] = await Promise.all([
    findOwn(user, deps),
    deps.logins.listLogins(user.userId),
  ]);
  return { account, logins };
}

/** Changes the name that is shown beside one's handle. Throws `Refusal` with the problem. */
export async function changeDisplayName(
  principal: Principal,
  given: string,
  deps: Pick<AccountDeps, 'accounts' | 'use'>,
): Promise<void> {
  const user = expectAccountAdmin(principal);
  const displayName = expectDisplayName(given);
  const own = { id: user.userId, handle: user.handle };
  await deps.accounts.setDisplayName(
    user.userId,
    displayName,
    auditEntry(user, deps, {
      ...{ action: 'account.update', ...ofAccount(own), detail: { displayName } },
    }),
  );
}

/**
 * Takes a sign-in of another site away. Throws `Refusal`: as `expectAccountAdmin`, `last-way-in` for
 * who has no password and no other, `object-not-found`.
 */
export async function unlinkLogin(
  principal: Principal,
  login: { provider: string; subject: string },
  deps: ProfileDeps & Pick<AccountDeps, 'use'>,
): Promise<void> {
  const user = expectPerson(expectAccountAdmin(principal));
  const { account, logins } = await showProfile(user, deps);
  if (!account.hasPassword && logins.length === 1) throw accountRefusal('last-way-in');
  const entry = auditEntry(user, deps, {
    ...{ action: 'account.unlink', ...ofAccount(account), detail: { provider: login.provider } },
  });
  if (await deps.logins.unlinkLogin(user.userId, login, entry)) return;
  throw new Refusal('object-not-found', {}, 'You have no such sign-in; it may be gone already.');
}

async function findOwn(user: User, { accounts }: ProfileDeps): Promise<Account> {
  const account = await accounts.findAccount(user.userId);
  if (account) return account;
  throw new Refusal('unauthenticated'); // gone since it was authenticated
}
