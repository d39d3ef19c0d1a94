import type { Principal } from '~/server/access';
import type { NewAccount } from '~/server/ports/account-store';
import { Refusal } from '~/wire/errors';
import { type AccountDeps, ofAccount } from './account-deps';
import { accountRefusal } from './account-problem';
import { auditEntry } from './audit-entry';
import { expectDisplayName } from './check-display-name';
import { expectHandle } from './check-handle';
import { expectAccountAdmin, type User } from './expect-account-admin';
import { checkReason, expectHubAdmin } from './expect-hub-admin';

/** Agents that one person answers for. */
export const AGENTS_MAX = 100;

type MakeDeps = Pick<AccountDeps, 'accounts' | 'clock' | 'use'>;

export interface WantedAccount {
  handle: string;
  displayName: string;
}

/**
 * Makes an agent that the one who asks answers for. Throws `Refusal`: as `expectAccountAdmin`, a
 * problem of the handle or the name, `persons-only` for an agent, `limit-exceeded` for too many.
 */
export async function makeAgent(
  principal: Principal,
  wanted: WantedAccount,
  deps: MakeDeps,
): Promise<{ id: string; handle: string }> {
  const user = expectPerson(expectAccountAdmin(principal));
  return create(user, { ...wanted, kind: 'agent', ownerId: user.userId }, '', deps);
}

/**
 * Makes an account as an admin of the hub. A person has no way in yet: `resetAccount` gives one. An
 * agent has an owner, who makes its tokens.
 *
 * Throws `Refusal`: as `expectHubAdmin`, a problem of the handle or the name, `bad-frame` with the
 * field for an agent without an owner or without a reason.
 */
export async function makeAccount(
  principal: Principal,
  wanted: WantedAccount & { kind: 'human' | 'agent'; owner: string | null; reason: string },
  deps: MakeDeps,
): Promise<{ id: string; handle: string }> {
  const admin = expectHubAdmin(principal);
  const reason = checkReason(wanted.reason);
  const { kind, owner, handle, displayName } = wanted;
  const ownerId = kind === 'agent' ? await ownerOf(owner ?? '', deps) : null;
  return create(admin, { handle, displayName, kind, ownerId }, reason, deps);
}

/** Agents make no agents, and nobody signs in as one with a password. */
export function expectPerson(user: User): User {
  if (user.accountKind === 'agent') throw accountRefusal('persons-only');
  return user;
}

async function ownerOf(handle: string, { accounts }: MakeDeps): Promise<string> {
  const owner = await accounts.findAccountByHandle(handle.trim());
  if (owner?.kind === 'human') return owner.id;
  const message = 'An agent needs an owner: the handle of the person who answers for it.';
  throw new Refusal('bad-frame', { field: 'owner' }, message);
}

async function create(
  maker: User,
  wanted: WantedAccount & Pick<NewAccount, 'kind' | 'ownerId'>,
  reason: string,
  deps: MakeDeps,
): Promise<{ id: string; handle: string }> {
  const { kind, ownerId } = wanted;
  const handle = expectHandle(wanted.handle);
  const displayName = expectDisplayName(wanted.displayName);
  if (ownerId !== null) await expectRoom(ownerId, deps);
  const id = deps.clock.uuid();
  const problem = await deps.accounts.createAccount(
    {
      ...{ id, handle, displayName, kind, ownerId, role: 'user' },
      ...{ passwordHash: null, login: null, invitationId: null },
    },
    auditEntry(maker, deps, {
      ...{ action: 'account.create', ...ofAccount({ id, handle }), reason },
      detail: { kind },
    }),
  );
  if (problem !== null) throw accountRefusal(problem);
  return { id, handle };
}

async function expectRoom(ownerId: string, { accounts }: MakeDeps): Promise<void> {
  const agents = await accounts.listAgents(ownerId, AGENTS_MAX);
  if (agents.length < AGENTS_MAX) return;
  const message = `One person answers for at most ${AGENTS_MAX} agents.`;
  throw new Refusal('limit-exceeded', { limit: AGENTS_MAX }, message);
}
