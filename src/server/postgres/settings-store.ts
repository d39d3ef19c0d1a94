import type { AuditEntry } from '../ports/audit-log';
import type { BranchRule } from '../ports/push-store';
import type {
  Collaborator,
  Permission,
  RepositoryChange,
  SettingsStore,
} from '../ports/settings-store';
import { asking } from './database-error';
import { audited } from './insert-audit';
import type { PrismaClient } from './prisma-client';
import { storableText } from './storable';

/** What the admins of a repository decide about it, in PostgreSQL. */
export class PostgresSettingsStore implements SettingsStore {
  constructor(private readonly prisma: PrismaClient) {}

  listCollaborators(repoId: string): Promise<Collaborator[]> {
    return asking(
      () => this.prisma.$queryRaw<Collaborator[]>`
        SELECT u.handle, u.kind::text, c.permission::text
          FROM collaborators c JOIN users u ON u.id = c.user_id
         WHERE c.repo_id = ${repoId}::uuid
         ORDER BY u.handle_key`,
    );
  }

  listRules(repoId: string): Promise<BranchRule[]> {
    return asking(
      () => this.prisma.$queryRaw<BranchRule[]>`
        SELECT pattern, allow_force AS "allowForce", allow_delete AS "allowDelete",
               CASE push_role WHEN 'admin' THEN 'admin' ELSE 'write' END AS "pushRole",
               require_signed AS "requireSigned"
          FROM branch_rules
         WHERE repo_id = ${repoId}::uuid
         ORDER BY pattern COLLATE "C"`,
    );
  }

  async updateRepository(
    repoId: string,
    change: RepositoryChange,
    audit: AuditEntry,
  ): Promise<boolean> {
    const { description = null, visibility = null, defaultBranch = null } = change;
    const { requireSigned = null, refusePolyglot = null } = change;
    const branch = defaultBranch === null ? null : storableText(defaultBranch);
    const updated = await audited(
      this.prisma,
      audit,
      (tx) => tx.$executeRaw`
        UPDATE repositories r
           SET description = coalesce(${description === null ? null : storableText(description)}, r.description),
               visibility = coalesce(${visibility}::visibility, r.visibility),
               default_branch = coalesce(${branch}, r.default_branch),
               require_signed = coalesce(${requireSigned}::boolean, r.require_signed),
               refuse_polyglot = coalesce(${refusePolyglot}::boolean, r.refuse_polyglot)
         WHERE r.id = ${repoId}::uuid AND r.deleted_at IS NULL
           AND (${branch}::text IS NULL
                OR EXISTS (SELECT 1 FROM branches b WHERE b.repo_id = r.id AND b.name = ${branch}))`,
    );
    return updated === 1;
  }

  async putCollaborator(
    repoId: string,
    userId: string,
    permission: Permission,
    audit: AuditEntry,
  ): Promise<void> {
    await audited(
      this.prisma,
      audit,
      (tx) => tx.$executeRaw`
        INSERT INTO collaborators (repo_id, user_id, permission)
        VALUES (${repoId}::uuid, ${userId}::uuid, ${permission}::permission)
        ON CONFLICT (repo_id, user_id) DO UPDATE SET permission = EXCLUDED.permission`,
    );
  }

  async removeCollaborator(repoId: string, userId: string, audit: AuditEntry): Promise<boolean> {
    const removed = await audited(
      this.prisma,
      audit,
      (tx) => tx.$executeRaw`
        DELETE FROM collaborators
         WHERE repo_id = ${repoId}::uuid AND user_id = ${userId}::uuid`,
    );
    return removed === 1;
  }

  async putRule(repoId: string, rule: BranchRule, audit: AuditEntry): Promise<void> {
    await audited(
      this.prisma,
      audit,
      (tx) => tx.$executeRaw`
        INSERT INTO branch_rules (repo_id, pattern, allow_force, allow_delete, push_role, require_signed)
        VALUES (${repoId}::uuid, ${storableText(rule.pattern)}, ${rule.allowForce},
                ${rule.allowDelete}, ${rule.pushRole}::permission, ${rule.requireSigned})
        ON CONFLICT (repo_id, pattern) DO UPDATE
           SET allow_force = EXCLUDED.allow_force, allow_delete = EXCLUDED.allow_delete,
               push_role = EXCLUDED.push_role, require_signed = EXCLUDED.require_signed`,
    );
  }

  async removeRule(repoId: string, pattern: string, audit: AuditEntry): Promise<boolean> {
    const removed = await audited(
      this.prisma,
      audit,
      (tx) => tx.$executeRaw`
        DELETE FROM branch_rules
         WHERE repo_id = ${repoId}::uuid AND pattern = ${storableText(pattern)}`,
    );
    return removed === 1;
  }

  async deleteRepository(repoId: string, audit: AuditEntry): Promise<boolean> {
    const deleted = await audited(
      this.prisma,
      audit,
      (tx) => tx.$executeRaw`
        UPDATE repositories SET deleted_at = clock_timestamp(), slug_key = NULL
         WHERE id = ${repoId}::uuid AND deleted_at IS NULL`,
    );
    return deleted === 1;
  }
}
