import type { Scope } from '../access';
import type { AuditEntry } from '../ports/audit-log';
import type { ListedToken, NamedToken, TokenStore } from '../ports/token-store';
import { asking } from './database-error';
import { audited } from './insert-audit';
import type { PrismaClient } from './prisma-client';
import { isUuid } from './storable';

export interface TokenRow {
  id: string;
  name: string;
  scopes: Scope[];
  repositories: { owner: string; slug: string }[] | null;
  branchPattern: string | null;
  createdAt: Date;
  expiresAt: Date | null;
  lastUsedAt: Date | null;
  lastUsedFrom: string | null;
  lastUsedClient: string | null;
}

/** Access tokens in PostgreSQL, for those who manage them. */
export class PostgresTokenStore implements TokenStore {
  constructor(private readonly prisma: PrismaClient) {}

  async listTokens(userId: string, limit: number): Promise<ListedToken[]> {
    const rows = await asking(
      () => this.prisma.$queryRaw<TokenRow[]>`
        SELECT t.id::text, t.name, t.scopes,
               CASE WHEN NOT t.all_repos THEN (
                 SELECT coalesce(json_agg(json_build_object('owner', u.handle, 'slug', r.slug)
                                          ORDER BY u.handle, r.slug), '[]')
                   FROM repositories r JOIN users u ON u.id = r.owner_id
                  WHERE r.id = ANY(t.repo_ids) AND r.deleted_at IS NULL)
               END AS repositories,
               t.branch_pattern AS "branchPattern", t.created_at AS "createdAt",
               t.expires_at AS "expiresAt", t.last_used_at AS "lastUsedAt",
               t.last_used_from AS "lastUsedFrom", t.last_used_client AS "lastUsedClient"
          FROM access_tokens t
         WHERE t.user_id = ${userId}::uuid AND t.revoked_at IS NULL
         ORDER BY t.created_at DESC, t.id DESC
         LIMIT ${limit}`,
    );
    return rows.map(listedToken);
  }

  async countTokens(userId: string): Promise<number> {
    const [row] = await asking(
      () => this.prisma.$queryRaw<{ count: number }[]>`
        SELECT count(*)::int AS count FROM access_tokens
         WHERE user_id = ${userId}::uuid AND revoked_at IS NULL
           AND (expires_at IS NULL OR expires_at > clock_timestamp())`,
    );
    return row!.count;
  }

  async nameToken(tokenId: string): Promise<NamedToken | null> {
    if (!isUuid(tokenId)) return null;
    const [row] = await asking(
      () => this.prisma.$queryRaw<NamedToken[]>`
        SELECT t.id::text, t.name, t.user_id::text AS "userId", u.handle
          FROM access_tokens t JOIN users u ON u.id = t.user_id
         WHERE t.id = ${tokenId}::uuid`,
    );
    return row ?? null;
  }

  async revokeOwnToken(userId: string, tokenId: string, audit: AuditEntry): Promise<boolean> {
    if (!isUuid(tokenId)) return false;
    const revoked = await audited(
      this.prisma,
      audit,
      (tx) => tx.$executeRaw`
        UPDATE access_tokens SET revoked_at = clock_timestamp()
         WHERE id = ${tokenId}::uuid AND user_id = ${userId}::uuid AND revoked_at IS NULL`,
    );
    return revoked === 1;
  }
}

export function listedToken(row: TokenRow): ListedToken {
  const { createdAt, expiresAt, lastUsedAt, lastUsedFrom, lastUsedClient, ...token } = row;
  return {
    ...token,
    createdAtMs: createdAt.getTime(),
    expiresAtMs: expiresAt?.getTime() ?? null,
    lastUse: lastUsedAt && {
      atMs: lastUsedAt.getTime(),
      address: lastUsedFrom ?? '',
      client: lastUsedClient ?? '',
    },
  };
}
