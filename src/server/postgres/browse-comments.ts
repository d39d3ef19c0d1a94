import type { Id } from '~/muse/ids';
import type { CommentRow } from '../ports/browse-store';
import type { PrismaClient } from './prisma-client';
import { storableText } from './storable';

export async function countComments(
  prisma: PrismaClient,
  repoId: string,
  ids: Id[],
): Promise<Map<Id, number>> {
  const rows = await prisma.$queryRaw<{ id: Id; count: number }[]>`
    SELECT encode(commit_id, 'hex') AS id, count(*)::int AS count
      FROM comments
     WHERE repo_id = ${repoId}::uuid AND deleted_at IS NULL
       AND commit_id IN (SELECT decode(asked.id, 'hex') FROM unnest(${ids}::text[]) AS asked(id))
     GROUP BY commit_id`;
  return new Map(rows.map(({ id, count }) => [id, count]));
}

export async function listComments(
  prisma: PrismaClient,
  repoId: string,
  commitId: Id,
  { after, limit }: { after: { createdAtMs: number; id: string } | null; limit: number },
): Promise<CommentRow[]> {
  const rows = await prisma.$queryRaw<
    { id: string; handle: string; kind: 'human' | 'agent'; body: string; created_at: Date }[]
  >`
    SELECT c.id::text AS id, u.handle, u.kind::text AS kind, c.body, c.created_at
      FROM comments c JOIN users u ON u.id = c.author_id
     WHERE c.repo_id = ${repoId}::uuid AND c.commit_id = decode(${commitId}, 'hex')
       AND c.deleted_at IS NULL
       AND (${after?.id ?? null}::uuid IS NULL
            OR (c.created_at, c.id) > (to_timestamp(${after?.createdAtMs ?? 0}::bigint / 1000.0),
                                       ${after?.id ?? null}::uuid))
     ORDER BY c.created_at, c.id
     LIMIT ${limit}::int`;
  return rows.map(({ id, handle, kind, body, created_at }) => ({
    id,
    author: { handle, kind },
    body,
    createdAtMs: created_at.getTime(),
  }));
}

export async function addComment(
  prisma: PrismaClient,
  comment: {
    id: string;
    repoId: string;
    commitId: Id;
    authorId: string;
    body: string;
    createdAtMs: number;
  },
): Promise<void> {
  await prisma.$executeRaw`
    INSERT INTO comments (id, repo_id, commit_id, author_id, body, created_at)
    VALUES (${comment.id}::uuid, ${comment.repoId}::uuid, decode(${comment.commitId}, 'hex'),
            ${comment.authorId}::uuid, ${storableText(comment.body)},
            to_timestamp(${comment.createdAtMs}::bigint / 1000.0))`;
}
