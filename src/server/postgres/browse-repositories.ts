import type { RepositoryQuery, RepositoryRow } from '../ports/browse-store';
import type { PrismaClient } from './prisma-client';
import { storableText } from './storable';

/** Keys whose ids begin alike; more of them are no chance. */
const SIGNERS_MAX = 20;

export async function findOwner(
  prisma: PrismaClient,
  handle: string,
): Promise<{
  id: string;
  handle: string;
  displayName: string;
  kind: 'human' | 'agent';
  agentOf: string | null;
} | null> {
  const found = await prisma.user.findUnique({
    where: { handleKey: storableText(handle).toLowerCase() },
    select: {
      ...{ id: true, handle: true, displayName: true, kind: true },
      owner: { select: { handle: true } },
    },
  });
  if (!found) return null;
  const { owner, ...account } = found;
  return { ...account, agentOf: owner?.handle ?? null };
}

/** Author texts are free; the ones that name an account lead to it. */
export async function findHandles(
  prisma: PrismaClient,
  texts: string[],
): Promise<Map<string, string>> {
  const keys = texts.map((text) => storableText(text).toLowerCase());
  const rows = await prisma.user.findMany({
    where: { handleKey: { in: [...new Set(keys)] } },
    select: { handle: true, handleKey: true },
  });
  const handles = new Map(rows.map((row) => [row.handleKey, row.handle]));
  const found = new Map<string, string>();
  for (const [index, text] of texts.entries()) {
    const handle = handles.get(keys[index]!);
    if (handle !== undefined) found.set(text, handle);
  }
  return found;
}

/** A repository's row as lists read it. */
export interface RepositoryColumns {
  id: string;
  owner_id: string;
  owner: string;
  slug: string;
  description: string;
  visibility: 'public' | 'private';
  domain: string;
  default_branch: string | null;
  updated_at: Date;
  collaboration: 'read' | 'write' | 'admin' | null;
}

export async function listRepositories(
  prisma: PrismaClient,
  query: RepositoryQuery,
): Promise<RepositoryRow[]> {
  const { ownerId, readerId, readerIsAdmin, readerRepoIds, publicOnly, after, limit } = query;
  const rows = await prisma.$queryRaw<RepositoryColumns[]>`
    SELECT r.id::text AS id, r.owner_id::text AS owner_id, u.handle AS owner, r.slug,
           r.description, r.visibility::text AS visibility, r.domain, r.default_branch,
           r.updated_at, c.permission::text AS collaboration
      FROM repositories r
      JOIN users u ON u.id = r.owner_id
      LEFT JOIN collaborators c ON c.repo_id = r.id AND c.user_id = ${readerId}::uuid
     WHERE r.deleted_at IS NULL
       AND (${ownerId}::uuid IS NULL OR r.owner_id = ${ownerId}::uuid)
       AND (r.visibility = 'public'::visibility
            OR (NOT ${publicOnly}::boolean
                AND (${readerIsAdmin}::boolean OR r.owner_id = ${readerId}::uuid
                     OR c.permission IS NOT NULL)
                AND (${readerRepoIds}::text[] IS NULL OR r.id::text = ANY(${readerRepoIds}::text[]))))
       AND (${after?.id ?? null}::uuid IS NULL
            OR (r.updated_at, r.id) < (to_timestamp(${after?.updatedAtMs ?? 0}::bigint / 1000.0),
                                       ${after?.id ?? null}::uuid))
     ORDER BY r.updated_at DESC, r.id DESC
     LIMIT ${limit}::int`;
  return rows.map(repositoryOf);
}

export function repositoryOf({
  updated_at,
  collaboration,
  owner_id,
  default_branch,
  ...row
}: RepositoryColumns): RepositoryRow {
  return {
    ...row,
    defaultBranch: default_branch,
    updatedAtMs: updated_at.getTime(),
    access: { repoId: row.id, ownerId: owner_id, visibility: row.visibility, collaboration },
  };
}

/** Records name a key by the first 16 hex digits of its id, or by all 64. */
export async function findSigners(
  prisma: PrismaClient,
  keyIds: string[],
): Promise<{ handle: string; publicKey: Uint8Array }[]> {
  const asked = keyIds.filter((keyId) => /^[0-9a-f]{16}([0-9a-f]{48})?$/.test(keyId));
  if (asked.length === 0) return [];
  const keys = await prisma.signingKey.findMany({
    where: { OR: asked.map((keyId) => ({ keyId: { startsWith: keyId } })) },
    orderBy: { keyId: 'asc' },
    select: { publicKey: true, user: { select: { handle: true } } },
    take: SIGNERS_MAX,
  });
  return keys.map(({ publicKey, user }) => ({ publicKey, handle: user.handle }));
}
