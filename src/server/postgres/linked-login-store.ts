import type { LoginKey } from '../ports/account-store';
import type { AuditEntry } from '../ports/audit-log';
import type { LinkedLogin, LinkedLoginStore } from '../ports/linked-login-store';
import { asking } from './database-error';
import { audited } from './insert-audit';
import type { PrismaClient } from './prisma-client';
import { storableText } from './storable';

/** Accounts of other sites that sign people in here, in PostgreSQL. */
export class PostgresLinkedLoginStore implements LinkedLoginStore {
  constructor(private readonly prisma: PrismaClient) {}

  async findLogin({ provider, subject }: LoginKey): ReturnType<LinkedLoginStore['findLogin']> {
    const [row] = await asking(
      () => this.prisma.$queryRaw<{ userId: string; handle: string; disabled: boolean }[]>`
        SELECT u.id::text AS "userId", u.handle, u.disabled_at IS NOT NULL AS disabled
          FROM linked_logins l JOIN users u ON u.id = l.user_id
         WHERE l.provider = ${provider} AND l.subject = ${storableText(subject)}`,
    );
    return row ?? null;
  }

  async listLogins(userId: string): Promise<LinkedLogin[]> {
    const rows = await asking(
      () => this.prisma.$queryRaw<(Omit<LinkedLogin, 'createdAtMs'> & { createdAt: Date })[]>`
        SELECT provider, subject, name, created_at AS "createdAt"
          FROM linked_logins WHERE user_id = ${userId}::uuid
         ORDER BY created_at, provider, subject`,
    );
    return rows.map(({ createdAt, ...login }) => ({ ...login, createdAtMs: createdAt.getTime() }));
  }

  async linkLogin(
    login: LoginKey & { userId: string; name: string },
    audit: AuditEntry,
  ): Promise<boolean> {
    const linked = await audited(
      this.prisma,
      audit,
      (tx) => tx.$executeRaw`
        INSERT INTO linked_logins (provider, subject, user_id, name)
        VALUES (${login.provider}, ${storableText(login.subject)}, ${login.userId}::uuid,
                ${storableText(login.name)})
        ON CONFLICT (provider, subject) DO NOTHING`,
    );
    return linked === 1;
  }

  async unlinkLogin(userId: string, login: LoginKey, audit: AuditEntry): Promise<boolean> {
    const unlinked = await audited(
      this.prisma,
      audit,
      (tx) => tx.$executeRaw`
        DELETE FROM linked_logins
         WHERE user_id = ${userId}::uuid AND provider = ${login.provider}
           AND subject = ${storableText(login.subject)}`,
    );
    return unlinked === 1;
  }
}
