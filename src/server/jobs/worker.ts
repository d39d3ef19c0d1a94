import { type AddJobFunction, Logger as QueueLogger, run, type TaskList } from 'graphile-worker';
import pg from 'pg';
import type { Job, JobDeps, JobLog } from './job';

export interface WorkerOptions {
  databaseUrl: string;
  /** No other process works on this database, so that what an earlier one held can be let go. */
  alone: boolean;
  jobs: Job[];
  deps: JobDeps;
}

export interface JobWorker {
  /** Queues a job, to be done soon. */
  add: AddJobFunction;
  /** Takes no new jobs and waits for those at work; they are told by their signal. */
  stop(): Promise<void>;
}

const CONCURRENCY = 2;
/** One for each job at work, one that listens, one to spare. */
const CONNECTIONS_MAX = CONCURRENCY + 2;
/** New jobs are announced; this is for those whose announcement was missed. */
const POLL_MS = 5_000;

/** Does jobs in this process, beside the requests. */
export async function startWorker(options: WorkerOptions): Promise<JobWorker> {
  const { databaseUrl, deps, jobs } = options;
  const logger = deps.logger;
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: CONNECTIONS_MAX,
    application_name: 'musehub jobs',
  });
  pool.on('error', (error) => logger.warn('a database connection was lost', { err: error }));
  try {
    if (options.alone) await releaseAbandonedJobs(pool, logger);
    const runner = await run({
      pgPool: pool,
      concurrency: CONCURRENCY,
      pollInterval: POLL_MS,
      noHandleSignals: true,
      taskList: tasksOf(jobs, deps),
      crontab: jobs
        .filter((job) => job.schedule)
        .map((job) => `${job.schedule} ${job.name} ?max=3`)
        .join('\n'),
      logger: new QueueLogger(() => (level, message) => {
        // The queue is chatty; what failed is told by `tasksOf`, with its cause.
        if (level === 'error' || level === 'warning') logger.warn('job queue', { said: message });
      }),
    });
    return {
      add: runner.addJob,
      stop: async () => {
        await runner.stop();
        await pool.end();
      },
    };
  } catch (error) {
    await pool.end();
    throw error;
  }
}

/** A process that was killed holds its jobs for hours, unless it is known to be gone. */
async function releaseAbandonedJobs(pool: pg.Pool, logger: JobLog): Promise<void> {
  const { rows } = await pool.query<{ holders: string[] | null }>(
    'SELECT array_agg(DISTINCT locked_by) AS holders FROM graphile_worker.jobs WHERE locked_by IS NOT NULL',
  );
  const holders = rows[0]?.holders;
  if (!holders) return;
  await pool.query('SELECT graphile_worker.force_unlock_workers($1)', [holders]);
  logger.info('jobs that an earlier process held are done again', { holders: holders.length });
}

function tasksOf(jobs: Job[], deps: JobDeps): TaskList {
  return Object.fromEntries(
    jobs.map((job) => [
      job.name,
      async (payload: unknown, helpers) => {
        try {
          await job.run(payload, deps, helpers.abortSignal ?? new AbortController().signal);
        } catch (error) {
          const { id, attempts, max_attempts: attemptsMax } = helpers.job;
          const fields = { job: job.name, jobId: id, attempt: attempts, attemptsMax, err: error };
          deps.logger.error('a job failed; it is tried again later', fields);
          throw error;
        }
      },
    ]),
  );
}
