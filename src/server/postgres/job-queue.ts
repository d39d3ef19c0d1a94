import type { AuditEntry } from '../ports/audit-log';
import type { JobQueue, JobState, QueuedJob } from '../ports/job-queue';
import { asking } from './database-error';
import { Prisma } from './generated/client';
import { audited } from './insert-audit';
import type { PrismaClient } from './prisma-client';

const ERROR_CHARACTERS_MAX = 2_000;

/** The queue's own tables: its views leave the payload out. */
const STATE = Prisma.sql`
  CASE WHEN j.locked_at IS NOT NULL THEN 'working'
       WHEN j.attempts >= j.max_attempts THEN 'given-up'
       WHEN j.last_error IS NOT NULL THEN 'failed'
       ELSE 'waiting' END`;

type JobRow = Omit<QueuedJob, 'createdAtMs' | 'runAtMs'> & { createdAt: Date; runAt: Date };

/** Jobs in the tables of the queue's library. */
export class PostgresJobQueue implements JobQueue {
  constructor(private readonly prisma: PrismaClient) {}

  async count(): Promise<Record<JobState, number>> {
    const rows = await asking(
      () => this.prisma.$queryRaw<{ state: JobState; n: number }[]>`
        SELECT ${STATE} AS state, count(*)::int AS n
          FROM graphile_worker._private_jobs j GROUP BY 1`,
    );
    const none = { waiting: 0, working: 0, failed: 0, 'given-up': 0 };
    return { ...none, ...Object.fromEntries(rows.map(({ state, n }) => [state, n])) };
  }

  async list({ state, limit }: { state: JobState | null; limit: number }): Promise<QueuedJob[]> {
    const rows = await asking(
      () => this.prisma.$queryRaw<JobRow[]>`
        SELECT j.id::text, t.identifier AS task, ${STATE} AS state, j.attempts::int,
               j.max_attempts::int AS "attemptsMax", j.created_at AS "createdAt",
               j.run_at AS "runAt", left(j.last_error, ${ERROR_CHARACTERS_MAX}::int) AS "lastError",
               j.payload
          FROM graphile_worker._private_jobs j
          JOIN graphile_worker._private_tasks t ON t.id = j.task_id
         WHERE ${state}::text IS NULL OR ${STATE} = ${state}
         ORDER BY j.last_error IS NULL, j.run_at, j.id
         LIMIT ${limit}::int`,
    );
    return rows.map(({ createdAt, runAt, ...row }) => ({
      ...row,
      createdAtMs: createdAt.getTime(),
      runAtMs: runAt.getTime(),
    }));
  }

  async retry(id: string, audit: AuditEntry): Promise<boolean> {
    if (!/^\d{1,18}$/.test(id)) return false;
    const retried = await audited(
      this.prisma,
      audit,
      (tx) => tx.$executeRaw`
        UPDATE graphile_worker._private_jobs j
           SET run_at = now(), attempts = 0, last_error = NULL
         WHERE j.id = ${id}::bigint AND j.locked_at IS NULL AND j.last_error IS NOT NULL`,
    );
    return retried === 1;
  }
}
