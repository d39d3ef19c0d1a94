import type { AuditAction, AuditEntry, AuditLog, AuditQuery, AuditRow } from '../ports/audit-log';
import { asking } from './database-error';
import { insertAudit } from './insert-audit';
import type { PrismaClient } from './prisma-client';
import { storableText } from './storable';

interface Columns {
  id: string;
  at: Date;
  action: AuditAction;
  actor_id: string | null;
  actor_name: string;
  actor_kind: AuditRow['actorKind'];
  token_id: string | null;
  token_name: string | null;
  session_id: string | null;
  subject_kind: AuditEntry['subject']['kind'];
  subject_id: string | null;
  subject_name: string;
  repo_id: string | null;
  owner: string | null;
  slug: string | null;
  address: string;
  client: string;
  reason: string;
  detail: Record<string, unknown>;
}

/** The log of acts in PostgreSQL. */
export class PostgresAuditLog implements AuditLog {
  constructor(private readonly prisma: PrismaClient) {}

  append(entry: AuditEntry): Promise<void> {
    return asking(() => insertAudit(this.prisma, entry));
  }

  async list(query: AuditQuery): Promise<AuditRow[]> {
    const { action, repository, fromMs, untilMs, before } = query;
    const actor = query.actor === null ? null : storableText(query.actor.toLowerCase());
    const owner = repository && storableText(repository.owner.toLowerCase());
    const slug = repository && storableText(repository.slug.toLowerCase());
    const rows = await asking(
      () => this.prisma.$queryRaw<Columns[]>`
        SELECT a.id::text, a.at, a.action, a.actor_id::text, a.actor_name,
               u.kind::text AS actor_kind, a.token_id::text, t.name AS token_name,
               a.session_id::text, a.subject_kind, a.subject_id, a.subject_name, a.repo_id::text,
               o.handle AS owner, r.slug, a.address, a.client, a.reason, a.detail
          FROM audit_log a
          LEFT JOIN users u ON u.id = a.actor_id
          LEFT JOIN access_tokens t ON t.id = a.token_id
          LEFT JOIN repositories r ON r.id = a.repo_id AND r.deleted_at IS NULL
          LEFT JOIN users o ON o.id = r.owner_id
         WHERE (${actor}::text IS NULL
                OR a.actor_id = (SELECT id FROM users WHERE handle_key = ${actor}))
           AND (${action}::text IS NULL OR a.action = ${action})
           AND (${owner}::text IS NULL
                OR a.repo_id IN (SELECT f.id FROM repositories f JOIN users fo ON fo.id = f.owner_id
                                  WHERE fo.handle_key = ${owner} AND lower(f.slug) = ${slug}))
           AND (${fromMs}::bigint IS NULL OR a.at >= to_timestamp(${fromMs}::bigint / 1000.0))
           AND (${untilMs}::bigint IS NULL OR a.at < to_timestamp(${untilMs}::bigint / 1000.0))
           AND (${before?.id ?? null}::bigint IS NULL
                OR (a.at, a.id) < (to_timestamp(${before?.atMs ?? 0}::bigint / 1000.0),
                                   ${before?.id ?? null}::bigint))
         ORDER BY a.at DESC, a.id DESC
         LIMIT ${query.limit}::int`,
    );
    return rows.map(rowOf);
  }
}

const rowOf = (row: Columns): AuditRow => ({
  id: row.id,
  atMs: row.at.getTime(),
  action: row.action,
  actorId: row.actor_id,
  actorName: row.actor_name,
  actorKind: row.actor_kind,
  tokenId: row.token_id,
  tokenName: row.token_name,
  sessionId: row.session_id,
  subject: { kind: row.subject_kind, id: row.subject_id, name: row.subject_name },
  repoId: row.repo_id,
  repository: row.owner === null || row.slug === null ? null : { owner: row.owner, slug: row.slug },
  address: row.address,
  client: row.client,
  reason: row.reason,
  detail: row.detail,
});
