import type { LoginKey } from '~/server/ports/account-store';
import type { AuditEntry } from '~/server/ports/audit-log';
import type { LinkedLogin, LinkedLoginStore } from '~/server/ports/linked-login-store';
import type { MemoryHub } from './memory-hub';

const same = (a: LoginKey, b: LoginKey) => a.provider === b.provider && a.subject === b.subject;

/** Accounts of other sites that sign people in here, in memory. */
export class MemoryLinkedLoginStore implements LinkedLoginStore {
  constructor(readonly hub: MemoryHub) {}

  async findLogin(login: LoginKey): ReturnType<LinkedLoginStore['findLogin']> {
    const linked = this.hub.linkedLogins.find((each) => same(each, login));
    const user = linked && this.hub.users.get(linked.userId);
    return user ? { userId: user.id, handle: user.handle, disabled: user.disabled } : null;
  }

  async listLogins(userId: string): Promise<LinkedLogin[]> {
    return this.hub.linkedLogins
      .filter((login) => login.userId === userId)
      .map(({ userId: _, ...login }) => login);
  }

  async linkLogin(
    login: LoginKey & { userId: string; name: string },
    audit: AuditEntry,
  ): Promise<boolean> {
    if (await this.findLogin(login)) return false;
    this.hub.linkedLogins.push({ ...login, createdAtMs: this.hub.now() });
    this.hub.note(audit);
    return true;
  }

  async unlinkLogin(userId: string, login: LoginKey, audit: AuditEntry): Promise<boolean> {
    const { linkedLogins } = this.hub;
    const at = linkedLogins.findIndex((each) => each.userId === userId && same(each, login));
    if (at < 0) return false;
    linkedLogins.splice(at, 1);
    this.hub.note(audit);
    return true;
  }
}
