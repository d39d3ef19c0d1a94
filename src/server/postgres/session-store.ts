import type { AuditEntry } from '../ports/audit-log';
import type { ListedSession, SessionStore } from '../ports/session-store';
import { asking } from './database-error';
import { audited } from './insert-audit';
import type { PrismaClient } from './prisma-client';
import { isUuid } from './storable';

type SessionRow = Omit<ListedSession, 'createdAtMs' | 'lastUsedAtMs'> & {
  createdAt: Date;
  lastUsedAt: Date;
};

/** Browser sessions in PostgreSQL, for those who look after their own. */
export class PostgresSessionStore implements SessionStore {
  constructor(private readonly prisma: PrismaClient) {}

  async startedAt(userId: string, sessionId: string): Promise<number | null> {
    if (!isUuid(sessionId)) return null;
    const [row] = await asking(
      () => this.prisma.$queryRaw<{ createdAt: Date }[]>`
        SELECT created_at AS "createdAt" FROM sessions
         WHERE id = ${sessionId}::uuid AND user_id = ${userId}::uuid
           AND revoked_at IS NULL AND expires_at > clock_timestamp()`,
    );
    return row?.createdAt.getTime() ?? null;
  }

  async listSessions(userId: string, limit: number): Promise<ListedSession[]> {
    const rows = await asking(
      () => this.prisma.$queryRaw<SessionRow[]>`
        SELECT s.id::text, s.created_at AS "createdAt", s.last_used_at AS "lastUsedAt",
               s.address, s.user_agent AS "userAgent", t.name AS "tokenName"
          FROM sessions s
          LEFT JOIN access_tokens t ON t.id = s.token_id
         WHERE s.user_id = ${userId}::uuid
           AND s.revoked_at IS NULL
           AND s.expires_at > clock_timestamp()
           AND (s.token_id IS NULL
                OR (t.revoked_at IS NULL
                    AND (t.expires_at IS NULL OR t.expires_at > clock_timestamp())))
         ORDER BY s.last_used_at DESC, s.id DESC
         LIMIT ${limit}`,
    );
    return rows.map(({ createdAt, lastUsedAt, ...session }) => ({
      ...session,
      createdAtMs: createdAt.getTime(),
      lastUsedAtMs: lastUsedAt.getTime(),
    }));
  }

  async revokeOwnSession(userId: string, sessionId: string, audit: AuditEntry): Promise<boolean> {
    if (!isUuid(sessionId)) return false;
    const revoked = await audited(
      this.prisma,
      audit,
      (tx) => tx.$executeRaw`
        UPDATE sessions SET revoked_at = clock_timestamp()
         WHERE id = ${sessionId}::uuid AND user_id = ${userId}::uuid AND revoked_at IS NULL`,
    );
    return revoked === 1;
  }

  revokeOtherSessions(userId: string, keptId: string | null, audit: AuditEntry): Promise<number> {
    return audited(
      this.prisma,
      audit,
      (tx) => tx.$executeRaw`
        UPDATE sessions SET revoked_at = clock_timestamp()
         WHERE user_id = ${userId}::uuid AND revoked_at IS NULL
           AND id IS DISTINCT FROM ${keptId}::uuid`,
    );
  }
}
