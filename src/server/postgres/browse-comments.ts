import type { Id } from '~/muse/ids';
import type { AuditEntry } from '../ports/audit-log';
import type { CommentRow } from '../ports/browse-store';
import { audited } from './insert-audit';
import type { PrismaClient } from './prisma-client';
import { isUuid, storableText } from './storable';

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
  const rows = await prisma.$queryRaw<CommentColumns[]>`
    SELECT c.id::text AS id, c.author_id::text AS author_id, u.handle, u.kind::text AS kind,
           c.body, c.created_at, c.edited_at
      FROM comments c JOIN users u ON u.id = c.author_id
     WHERE c.repo_id = ${repoId}::uuid AND c.commit_id = decode(${commitId}, 'hex')
       AND c.deleted_at IS NULL
       AND (${after?.id ?? null}::uuid IS NULL
            OR (c.created_at, c.id) > (to_timestamp(${after?.createdAtMs ?? 0}::bigint / 1000.0),
                                       ${after?.id ?? null}::uuid))
     ORDER BY c.created_at, c.id
     LIMIT ${limit}::int`;
  return rows.map(commentRow);
}

interface CommentColumns {
  id: string;
  author_id: string;
  handle: string;
  kind: 'human' | 'agent';
  body: string;
  created_at: Date;
  edited_at: Date | null;
}

const commentRow = (row: CommentColumns): CommentRow => ({
  id: row.id,
  authorId: row.author_id,
  author: { handle: row.handle, kind: row.kind },
  body: row.body,
  createdAtMs: row.created_at.getTime(),
  editedAtMs: row.edited_at?.getTime() ?? null,
});

export async function findComment(
  prisma: PrismaClient,
  repoId: string,
  commitId: Id,
  id: string,
): Promise<CommentRow | null> {
  if (!isUuid(id)) return null;
  const [row] = await prisma.$queryRaw<CommentColumns[]>`
    SELECT c.id::text AS id, c.author_id::text AS author_id, u.handle, u.kind::text AS kind,
           c.body, c.created_at, c.edited_at
      FROM comments c JOIN users u ON u.id = c.author_id
     WHERE c.id = ${id}::uuid AND c.repo_id = ${repoId}::uuid
       AND c.commit_id = decode(${commitId}, 'hex') AND c.deleted_at IS NULL`;
  return row ? commentRow(row) : null;
}

export async function editComment(
  prisma: PrismaClient,
  repoId: string,
  id: string,
  body: string,
  editedAtMs: number,
): Promise<boolean> {
  const edited = await prisma.$executeRaw`
    UPDATE comments
       SET body = ${storableText(body)},
           edited_at = to_timestamp(${editedAtMs}::bigint / 1000.0)
     WHERE id = ${id}::uuid AND repo_id = ${repoId}::uuid AND deleted_at IS NULL`;
  return edited === 1;
}

/** What was said is gone with it; the row stays, so that the audit log's entry leads somewhere. */
export async function deleteComment(
  prisma: PrismaClient,
  repoId: string,
  id: string,
  audit: AuditEntry,
): Promise<boolean> {
  const deleted = await audited(
    prisma,
    audit,
    (tx) => tx.$executeRaw`
      UPDATE comments SET deleted_at = clock_timestamp(), body = ''
       WHERE id = ${id}::uuid AND repo_id = ${repoId}::uuid AND deleted_at IS NULL`,
  );
  return deleted === 1;
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
