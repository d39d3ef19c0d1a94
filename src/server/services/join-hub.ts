import { ANONYMOUS } from '~/server/access';
import type { LoginKey, NewAccount } from '~/server/ports/account-store';
import type { AccountDeps } from './account-deps';
import { ofAccount } from './account-deps';
import { accountRefusal } from './account-problem';
import { auditEntry } from './audit-entry';
import { expectDisplayName } from './check-display-name';
import { expectHandle, handlesFrom } from './check-handle';
import { expectGoodPassword } from './check-password';

export type JoinDeps = Pick<
  AccountDeps,
  'accounts' | 'hasher' | 'invitations' | 'hubSettings' | 'clock' | 'use'
>;

/**
 * Whether somebody may make an account now: `code` when an invitation is needed first. An invitation
 * is worth nothing while the hub is closed.
 */
export async function mayJoin(
  invitationId: string | null,
  { hubSettings, invitations }: Pick<JoinDeps, 'hubSettings' | 'invitations'>,
): Promise<'yes' | 'code' | 'closed'> {
  const { signUp } = await hubSettings.load();
  if (signUp !== 'invitation') return signUp === 'open' ? 'yes' : 'closed';
  const invited = invitationId !== null && (await invitations.invitationStands(invitationId));
  return invited ? 'yes' : 'code';
}

export interface Joining {
  handle: string;
  displayName: string;
  password: string;
  /** The invitation that the person came with; null: none. */
  invitationId: string | null;
}

/**
 * Makes the account of a person who joins with a password. Throws `Refusal` with the problem: of the
 * handle, the name or the password, `sign-up-closed`, `invitation-needed`, `invitation-gone`.
 */
export async function joinHub(
  wanted: Joining,
  deps: JoinDeps,
): Promise<{ userId: string; handle: string }> {
  const invitationId = await expectMayJoin(wanted.invitationId, deps);
  const handle = expectHandle(wanted.handle);
  const displayName = expectDisplayName(wanted.displayName);
  expectGoodPassword(wanted.password, handle);
  // Told before the work of hashing; the store has the last word.
  if (await deps.accounts.findAccountByHandle(handle)) throw accountRefusal('handle-taken');
  const passwordHash = await deps.hasher.hash(wanted.password);
  const account = { ...personOf(handle, displayName, deps), passwordHash, invitationId };
  const problem = await create(account, deps);
  if (problem !== null) throw accountRefusal(problem);
  return { userId: account.id, handle };
}

/**
 * Makes the account of a person who joins by the sign-in of another site, under the first free
 * handle made from the name there. Throws as `joinHub`.
 */
export async function joinByLogin(
  login: LoginKey & { name: string; fullName: string },
  given: string | null,
  deps: JoinDeps,
): Promise<{ userId: string; handle: string }> {
  const invitationId = await expectMayJoin(given, deps);
  const { provider, subject, name, fullName } = login;
  for (const handle of handlesFrom(name)) {
    if (await deps.accounts.findAccountByHandle(handle)) continue;
    const person = personOf(handle, fullName.slice(0, 100).trim(), deps);
    const account = { ...person, login: { provider, subject, name }, invitationId };
    const problem = await create(account, deps);
    if (problem === null) return { userId: account.id, handle };
    if (problem !== 'handle-taken') throw accountRefusal(problem);
  }
  throw accountRefusal('handle-taken');
}

/** The invitation to use, when one is needed. */
async function expectMayJoin(given: string | null, deps: JoinDeps): Promise<string | null> {
  const { signUp } = await deps.hubSettings.load();
  if (signUp === 'closed') throw accountRefusal('sign-up-closed');
  if (signUp === 'open') return null;
  if (given === null) throw accountRefusal('invitation-needed');
  if (!(await deps.invitations.invitationStands(given))) throw accountRefusal('invitation-gone');
  return given;
}

const personOf = (handle: string, displayName: string, { clock }: JoinDeps): NewAccount => ({
  ...{ id: clock.uuid(), handle, displayName, kind: 'human', ownerId: null, role: 'user' },
  ...{ passwordHash: null, login: null, invitationId: null },
});

/** The new account makes itself: nobody else is there to be named. */
function create(account: NewAccount, deps: JoinDeps) {
  const { id, handle, invitationId, login } = account;
  const by = login === null ? 'password' : login.provider;
  const entry = auditEntry(ANONYMOUS, deps, {
    ...{ action: 'account.create', ...ofAccount(account) },
    detail: { kind: 'human', by, ...(invitationId !== null && { invitation: invitationId }) },
  });
  return deps.accounts.createAccount(account, { ...entry, actorId: id, actorName: handle });
}
