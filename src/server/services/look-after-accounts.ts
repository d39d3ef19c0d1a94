import type { Principal } from '~/server/access';
import type {
  Account,
  AccountChange,
  AccountQuery,
  ListedAccount,
  Role,
} from '~/server/ports/account-store';
import type { ResetReach } from '~/server/ports/password-store';
import { Refusal } from '~/wire/errors';
import { type AccountDeps, ofAccount } from './account-deps';
import { accountRefusal } from './account-problem';
import { auditEntry } from './audit-entry';
import { checkReason, expectHubAdmin } from './expect-hub-admin';
import { expectPerson } from './make-account';

/** What admins of the hub do to the accounts of others: each act with a reason, noted with it. */
type LookAfterDeps = Pick<AccountDeps, 'accounts' | 'use'>;

const RESET_CODE_MS = 3 * 24 * 60 * 60 * 1000;

export interface AccountPage {
  accounts: ListedAccount[];
  /** The handle to go on after; null at the end. */
  next: string | null;
}

/** A page of accounts, by handle. Throws `Refusal` as `expectHubAdmin`. */
export async function listAccounts(
  principal: Principal,
  query: AccountQuery,
  { accounts }: Pick<AccountDeps, 'accounts'>,
): Promise<AccountPage> {
  expectHubAdmin(principal);
  const rows = await accounts.listAccounts({ ...query, limit: query.limit + 1 });
  const page = rows.slice(0, query.limit);
  return { accounts: page, next: rows.length > query.limit ? (page.at(-1)?.handle ?? null) : null };
}

/**
 * Disables an account, or enables it: its tokens, its sessions, its agents and pushes under way end
 * at once. Throws `Refusal`: as `expectHubAdmin`, `object-not-found`, `last-admin`, `bad-frame`
 * without a reason.
 */
export async function setAccountDisabled(
  principal: Principal,
  wanted: { handle: string; disabled: boolean; reason: string },
  deps: LookAfterDeps,
): Promise<void> {
  const admin = expectHubAdmin(principal);
  const reason = checkReason(wanted.reason);
  const account = await find(wanted.handle, deps);
  const action = wanted.disabled ? 'account.disable' : 'account.enable';
  const entry = auditEntry(admin, deps, { action, ...ofAccount(account), reason });
  expectDone(await deps.accounts.setDisabled(account.id, wanted.disabled, entry));
}

/**
 * Makes a person an admin of the hub, or no longer. Throws as `setAccountDisabled`, and
 * `persons-only` for an agent.
 */
export async function changeRole(
  principal: Principal,
  wanted: { handle: string; role: Role; reason: string },
  deps: LookAfterDeps,
): Promise<void> {
  const admin = expectHubAdmin(principal);
  const reason = checkReason(wanted.reason);
  const { role } = wanted;
  const account = await find(wanted.handle, deps);
  if (account.kind === 'agent') throw accountRefusal('persons-only');
  const entry = auditEntry(admin, deps, {
    ...{ action: 'account.role', ...ofAccount(account), reason, detail: { role } },
  });
  expectDone(await deps.accounts.setRole(account.id, role, entry));
}

/**
 * Takes a person's password away, ends every session and, if so wished, every token and linked
 * sign-in, and gives a code with which a new password can be set once; its text is in this answer
 * and nowhere else. Throws as `changeRole`.
 */
export async function resetAccount(
  principal: Principal,
  wanted: ResetReach & { handle: string; reason: string },
  deps: LookAfterDeps & Pick<AccountDeps, 'passwords' | 'invitationCodes' | 'clock'>,
): Promise<{ code: string; expiresAtMs: number }> {
  const admin = expectPerson(expectHubAdmin(principal));
  const reason = checkReason(wanted.reason);
  const reach = { revokeTokens: wanted.revokeTokens, unlinkLogins: wanted.unlinkLogins };
  const account = await find(wanted.handle, deps);
  if (account.kind === 'agent') throw accountRefusal('persons-only');
  const { text, hash } = deps.invitationCodes.mint();
  const expiresAtMs = deps.clock.now() + RESET_CODE_MS;
  const id = deps.clock.uuid();
  await deps.passwords.resetPassword(
    account.id,
    { ...reach, invitation: { id, codeHash: hash, madeById: admin.userId, expiresAtMs } },
    auditEntry(admin, deps, {
      ...{ action: 'account.reset', ...ofAccount(account), reason, detail: reach },
    }),
  );
  return { code: text, expiresAtMs };
}

async function find(handle: string, { accounts }: LookAfterDeps): Promise<Account> {
  const account = await accounts.findAccountByHandle(handle);
  if (account) return account;
  throw new Refusal('object-not-found', {}, 'There is no such account.');
}

/** What is so already is as good as done. */
function expectDone(change: AccountChange): void {
  if (change === 'last-admin') throw accountRefusal('last-admin');
}
