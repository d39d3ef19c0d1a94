import type { AuditEntry } from '~/server/ports/audit-log';
import type {
  InvitationCursor,
  InvitationStore,
  ListedInvitation,
  NewInvitation,
} from '~/server/ports/invitation-store';
import type { MemoryHub, MemoryInvitation } from './memory-hub';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** Whether an invitation can still be used. */
export const stands = (
  invitation: MemoryInvitation | undefined,
  nowMs: number,
): invitation is MemoryInvitation =>
  invitation !== undefined &&
  !invitation.revoked &&
  invitation.uses < invitation.usesMax &&
  invitation.expiresAtMs > nowMs;

/** Invitations to make an account, in memory. */
export class MemoryInvitationStore implements InvitationStore {
  constructor(readonly hub: MemoryHub) {}

  async createInvitation(invitation: NewInvitation, audit: AuditEntry): Promise<void> {
    const { codeHash, ...fields } = invitation;
    const fresh = { accountId: null, uses: 0, createdAtMs: this.hub.now(), revoked: false };
    this.hub.invitations.set(invitation.id, { ...fields, hash: hex(codeHash), ...fresh });
    this.hub.note(audit);
  }

  async findInvitation(codeHash: Uint8Array): Promise<{ id: string } | null> {
    const found = [...this.hub.invitations.values()].find(({ hash }) => hash === hex(codeHash));
    return found && (await this.invitationStands(found.id)) ? { id: found.id } : null;
  }

  async invitationStands(id: string): Promise<boolean> {
    const invitation = this.hub.invitations.get(id);
    return stands(invitation, this.hub.now()) && invitation.accountId === null;
  }

  async listInvitations(
    before: InvitationCursor | null,
    limit: number,
  ): Promise<ListedInvitation[]> {
    const below = (row: MemoryInvitation) =>
      before === null ||
      row.createdAtMs < before.atMs ||
      (row.createdAtMs === before.atMs && row.id < before.id);
    return [...this.hub.invitations.values()]
      .filter(below)
      .sort((a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? 1 : -1))
      .slice(0, limit)
      .map(({ hash: _, accountId, madeById, ...row }) => ({
        ...row,
        forHandle: this.hub.users.get(accountId ?? '')?.handle ?? null,
        madeBy: this.hub.users.get(madeById)?.handle ?? '',
      }));
  }

  async revokeInvitation(id: string, audit: AuditEntry): Promise<boolean> {
    const invitation = this.hub.invitations.get(id);
    if (!invitation || invitation.revoked) return false;
    invitation.revoked = true;
    this.hub.note(audit);
    return true;
  }
}
