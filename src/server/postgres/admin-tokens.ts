import type { HubToken, HubTokenQuery } from '../ports/admin-store';
import type { AuditEntry } from '../ports/audit-log';
import type { NamedToken } from '../ports/token-store';
import { asking } from './database-error';
import { Prisma } from './generated/client';
import { insertAudit } from './insert-audit';
import type { PrismaClient } from './prisma-client';
import { isUuid, storableText } from './storable';
import { listedToken, type TokenRow } from './token-store';

interface HubTokenRow extends TokenRow {
  handle: string;
  accountKind: 'human' | 'agent';
  accountDisabled: boolean;
}

/** A time of the query as PostgreSQL's. */
export const timeOf = (ms: number): Prisma.Sql => Prisma.sql`to_timestamp(${ms}::bigint / 1000.0)`;

/** The conditions that are asked for, and none for the others, so that each finds its index. */
export const allOf = (conditions: (Prisma.Sql | null)[]): Prisma.Sql =>
  Prisma.join(
    conditions.filter((condition) => condition !== null),
    ' AND ',
  );

export async function listHubTokens(
  prisma: PrismaClient,
  query: HubTokenQuery,
): Promise<HubToken[]> {
  const { account, kind, scope, unusedSinceMs, endsBeforeMs, before } = query;
  const where = allOf([
    Prisma.sql`t.revoked_at IS NULL`,
    account === null
      ? null
      : Prisma.sql`t.user_id = (SELECT id FROM users WHERE handle_key = ${storableText(account.toLowerCase())})`,
    kind && Prisma.sql`u.kind = ${kind}::account_kind`,
    scope && Prisma.sql`${scope} = ANY(t.scopes)`,
    unusedSinceMs === null
      ? null
      : Prisma.sql`coalesce(t.last_used_at, t.created_at) < ${timeOf(unusedSinceMs)}`,
    endsBeforeMs === null ? null : Prisma.sql`t.expires_at < ${timeOf(endsBeforeMs)}`,
    before && Prisma.sql`(t.created_at, t.id) < (${timeOf(before.atMs)}, ${before.id}::uuid)`,
  ]);
  const rows = await asking(
    () => prisma.$queryRaw<HubTokenRow[]>`
      SELECT t.id::text, t.name, t.scopes, u.handle, u.kind::text AS "accountKind",
             u.disabled_at IS NOT NULL AS "accountDisabled",
             CASE WHEN NOT t.all_repos THEN (
               SELECT coalesce(json_agg(json_build_object('owner', o.handle, 'slug', r.slug)
                                        ORDER BY o.handle, r.slug), '[]')
                 FROM repositories r JOIN users o ON o.id = r.owner_id
                WHERE r.id = ANY(t.repo_ids) AND r.deleted_at IS NULL)
             END AS repositories,
             t.branch_pattern AS "branchPattern", t.created_at AS "createdAt",
             t.expires_at AS "expiresAt", t.last_used_at AS "lastUsedAt",
             t.last_used_from AS "lastUsedFrom", t.last_used_client AS "lastUsedClient"
        FROM access_tokens t JOIN users u ON u.id = t.user_id
       WHERE ${where}
       ORDER BY t.created_at DESC, t.id DESC
       LIMIT ${query.limit}::int`,
  );
  return rows.map(({ handle, accountKind, accountDisabled, ...row }) => ({
    ...listedToken(row),
    account: { handle, kind: accountKind, disabled: accountDisabled },
  }));
}

export function revokeHubTokens(
  prisma: PrismaClient,
  given: string[],
  auditOf: (token: NamedToken) => AuditEntry,
): Promise<NamedToken[]> {
  const ids = given.filter(isUuid);
  return asking(() =>
    prisma.$transaction(async (tx) => {
      const revoked = await tx.$queryRaw<NamedToken[]>`
        UPDATE access_tokens t SET revoked_at = clock_timestamp()
          FROM users u
         WHERE t.id = ANY(${ids}::uuid[]) AND t.revoked_at IS NULL AND u.id = t.user_id
        RETURNING t.id::text, t.name, t.user_id::text AS "userId", u.handle`;
      for (const token of revoked) await insertAudit(tx, auditOf(token));
      return revoked;
    }),
  );
}
