import { setTimeout as delay } from 'node:timers/promises';
import {
  type AddJobFunction,
  Logger as QueueLogger,
  type Runner,
  run,
  type TaskList,
} from 'graphile-worker';
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
/**
 * New jobs are announced; this is for those whose announcement was missed. A queue whose connections
 * were cut gives up after ten polls in vain and is started again, so it is also a tenth of that.
 */
const POLL_MS = 2_000;

/** What the queue's library says of a connection that was cut; it does not always recover from it. */
const CUT = /client generated error/;

/** How long the end of this process waits for the queue's connections. */
const LET_GO_MAX_MS = 3_000;

/** How soon the queue is taken up again after it gave up on the database. */
const RESTART_MS = 2_000;

/**
 * Does jobs in this process, beside the requests. A database that is away for a moment is waited
 * for; a queue that gives up is started again.
 */
export async function startWorker(options: WorkerOptions): Promise<JobWorker> {
  const { deps } = options;
  if (options.alone) await releaseAbandonedJobs(options);
  const queue = new Queue((watch) => runQueue(options, watch), deps.logger);
  await queue.start();
  return { add: (...job) => queue.add(...job), stop: () => queue.stop() };
}

type Connected = Parameters<Parameters<pg.Pool['connect']>[0]>;

/**
 * A pool that takes a connection back once and ignores the second time. The queue's library gives
 * its listening connection back twice when it is cut while the queue stops, in a promise that nobody
 * watches, and that would end the process.
 */
class ForgivingPool extends pg.Pool {
  override connect(): Promise<pg.PoolClient>;
  override connect(callback: (...connected: Connected) => void): void;
  override connect(
    callback?: (...connected: Connected) => void,
  ): Promise<pg.PoolClient> | undefined {
    if (!callback) return super.connect();
    super.connect((error, client, release) => {
      if (!client) return callback(error, client, release);
      let released = false;
      callback(error, client, (reason) => {
        if (released) return;
        released = true;
        release(reason);
      });
    });
  }
}

function openPool({ databaseUrl, deps }: WorkerOptions, isStopping = () => false): pg.Pool {
  const pool = new ForgivingPool({
    connectionString: databaseUrl,
    max: CONNECTIONS_MAX,
    application_name: 'musehub jobs',
  });
  pool.on('error', (error) => {
    // A database that ends with the hub may be quicker than the goodbye of a connection.
    if (!isStopping()) deps.logger.warn('a database connection was lost', { err: error });
  });
  return pool;
}

/** A runner on connections of its own: those of one that gave up on the database are not trusted. */
async function runQueue(
  options: WorkerOptions,
  { onCut, isStopping }: QueueWatch,
): Promise<RunningQueue> {
  const { jobs, deps } = options;
  const pool = openPool(options, isStopping);
  const schedules = jobs.filter((job) => job.schedule);
  try {
    const runner = await run({
      pgPool: pool,
      concurrency: CONCURRENCY,
      pollInterval: POLL_MS,
      noHandleSignals: true,
      taskList: tasksOf(jobs, deps),
      crontab: schedules.map((job) => `${job.schedule} ${job.name} ?max=3`).join('\n'),
      logger: new QueueLogger(() => (level, message) => {
        // The queue is chatty; what failed is told by `tasksOf`, with its cause.
        if (level === 'error' || level === 'warning') {
          deps.logger.warn('job queue', { said: message });
        }
        if (CUT.test(message)) onCut(new Error(message));
      }),
    });
    const letGo = () => pool.end();
    return { runner, letGo: runner.promise.then(letGo, letGo) };
  } catch (error) {
    await pool.end();
    throw error;
  }
}

interface QueueWatch {
  /** Told when a connection of the queue was cut. */
  onCut(error: Error): void;
  isStopping(): boolean;
}

interface RunningQueue {
  runner: Runner;
  /**
   * Resolves when the runner has ended and its connections are closed; never, when one of them was
   * cut while it was in use, since the queue's library does not give such a one back.
   */
  letGo: Promise<void>;
}

/** A runner, and another one after it when it ends without being told to. */
class Queue {
  #running: RunningQueue | undefined;
  #stopping = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly run: (watch: QueueWatch) => Promise<RunningQueue>,
    private readonly logger: JobLog,
  ) {}

  get add(): AddJobFunction {
    if (!this.#running) throw new Error('the job queue is not running');
    return this.#running.runner.addJob;
  }

  async start(): Promise<void> {
    // Whichever says first that this runner is of no use any more; once is enough.
    let replaced = false;
    const replace = (error: unknown): void => {
      if (replaced) return;
      replaced = true;
      this.#running?.runner.stop().catch(() => undefined); // it may have ended by itself
      this.#restart(error);
    };
    const running = await this.run({ onCut: replace, isStopping: () => this.#stopping });
    this.#running = running;
    running.runner.promise.then(() => replace(new Error('it ended without a reason')), replace);
    if (this.#stopping) await this.stop();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    await this.#running?.runner.stop();
    await Promise.race([this.#running?.letGo, delay(LET_GO_MAX_MS, undefined, { ref: false })]);
  }

  #restart(error: unknown): void {
    if (this.#stopping) return;
    this.logger.error('the job queue ended; it is started again', { err: error });
    this.#running = undefined;
    this.#timer = setTimeout(() => {
      this.start().catch((failure) => this.#restart(failure));
    }, RESTART_MS).unref();
  }
}

/** A process that was killed holds its jobs for hours, unless it is known to be gone. */
async function releaseAbandonedJobs(options: WorkerOptions): Promise<void> {
  const pool = openPool(options);
  try {
    const { rows } = await pool.query<{ holders: string[] | null }>(
      'SELECT array_agg(DISTINCT locked_by) AS holders FROM graphile_worker.jobs WHERE locked_by IS NOT NULL',
    );
    const holders = rows[0]?.holders;
    if (!holders) return;
    await pool.query('SELECT graphile_worker.force_unlock_workers($1)', [holders]);
    const fields = { holders: holders.length };
    options.deps.logger.info('jobs that an earlier process held are done again', fields);
  } finally {
    await pool.end();
  }
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
