import type {
  AdminStore,
  HubPush,
  HubPushQuery,
  HubRepository,
  HubRepositoryQuery,
  HubToken,
  HubTokenQuery,
  StoredTotals,
} from '../ports/admin-store';
import type { AuditEntry } from '../ports/audit-log';
import type { NamedToken } from '../ports/token-store';
import { allOf, listHubTokens, revokeHubTokens, timeOf } from './admin-tokens';
import { PUSH_COLUMNS, PUSH_TABLES, type PushColumns, pushOf } from './browse-pushes';
import { asking } from './database-error';
import { Prisma } from './generated/client';
import type { PrismaClient } from './prisma-client';
import { storableText } from './storable';

type RepositoryRow = Omit<HubRepository, 'createdAtMs' | 'lastPushAtMs'> & {
  createdAt: Date;
  lastPushAt: Date | null;
};

const accountOf = (handle: string): Prisma.Sql =>
  Prisma.sql`(SELECT id FROM users WHERE handle_key = ${storableText(handle.toLowerCase())})`;

/** What is asked about each listed repository: by its own id, so that only those few are counted. */
const SIZES = Prisma.sql`
  LEFT JOIN LATERAL (SELECT coalesce(sum(s.bytes), 0)::float8 AS bytes, count(*)::int AS segments,
                            coalesce(sum(s.object_count), 0)::float8 AS objects
                       FROM segments s WHERE s.repo_id = r.id) size ON true
  LEFT JOIN LATERAL (SELECT p.started_at FROM pushes p
                      WHERE p.repo_id = r.id AND p.outcome = 'accepted'
                      ORDER BY p.started_at DESC LIMIT 1) push ON true`;
const REPOSITORY_COLUMNS = Prisma.sql`
  r.id::text, o.handle AS owner, r.slug, r.visibility::text, r.created_at AS "createdAt",
  push.started_at AS "lastPushAt", size.bytes, size.segments, size.objects`;

/** What admins of the hub see of all accounts and repositories together, in PostgreSQL. */
export class PostgresAdminStore implements AdminStore {
  constructor(private readonly prisma: PrismaClient) {}

  listTokens(query: HubTokenQuery): Promise<HubToken[]> {
    return listHubTokens(this.prisma, query);
  }

  revokeTokens(ids: string[], auditOf: (token: NamedToken) => AuditEntry): Promise<NamedToken[]> {
    return revokeHubTokens(this.prisma, ids, auditOf);
  }

  async listRepositories(query: HubRepositoryQuery): Promise<HubRepository[]> {
    const { owner, visibility, before } = query;
    const where = allOf([
      Prisma.sql`r.deleted_at IS NULL`,
      owner === null ? null : Prisma.sql`r.owner_id = ${accountOf(owner)}`,
      visibility && Prisma.sql`r.visibility = ${visibility}::visibility`,
      before && Prisma.sql`(r.created_at, r.id) < (${timeOf(before.atMs)}, ${before.id}::uuid)`,
    ]);
    const rows = await asking(
      () => this.prisma.$queryRaw<RepositoryRow[]>`
        SELECT ${REPOSITORY_COLUMNS}
          FROM (SELECT r.* FROM repositories r WHERE ${where}
                 ORDER BY r.created_at DESC, r.id DESC LIMIT ${query.limit}::int) r
          JOIN users o ON o.id = r.owner_id ${SIZES}
         ORDER BY r.created_at DESC, r.id DESC`,
    );
    return rows.map(repositoryOf);
  }

  async listPushes(query: HubPushQuery): Promise<HubPush[]> {
    const { outcome, errorCode, actor, before } = query;
    const where = allOf([
      Prisma.sql`true`,
      outcome && Prisma.sql`p.outcome = ${outcome}::push_outcome`,
      // The index of what went wrong has these outcomes only.
      errorCode === null
        ? null
        : Prisma.sql`p.outcome IN ('refused', 'failed') AND p.error_code = ${storableText(errorCode)}`,
      actor === null ? null : Prisma.sql`p.actor_id = ${accountOf(actor)}`,
      before && Prisma.sql`(p.started_at, p.id) < (${timeOf(before.atMs)}, ${before.id}::uuid)`,
    ]);
    type Row = PushColumns & { address: string; owner: string | null; slug: string | null };
    const rows = await asking(
      () => this.prisma.$queryRaw<Row[]>`
        SELECT ${PUSH_COLUMNS}, p.address, o.handle AS owner, r.slug
          FROM ${PUSH_TABLES}
          LEFT JOIN repositories r ON r.id = p.repo_id AND r.deleted_at IS NULL
          LEFT JOIN users o ON o.id = r.owner_id
         WHERE ${where}
         ORDER BY p.started_at DESC, p.id DESC
         LIMIT ${query.limit}::int`,
    );
    return rows.map((row) => ({
      ...pushOf(row),
      address: row.address,
      repository:
        row.owner === null || row.slug === null ? null : { owner: row.owner, slug: row.slug },
    }));
  }

  async storedTotals(): Promise<StoredTotals> {
    const [row] = await asking(
      () => this.prisma.$queryRaw<
        (Omit<StoredTotals, 'underWay'> & { receiving: number; receivedBytes: number })[]
      >`
        SELECT (SELECT count(*)::int FROM repositories WHERE deleted_at IS NULL) AS repositories,
               s.bytes, s.segments, s.objects, p.receiving, p."receivedBytes"
          FROM (SELECT coalesce(sum(bytes), 0)::float8 AS bytes, count(*)::int AS segments,
                       coalesce(sum(object_count), 0)::float8 AS objects FROM segments) s,
               (SELECT count(*)::int AS receiving,
                       coalesce(sum(bytes_received), 0)::float8 AS "receivedBytes"
                  FROM pushes WHERE outcome = 'receiving'::push_outcome) p`,
    );
    const { receiving, receivedBytes, ...totals } = row!;
    return { ...totals, underWay: { pushes: receiving, bytes: receivedBytes } };
  }

  async largestRepositories(limit: number): Promise<HubRepository[]> {
    const rows = await asking(
      () => this.prisma.$queryRaw<RepositoryRow[]>`
        SELECT ${REPOSITORY_COLUMNS}
          FROM (SELECT r.* FROM repositories r
                  JOIN (SELECT repo_id, sum(bytes) AS bytes FROM segments GROUP BY repo_id) all_sizes
                    ON all_sizes.repo_id = r.id
                 WHERE r.deleted_at IS NULL
                 ORDER BY all_sizes.bytes DESC, r.id LIMIT ${limit}::int) r
          JOIN users o ON o.id = r.owner_id ${SIZES}
         ORDER BY size.bytes DESC, r.id`,
    );
    return rows.map(repositoryOf);
  }
}

const repositoryOf = ({ createdAt, lastPushAt, ...row }: RepositoryRow): HubRepository => ({
  ...row,
  createdAtMs: createdAt.getTime(),
  lastPushAtMs: lastPushAt?.getTime() ?? null,
});
