import type { Principal } from '~/server/access';
import type { Account, AccountStore, ListedAccount } from '~/server/ports/account-store';
import { Refusal } from '~/wire/errors';
import { type AccountDeps, ofAccount } from './account-deps';
import { auditEntry } from './audit-entry';
import { expectAccountAdmin, type User } from './expect-account-admin';
import { AGENTS_MAX } from './make-account';

/** An agent, opened by who answers for it. */
export interface OwnAgent {
  owner: User;
  account: Account;
  /** The agent, as its owner acts for it: for the services around tokens and keys. */
  principal: User;
}

export interface OpenAgentDeps {
  accounts: Pick<AccountStore, 'findAccountByHandle'>;
}

/** The agents that the one who asks answers for, by handle. Throws as `expectAccountAdmin`. */
export async function listAgents(
  principal: Principal,
  { accounts }: Pick<AccountDeps, 'accounts'>,
): Promise<ListedAccount[]> {
  return accounts.listAgents(expectAccountAdmin(principal).userId, AGENTS_MAX);
}

/**
 * Finds an agent for the person who answers for it; nobody else finds it here, not even an admin of
 * the hub, who has pages of his own. Throws `Refusal`: as `expectAccountAdmin`, `object-not-found`.
 */
export async function openAgent(
  principal: Principal,
  handle: string,
  { accounts }: OpenAgentDeps,
): Promise<OwnAgent> {
  const owner = expectAccountAdmin(principal);
  const account = await accounts.findAccountByHandle(handle);
  if (account?.kind === 'agent' && account.owner?.id === owner.userId) {
    const { id: userId, handle: name } = account;
    const { token, sessionId } = owner;
    const actor = { userId: owner.userId, handle: owner.handle };
    const agent = { kind: 'user', accountKind: 'agent', role: 'user' } as const;
    return {
      owner,
      account,
      principal: { ...agent, userId, handle: name, token, sessionId, actor },
    };
  }
  throw new Refusal('object-not-found', {}, 'You have no agent of this name.');
}

/** The one who asks or, when a handle is given, an agent of theirs. Throws as `openAgent`. */
export async function selfOrAgent(
  principal: Principal,
  handle: string | null,
  deps: OpenAgentDeps,
): Promise<Principal> {
  return handle === null ? principal : (await openAgent(principal, handle, deps)).principal;
}

/** Disables or enables one's own agent, at once on every process. Throws as `openAgent`. */
export async function setAgentDisabled(
  principal: Principal,
  { handle, disabled }: { handle: string; disabled: boolean },
  deps: Pick<AccountDeps, 'accounts' | 'use'>,
): Promise<void> {
  const { owner, account } = await openAgent(principal, handle, deps);
  const action = disabled ? 'account.disable' : 'account.enable';
  const entry = auditEntry(owner, deps, { action, ...ofAccount(account) });
  await deps.accounts.setDisabled(account.id, disabled, entry);
}
