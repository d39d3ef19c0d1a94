import type {
  Account,
  AccountChange,
  AccountQuery,
  AccountStore,
  CreationProblem,
  ListedAccount,
  NewAccount,
  Role,
} from '~/server/ports/account-store';
import type { AuditEntry } from '~/server/ports/audit-log';
import type { MemoryHub, MemoryUser } from './memory-hub';
import { stands } from './memory-invitation-store';

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

/** Accounts in memory. */
export class MemoryAccountStore implements AccountStore {
  constructor(readonly hub: MemoryHub) {}

  async findAccount(userId: string): Promise<Account | null> {
    const user = this.hub.users.get(userId);
    return user ? this.#account(user) : null;
  }

  async findAccountByHandle(handle: string): Promise<Account | null> {
    const user = [...this.hub.users.values()].find((each) => same(each.handle, handle));
    return user ? this.#account(user) : null;
  }

  async createAccount(account: NewAccount, audit: AuditEntry): Promise<CreationProblem | null> {
    const { login, invitationId, ...fields } = account;
    const invitation = this.hub.invitations.get(invitationId ?? '');
    if (invitationId !== null && !stands(invitation, this.hub.now())) return 'invitation-gone';
    if (await this.findAccountByHandle(account.handle)) return 'handle-taken';
    const linked = this.hub.linkedLogins.some(
      (each) => each.provider === login?.provider && each.subject === login.subject,
    );
    if (linked) return 'login-taken';
    if (invitation) invitation.uses++;
    const createdAtMs = this.hub.now();
    this.hub.users.set(account.id, { ...fields, disabled: false, createdAtMs });
    if (login) this.hub.linkedLogins.push({ ...login, userId: account.id, createdAtMs });
    this.hub.note(audit);
    return null;
  }

  async setDisplayName(userId: string, displayName: string, audit: AuditEntry): Promise<void> {
    const user = this.hub.users.get(userId);
    if (!user) return;
    user.displayName = displayName;
    this.hub.note(audit);
  }

  async listAgents(ownerId: string, limit: number): Promise<ListedAccount[]> {
    return this.#list((user) => user.ownerId === ownerId, limit);
  }

  async listAccounts(query: AccountQuery): Promise<ListedAccount[]> {
    const text = query.text.toLowerCase();
    return this.#list(
      ({ handle, displayName, kind, role, disabled }) =>
        (handle.toLowerCase().includes(text) || displayName.toLowerCase().includes(text)) &&
        (query.kind ?? kind) === kind &&
        (query.role ?? role) === role &&
        (query.disabled ?? disabled) === disabled &&
        (query.after === null || handle.toLowerCase() > query.after.toLowerCase()),
      query.limit,
    );
  }

  async setDisabled(userId: string, disabled: boolean, audit: AuditEntry): Promise<AccountChange> {
    const user = this.hub.users.get(userId);
    if (!user || user.disabled === disabled) return 'unchanged';
    if (disabled && this.#isLastAdmin(user)) return 'last-admin';
    user.disabled = disabled;
    this.hub.note(audit);
    return 'done';
  }

  async setRole(userId: string, role: Role, audit: AuditEntry): Promise<AccountChange> {
    const user = this.hub.users.get(userId);
    if (!user || user.role === role) return 'unchanged';
    if (role === 'user' && this.#isLastAdmin(user)) return 'last-admin';
    user.role = role;
    this.hub.note(audit);
    return 'done';
  }

  #isLastAdmin(user: MemoryUser): boolean {
    const admins = [...this.hub.users.values()].filter(
      ({ role, kind, disabled }) => role === 'admin' && kind === 'human' && !disabled,
    );
    return admins.length === 1 && admins[0] === user;
  }

  #list(which: (user: MemoryUser) => boolean, limit: number): ListedAccount[] {
    const now = this.hub.now();
    return [...this.hub.users.values()]
      .filter(which)
      .sort((a, b) => (a.handle.toLowerCase() < b.handle.toLowerCase() ? -1 : 1))
      .slice(0, limit)
      .map((user) => {
        const tokens = [...this.hub.tokens.values()].filter(({ userId }) => userId === user.id);
        const sessions = [...this.hub.sessions.values()].filter(({ userId }) => userId === user.id);
        const uses = [
          ...tokens.flatMap(({ lastUse }) => (lastUse ? [lastUse.atMs] : [])),
          ...sessions.map(({ lastUsedAtMs }) => lastUsedAtMs),
        ];
        return {
          ...this.#account(user),
          tokens: tokens.filter(
            ({ revoked, expiresAtMs }) => !revoked && (expiresAtMs ?? Infinity) > now,
          ).length,
          lastUsedAtMs: uses.length > 0 ? Math.max(...uses) : null,
        };
      });
  }

  #account(user: MemoryUser): Account {
    const { id, handle, displayName, kind, role, disabled, createdAtMs } = user;
    const owner = this.hub.users.get(user.ownerId ?? '');
    return {
      ...{ id, handle, displayName, kind, role, disabled, createdAtMs },
      owner: owner ? { id: owner.id, handle: owner.handle, disabled: owner.disabled } : null,
      hasPassword: user.passwordHash !== null,
    };
  }
}
