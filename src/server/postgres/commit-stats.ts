import type { Id } from '~/muse/ids';
import type { CommitStat, CommitStats, CommitToCount } from '../ports/commit-stats';
import type { PrismaClient } from './prisma-client';

export const COUNT_CHANGES_JOB = 'count-changes';

/** The counts of changed files, in `commit_stats`. */
export class PostgresCommitStats implements CommitStats {
  constructor(private readonly prisma: PrismaClient) {}

  missing(repoId: string, seq: number, after: Id | null, limit: number): Promise<CommitToCount[]> {
    // Statistics know nothing of a repository that was just pushed. OFFSET 0 keeps the planner from
    // taking it for tiny, and reading all of it for each of the commits.
    return this.prisma.$queryRaw<CommitToCount[]>`
      SELECT encode(c.id, 'hex') AS id, encode(s.root_tree_id, 'hex') AS "rootTreeId",
             s.entry_count AS "entryCount", encode(ps.root_tree_id, 'hex') AS "parentRootTreeId"
        FROM commits c
       CROSS JOIN LATERAL (
               SELECT * FROM snapshots WHERE repo_id = c.repo_id AND id = c.snapshot_id
               OFFSET 0) s
        LEFT JOIN LATERAL (
               SELECT * FROM commits WHERE repo_id = c.repo_id AND id = c.parents[1]
               OFFSET 0) p ON true
        LEFT JOIN LATERAL (
               SELECT * FROM snapshots WHERE repo_id = c.repo_id AND id = p.snapshot_id
               OFFSET 0) ps ON true
       WHERE c.repo_id = ${repoId}::uuid AND c.push_seq = ${seq}::int
         AND c.id > decode(${after ?? ''}, 'hex')
         AND NOT EXISTS (SELECT FROM commit_stats t WHERE t.repo_id = c.repo_id AND t.id = c.id
                         OFFSET 0)
       ORDER BY c.id
       LIMIT ${limit}::int`;
  }

  async request(repoId: string, seq: number): Promise<void> {
    // A queue of its own: of many commits it takes minutes, and what pages wait for goes beside it.
    await this.prisma.$queryRaw`
      SELECT id::text FROM graphile_worker.add_job(
        ${COUNT_CHANGES_JOB}, ${JSON.stringify({ repoId, seq })}::json,
        queue_name => ${COUNT_CHANGES_JOB}, job_key => ${`${COUNT_CHANGES_JOB}:${repoId}:${seq}`})`;
  }

  async save(repoId: string, stats: CommitStat[]): Promise<void> {
    await this.prisma.$executeRaw`
      INSERT INTO commit_stats (repo_id, id, added, removed, modified)
      SELECT ${repoId}::uuid, decode(counted.id, 'hex'), added, removed, modified
        FROM unnest(${stats.map(({ id }) => id)}::text[],
                    ${stats.map(({ added }) => added)}::int[],
                    ${stats.map(({ removed }) => removed)}::int[],
                    ${stats.map(({ modified }) => modified)}::int[])
             AS counted(id, added, removed, modified)
      ON CONFLICT DO NOTHING`;
  }
}
