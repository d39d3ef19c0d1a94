import type { Id } from '~/muse/ids';
import type { AuditEntry } from '../ports/audit-log';
import {
  type NewTag,
  TAGS_PER_COMMIT_LISTED,
  type TagRow,
  type TagStore,
} from '../ports/tag-store';
import { asking } from './database-error';
import { insertAudit } from './insert-audit';
import type { PrismaClient } from './prisma-client';
import { storableText } from './storable';

interface TagColumns {
  id: string;
  name: string;
  commit_id: Id;
  created_at: Date;
  handle: string | null;
  kind: 'human' | 'agent' | null;
}

/** Tags in PostgreSQL. */
export class PostgresTagStore implements TagStore {
  constructor(private readonly prisma: PrismaClient) {}

  async listTags(
    repoId: string,
    { after, search, limit }: Parameters<TagStore['listTags']>[1],
  ): Promise<TagRow[]> {
    const rows = await asking(
      () => this.prisma.$queryRaw<TagColumns[]>`
        SELECT t.id, t.name, encode(t.commit_id, 'hex') AS commit_id, t.created_at,
               u.handle, u.kind::text AS kind
          FROM tags t LEFT JOIN users u ON u.id = t.actor_id
         WHERE t.repo_id = ${repoId}::uuid
           AND strpos(lower(t.name), lower(${storableText(search)}::text)) > 0
           AND (${after?.id ?? null}::text IS NULL
                OR (t.created_at, t.id) < (to_timestamp(${after?.createdAtMs ?? 0}::bigint / 1000.0),
                                           ${after?.id ?? null}::text))
         ORDER BY t.created_at DESC, t.id DESC
         LIMIT ${limit}::int`,
    );
    return rows.map(({ handle, kind, ...row }) => ({
      ...newTag(row),
      actor: handle === null ? null : { handle, kind: kind! },
    }));
  }

  countTags(repoId: string): Promise<number> {
    return asking(() => this.prisma.tag.count({ where: { repoId } }));
  }

  async tagsOfCommits(repoId: string, commitIds: Id[]): Promise<Map<Id, string[]>> {
    const rows = await asking(
      () => this.prisma.$queryRaw<{ id: Id; names: string[] }[]>`
        SELECT encode(commit_id, 'hex') AS id,
               (array_agg(name ORDER BY name COLLATE "C"))[1:${TAGS_PER_COMMIT_LISTED}::int] AS names
          FROM tags
         WHERE repo_id = ${repoId}::uuid
           AND commit_id IN (SELECT decode(asked.id, 'hex')
                               FROM unnest(${commitIds}::text[]) AS asked(id))
         GROUP BY commit_id`,
    );
    return new Map(rows.map(({ id, names }) => [id, names]));
  }

  async findTags(repoId: string, names: string[]): Promise<Map<string, Id>> {
    // A NUL cannot be stored, so nothing that holds one is there.
    const storable = names.filter((name) => !name.includes('\0'));
    const rows = await asking(
      () => this.prisma.$queryRaw<{ name: string; commit_id: Id }[]>`
        SELECT DISTINCT ON (name) name, encode(commit_id, 'hex') AS commit_id
          FROM tags
         WHERE repo_id = ${repoId}::uuid AND name = ANY(${storable}::text[])
         ORDER BY name, created_at DESC, id DESC`,
    );
    return new Map(rows.map((row) => [row.name, row.commit_id]));
  }

  putTags(repoId: string, actorId: string, tags: NewTag[]): ReturnType<TagStore['putTags']> {
    return asking(async () => {
      try {
        return await this.prisma.$transaction((tx) => insertTags(tx, repoId, actorId, tags));
      } catch (error) {
        if (error instanceof TagConflict) return { conflict: error.id };
        throw error;
      }
    });
  }

  removeTag(
    repoId: string,
    id: string,
    audit: (removed: NewTag) => AuditEntry,
  ): Promise<NewTag | null> {
    return asking(() =>
      this.prisma.$transaction(async (tx) => {
        const [row] = await tx.$queryRaw<TagColumns[]>`
          DELETE FROM tags
           WHERE repo_id = ${repoId}::uuid AND id = ${storableText(id)}
          RETURNING id, name, encode(commit_id, 'hex') AS commit_id, created_at`;
        if (!row) return null;
        const removed = newTag(row);
        await insertAudit(tx, audit(removed));
        return removed;
      }),
    );
  }
}

/** Rolls the transaction back. */
class TagConflict extends Error {
  constructor(readonly id: string) {
    super(`tag ${id} stands elsewhere`);
  }
}

/** The ids that stand elsewhere are looked for after the insert: only then no other can come between. */
async function insertTags(
  tx: Pick<PrismaClient, '$executeRaw' | '$queryRaw'>,
  repoId: string,
  actorId: string,
  tags: NewTag[],
): Promise<{ stored: number }> {
  const ids = tags.map((tag) => storableText(tag.id));
  const names = tags.map((tag) => storableText(tag.name));
  const commits = tags.map((tag) => tag.commitId);
  const times = tags.map((tag) => tag.createdAtMs);
  const stored = await tx.$executeRaw`
    INSERT INTO tags (repo_id, id, name, commit_id, created_at, actor_id)
    SELECT ${repoId}::uuid, t.id, t.name, decode(t.commit_id, 'hex'),
           to_timestamp(t.at / 1000.0), ${actorId}::uuid
      FROM unnest(${ids}::text[], ${names}::text[], ${commits}::text[], ${times}::bigint[])
             AS t(id, name, commit_id, at)
        ON CONFLICT DO NOTHING`;
  const [conflict] = await tx.$queryRaw<{ id: string }[]>`
    SELECT s.id
      FROM unnest(${ids}::text[], ${names}::text[], ${commits}::text[]) AS t(id, name, commit_id)
      JOIN tags s ON s.repo_id = ${repoId}::uuid AND s.id = t.id
     WHERE s.name <> t.name OR s.commit_id <> decode(t.commit_id, 'hex')
     LIMIT 1`;
  if (conflict) throw new TagConflict(conflict.id);
  return { stored };
}

const newTag = (row: Pick<TagColumns, 'id' | 'name' | 'commit_id' | 'created_at'>): NewTag => ({
  id: row.id,
  name: row.name,
  commitId: row.commit_id,
  createdAtMs: row.created_at.getTime(),
});
