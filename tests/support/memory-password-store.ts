import type { AuditEntry } from '~/server/ports/audit-log';
import type {
  PasswordStore,
  ResetInvitation,
  ResetReach,
  StoredPassword,
} from '~/server/ports/password-store';
import type { MemoryHub } from './memory-hub';
import { stands } from './memory-invitation-store';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** The hashes of passwords in memory. */
export class MemoryPasswordStore implements PasswordStore {
  constructor(readonly hub: MemoryHub) {}

  async findPassword(handle: string): Promise<StoredPassword | null> {
    const key = handle.toLowerCase();
    const user = [...this.hub.users.values()].find((each) => each.handle.toLowerCase() === key);
    if (!user) return null;
    const { id: userId, passwordHash: hash, disabled } = user;
    return { userId, handle: user.handle, hash, disabled };
  }

  async rehashPassword(userId: string, oldHash: string, newHash: string): Promise<void> {
    const user = this.hub.users.get(userId);
    if (user?.passwordHash === oldHash) user.passwordHash = newHash;
  }

  async setPassword(
    userId: string,
    hash: string,
    keptSessionId: string | null,
    audit: AuditEntry,
  ): Promise<number> {
    this.hub.users.get(userId)!.passwordHash = hash;
    this.hub.note(audit);
    return this.hub.endSessions(userId, keptSessionId);
  }

  async resetPassword(
    userId: string,
    { revokeTokens, unlinkLogins, invitation }: ResetReach & { invitation: ResetInvitation },
    audit: AuditEntry,
  ): Promise<void> {
    this.hub.users.get(userId)!.passwordHash = null;
    this.hub.endSessions(userId, null);
    for (const token of this.hub.tokens.values()) {
      if (revokeTokens && token.userId === userId) token.revoked = true;
    }
    const { linkedLogins } = this.hub;
    const kept = linkedLogins.filter((login) => !unlinkLogins || login.userId !== userId);
    linkedLogins.splice(0, linkedLogins.length, ...kept);
    this.#revokeResets(userId);
    const { id, codeHash, madeById, expiresAtMs } = invitation;
    this.hub.invitations.set(id, {
      ...{ id, hash: hex(codeHash), accountId: userId, madeById, note: '', uses: 0, usesMax: 1 },
      ...{ createdAtMs: this.hub.now(), expiresAtMs, revoked: false },
    });
    this.hub.note(audit);
  }

  async redeemReset(
    codeHash: Uint8Array,
    passwordHash: string,
    auditOf: (account: { id: string; handle: string }) => AuditEntry,
  ): Promise<{ userId: string; handle: string } | null> {
    const account = this.#findReset(codeHash);
    if (!account) return null;
    const { userId, handle } = account;
    for (const invitation of this.hub.invitations.values()) {
      if (invitation.hash === hex(codeHash)) invitation.uses++;
    }
    this.hub.users.get(userId)!.passwordHash = passwordHash;
    this.hub.endSessions(userId, null);
    this.#revokeResets(userId);
    this.hub.note(auditOf({ id: userId, handle }));
    return account;
  }

  async findReset(codeHash: Uint8Array): Promise<{ userId: string; handle: string } | null> {
    return this.#findReset(codeHash);
  }

  #findReset(codeHash: Uint8Array): { userId: string; handle: string } | null {
    const invitation = [...this.hub.invitations.values()].find(
      ({ hash }) => hash === hex(codeHash),
    );
    const user = this.hub.users.get(invitation?.accountId ?? '');
    if (!stands(invitation, this.hub.now()) || !user || user.disabled) return null;
    return { userId: user.id, handle: user.handle };
  }

  #revokeResets(userId: string): void {
    for (const invitation of this.hub.invitations.values()) {
      const open = invitation.uses < invitation.usesMax;
      if (invitation.accountId === userId && open) invitation.revoked = true;
    }
  }
}
