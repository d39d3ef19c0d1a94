import type { AuditEntry } from '../ports/audit-log';
import type {
  InvitationCursor,
  InvitationStore,
  ListedInvitation,
  NewInvitation,
} from '../ports/invitation-store';
import { asking } from './database-error';
import { audited } from './insert-audit';
import type { PrismaClient } from './prisma-client';
import { isUuid, storableText } from './storable';

type InvitationRow = Omit<ListedInvitation, 'createdAtMs' | 'expiresAtMs'> & {
  createdAt: Date;
  expiresAt: Date;
};

/** Invitations to make an account, in PostgreSQL. */
export class PostgresInvitationStore implements InvitationStore {
  constructor(private readonly prisma: PrismaClient) {}

  async createInvitation(invitation: NewInvitation, audit: AuditEntry): Promise<void> {
    await audited(
      this.prisma,
      audit,
      (tx) => tx.$executeRaw`
        INSERT INTO invitations (id, hash, made_by_id, note, uses_max, expires_at)
        VALUES (${invitation.id}::uuid, ${invitation.codeHash}, ${invitation.madeById}::uuid,
                ${storableText(invitation.note)}, ${invitation.usesMax}::int,
                to_timestamp(${invitation.expiresAtMs}::bigint / 1000.0))`,
    );
  }

  async findInvitation(codeHash: Uint8Array): Promise<{ id: string } | null> {
    const [row] = await asking(
      () => this.prisma.$queryRaw<{ id: string }[]>`
        SELECT id::text FROM invitations
         WHERE hash = ${codeHash} AND account_id IS NULL AND revoked_at IS NULL
           AND uses < uses_max AND expires_at > clock_timestamp()`,
    );
    return row ?? null;
  }

  async invitationStands(id: string): Promise<boolean> {
    if (!isUuid(id)) return false;
    const [row] = await asking(
      () => this.prisma.$queryRaw<{ id: string }[]>`
        SELECT id::text FROM invitations
         WHERE id = ${id}::uuid AND account_id IS NULL AND revoked_at IS NULL
           AND uses < uses_max AND expires_at > clock_timestamp()`,
    );
    return row !== undefined;
  }

  async listInvitations(
    before: InvitationCursor | null,
    limit: number,
  ): Promise<ListedInvitation[]> {
    const id = before && isUuid(before.id) ? before.id : null;
    const rows = await asking(
      () => this.prisma.$queryRaw<InvitationRow[]>`
        SELECT i.id::text, a.handle AS "forHandle", m.handle AS "madeBy", i.note, i.uses,
               i.uses_max AS "usesMax", i.created_at AS "createdAt", i.expires_at AS "expiresAt",
               i.revoked_at IS NOT NULL AS revoked
          FROM invitations i
          JOIN users m ON m.id = i.made_by_id
          LEFT JOIN users a ON a.id = i.account_id
         WHERE (${id}::uuid IS NULL
                OR (i.created_at, i.id)
                   < (to_timestamp(${before?.atMs ?? 0}::bigint / 1000.0), ${id}::uuid))
         ORDER BY i.created_at DESC, i.id DESC
         LIMIT ${limit}::int`,
    );
    return rows.map(({ createdAt, expiresAt, ...row }) => ({
      ...row,
      createdAtMs: createdAt.getTime(),
      expiresAtMs: expiresAt.getTime(),
    }));
  }

  async revokeInvitation(id: string, audit: AuditEntry): Promise<boolean> {
    if (!isUuid(id)) return false;
    const revoked = await audited(
      this.prisma,
      audit,
      (tx) => tx.$executeRaw`
        UPDATE invitations SET revoked_at = clock_timestamp()
         WHERE id = ${id}::uuid AND revoked_at IS NULL`,
    );
    return revoked === 1;
  }
}
