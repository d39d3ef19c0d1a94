import type { AuditEntry } from '../ports/audit-log';
import type {
  PasswordStore,
  ResetInvitation,
  ResetReach,
  StoredPassword,
} from '../ports/password-store';
import { asking } from './database-error';
import type { Prisma } from './generated/client';
import { ACT_OPTIONS, insertAudit } from './insert-audit';
import type { PrismaClient } from './prisma-client';
import { storableText } from './storable';

type Transaction = Prisma.TransactionClient;

/** The hashes of passwords in PostgreSQL. */
export class PostgresPasswordStore implements PasswordStore {
  constructor(private readonly prisma: PrismaClient) {}

  async findPassword(handle: string): Promise<StoredPassword | null> {
    const [row] = await asking(
      () => this.prisma.$queryRaw<StoredPassword[]>`
        SELECT id::text AS "userId", handle, password_hash AS hash,
               disabled_at IS NOT NULL AS disabled
          FROM users WHERE handle_key = ${storableText(handle.toLowerCase())}`,
    );
    return row ?? null;
  }

  async rehashPassword(userId: string, oldHash: string, newHash: string): Promise<void> {
    await asking(
      () => this.prisma.$executeRaw`
        UPDATE users SET password_hash = ${newHash}
         WHERE id = ${userId}::uuid AND password_hash = ${oldHash}`,
    );
  }

  setPassword(
    userId: string,
    hash: string,
    keptSessionId: string | null,
    audit: AuditEntry,
  ): Promise<number> {
    return asking(() =>
      this.prisma.$transaction(async (tx) => {
        await tx.$executeRaw`
          UPDATE users SET password_hash = ${hash} WHERE id = ${userId}::uuid`;
        const ended = await endSessions(tx, userId, keptSessionId);
        await insertAudit(tx, audit);
        return ended;
      }, ACT_OPTIONS),
    );
  }

  async resetPassword(
    userId: string,
    { revokeTokens, unlinkLogins, invitation }: ResetReach & { invitation: ResetInvitation },
    audit: AuditEntry,
  ): Promise<void> {
    await asking(() =>
      this.prisma.$transaction(async (tx) => {
        await tx.$executeRaw`UPDATE users SET password_hash = NULL WHERE id = ${userId}::uuid`;
        await endSessions(tx, userId, null);
        if (revokeTokens) {
          await tx.$executeRaw`
            UPDATE access_tokens SET revoked_at = clock_timestamp()
             WHERE user_id = ${userId}::uuid AND revoked_at IS NULL`;
        }
        if (unlinkLogins) {
          await tx.$executeRaw`DELETE FROM linked_logins WHERE user_id = ${userId}::uuid`;
        }
        await revokeResets(tx, userId);
        await tx.$executeRaw`
          INSERT INTO invitations (id, hash, account_id, made_by_id, uses_max, expires_at)
          VALUES (${invitation.id}::uuid, ${invitation.codeHash}, ${userId}::uuid,
                  ${invitation.madeById}::uuid, 1,
                  to_timestamp(${invitation.expiresAtMs}::bigint / 1000.0))`;
        await insertAudit(tx, audit);
      }, ACT_OPTIONS),
    );
  }

  redeemReset(
    codeHash: Uint8Array,
    passwordHash: string,
    auditOf: (account: { id: string; handle: string }) => AuditEntry,
  ): Promise<{ userId: string; handle: string } | null> {
    return asking(() =>
      this.prisma.$transaction(async (tx) => {
        const [account] = await tx.$queryRaw<{ userId: string; handle: string }[]>`
          UPDATE invitations i SET uses = uses + 1
            FROM users u
           WHERE i.hash = ${codeHash} AND u.id = i.account_id AND u.disabled_at IS NULL
             AND i.revoked_at IS NULL AND i.uses < i.uses_max
             AND i.expires_at > clock_timestamp()
          RETURNING u.id::text AS "userId", u.handle`;
        if (!account) return null;
        const { userId, handle } = account;
        await tx.$executeRaw`
          UPDATE users SET password_hash = ${passwordHash} WHERE id = ${userId}::uuid`;
        await endSessions(tx, userId, null);
        await revokeResets(tx, userId);
        await insertAudit(tx, auditOf({ id: userId, handle }));
        return account;
      }, ACT_OPTIONS),
    );
  }

  async findReset(codeHash: Uint8Array): Promise<{ userId: string; handle: string } | null> {
    const [account] = await asking(
      () => this.prisma.$queryRaw<{ userId: string; handle: string }[]>`
        SELECT u.id::text AS "userId", u.handle
          FROM invitations i JOIN users u ON u.id = i.account_id AND u.disabled_at IS NULL
         WHERE i.hash = ${codeHash} AND i.revoked_at IS NULL AND i.uses < i.uses_max
           AND i.expires_at > clock_timestamp()`,
    );
    return account ?? null;
  }
}

const endSessions = (tx: Transaction, userId: string, keptId: string | null): Promise<number> =>
  tx.$executeRaw`
    UPDATE sessions SET revoked_at = clock_timestamp()
     WHERE user_id = ${userId}::uuid AND revoked_at IS NULL
       AND id IS DISTINCT FROM ${keptId}::uuid`;

const revokeResets = (tx: Transaction, userId: string): Promise<number> =>
  tx.$executeRaw`
    UPDATE invitations SET revoked_at = clock_timestamp()
     WHERE account_id = ${userId}::uuid AND revoked_at IS NULL AND uses < uses_max`;
