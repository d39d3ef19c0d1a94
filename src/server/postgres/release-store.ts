import type { Id } from '~/muse/ids';
import type { ReleaseChannel } from '~/muse/semver';
import type { AuditEntry } from '../ports/audit-log';
import type {
  NewRelease,
  ReleaseChange,
  ReleaseQuery,
  ReleaseRow,
  ReleaseStore,
} from '../ports/release-store';
import { asking } from './database-error';
import { Prisma } from './generated/client';
import { audited } from './insert-audit';
import type { PrismaClient } from './prisma-client';
import { storableJson, storableText } from './storable';

interface ReleaseColumns {
  id: string;
  tag: string;
  channel: ReleaseChannel;
  title: string;
  body: string;
  is_draft: boolean;
  commit_id: Id;
  snapshot_id: Id;
  created_at: Date;
  edited_at: Date | null;
  handle: string | null;
  kind: 'human' | 'agent' | null;
}

/** Releases in PostgreSQL. */
export class PostgresReleaseStore implements ReleaseStore {
  constructor(private readonly prisma: PrismaClient) {}

  listReleases(
    repoId: string,
    { after, channel, drafts, limit }: ReleaseQuery,
  ): Promise<ReleaseRow[]> {
    return this.#find(Prisma.sql`
       WHERE r.repo_id = ${repoId}::uuid
         AND (${channel}::text IS NULL OR r.channel = ${channel}::text)
         AND (${drafts}::boolean OR NOT r.is_draft)
         AND (${after?.id ?? null}::text IS NULL
              OR (r.created_at, r.id) < (to_timestamp(${after?.createdAtMs ?? 0}::bigint / 1000.0),
                                         ${after?.id ?? null}::text))
       ORDER BY r.created_at DESC, r.id DESC
       LIMIT ${limit}::int`);
  }

  countReleases(repoId: string, drafts: boolean): Promise<number> {
    const where = drafts ? { repoId } : { repoId, isDraft: false };
    return asking(() => this.prisma.release.count({ where }));
  }

  async findRelease(repoId: string, tag: string): Promise<ReleaseRow | null> {
    const [row] = await this.#find(
      Prisma.sql`WHERE r.repo_id = ${repoId}::uuid AND r.tag = ${storableText(tag)}`,
    );
    return row ?? null;
  }

  async loadReleaseRecords(
    repoId: string,
    ids: string[],
  ): Promise<Map<string, Record<string, unknown>>> {
    const rows = await asking(
      () => this.prisma.$queryRaw<{ id: string; record: Record<string, unknown> }[]>`
        SELECT id, record FROM releases
         WHERE repo_id = ${repoId}::uuid AND id = ANY(${ids}::text[])`,
    );
    return new Map(rows.map(({ id, record }) => [id, record]));
  }

  async addRelease(
    repoId: string,
    actorId: string,
    release: NewRelease,
    record: Record<string, unknown>,
  ): Promise<boolean> {
    const added = await asking(
      () => this.prisma.$executeRaw`
        INSERT INTO releases (repo_id, id, tag, channel, title, body, is_draft, commit_id,
                              snapshot_id, record, created_at, actor_id)
        VALUES (${repoId}::uuid, ${release.id}, ${release.tag}, ${release.channel},
                ${storableText(release.title)}, ${storableText(release.body)}, ${release.isDraft},
                decode(${release.commitId}, 'hex'), decode(${release.snapshotId}, 'hex'),
                ${storableJson(record)}::jsonb,
                to_timestamp(${release.createdAtMs}::bigint / 1000.0), ${actorId}::uuid)
            ON CONFLICT DO NOTHING`,
    );
    return added === 1;
  }

  async updateRelease(
    repoId: string,
    tag: string,
    { title, body, channel, isDraft }: ReleaseChange,
    editedAtMs: number,
  ): Promise<boolean> {
    const updated = await asking(
      () => this.prisma.$executeRaw`
        UPDATE releases
           SET title = ${storableText(title)}, body = ${storableText(body)}, channel = ${channel},
               is_draft = ${isDraft}, edited_at = to_timestamp(${editedAtMs}::bigint / 1000.0)
         WHERE repo_id = ${repoId}::uuid AND tag = ${storableText(tag)}`,
    );
    return updated === 1;
  }

  async deleteRelease(repoId: string, tag: string, audit: AuditEntry): Promise<boolean> {
    const deleted = await audited(
      this.prisma,
      audit,
      (tx) => tx.$executeRaw`
        DELETE FROM releases WHERE repo_id = ${repoId}::uuid AND tag = ${storableText(tag)}`,
    );
    return deleted === 1;
  }

  async #find(condition: Prisma.Sql): Promise<ReleaseRow[]> {
    const rows = await asking(
      () => this.prisma.$queryRaw<ReleaseColumns[]>`
        SELECT r.id, r.tag, r.channel, r.title, r.body, r.is_draft,
               encode(r.commit_id, 'hex') AS commit_id,
               encode(r.snapshot_id, 'hex') AS snapshot_id, r.created_at, r.edited_at,
               u.handle, u.kind::text AS kind
          FROM releases r LEFT JOIN users u ON u.id = r.actor_id
        ${condition}`,
    );
    return rows.map(releaseRow);
  }
}

const releaseRow = (row: ReleaseColumns): ReleaseRow => ({
  id: row.id,
  tag: row.tag,
  channel: row.channel,
  title: row.title,
  body: row.body,
  isDraft: row.is_draft,
  commitId: row.commit_id,
  snapshotId: row.snapshot_id,
  createdAtMs: row.created_at.getTime(),
  editedAtMs: row.edited_at?.getTime() ?? null,
  actor: row.handle === null ? null : { handle: row.handle, kind: row.kind! },
});
