import type { Principal } from '~/server/access';
import type { JobQueue, JobState, QueuedJob } from '~/server/ports/job-queue';
import { Refusal } from '~/wire/errors';
import { type ActDeps, auditEntry } from './audit-entry';
import { checkReason, expectHubAdmin } from './expect-hub-admin';

const LISTED_MAX = 100;

/** What is queued, at most a hundred jobs, with how many there are. Throws as `expectHubAdmin`. */
export async function listJobs(
  principal: Principal,
  state: JobState | null,
  { queue }: { queue: Pick<JobQueue, 'count' | 'list'> },
): Promise<{ counts: Record<JobState, number>; jobs: QueuedJob[] }> {
  expectHubAdmin(principal);
  const [counts, jobs] = await Promise.all([
    queue.count(),
    queue.list({ state, limit: LISTED_MAX }),
  ]);
  return { counts, jobs };
}

/**
 * Lets a job that failed be tried again at once, with all its attempts.
 *
 * Throws `Refusal`: as `expectHubAdmin`, `bad-frame` without a reason, `object-not-found` when there
 * is no such job, or it did not fail, or is being done right now.
 */
export async function retryJob(
  principal: Principal,
  wanted: { id: string; reason: string },
  deps: ActDeps & { queue: Pick<JobQueue, 'retry'> },
): Promise<void> {
  const admin = expectHubAdmin(principal);
  const reason = checkReason(wanted.reason);
  const subject = { kind: 'job' as const, id: wanted.id, name: `job ${wanted.id}` };
  const entry = auditEntry(admin, deps, { action: 'job.retry', subject, reason });
  if (await deps.queue.retry(wanted.id, entry)) return;
  const message = 'There is no such job that failed; it may have been done meanwhile.';
  throw new Refusal('object-not-found', {}, message);
}
