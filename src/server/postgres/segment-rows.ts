import type { SegmentRows } from '../ports/segment-rows';
import { asking } from './database-error';
import type { PrismaClient } from './prisma-client';

/** Which segments have rows. Throws `Refusal` `database-unavailable` when PostgreSQL does not answer. */
export class PostgresSegmentRows implements SegmentRows {
  constructor(private readonly prisma: PrismaClient) {}

  async existing(repoId: string, segmentIds: string[]): Promise<Set<string>> {
    if (segmentIds.length === 0) return new Set();
    const rows = await asking(
      () => this.prisma.$queryRaw<{ id: string }[]>`
        SELECT id::text FROM segments
         WHERE repo_id = ${repoId}::uuid AND id = ANY(${segmentIds}::uuid[])`,
    );
    return new Set(rows.map(({ id }) => id));
  }
}
