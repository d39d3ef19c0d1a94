import { z } from 'zod';
import { JOB_STATES } from '~/server/ports/job-queue';
import { listJobs, retryJob } from '~/server/services/list-jobs';
import { DONE, done, reasonIn } from '../admin-shape';
import { createRouter, hubAdminProcedure } from '../trpc';

const job = z.object({
  id: z.string(),
  task: z.string(),
  state: z.enum(JOB_STATES),
  attempts: z.number(),
  attemptsMax: z.number(),
  createdAtMs: z.number(),
  runAtMs: z.number(),
  lastError: z.string().nullable(),
  payload: z.unknown(),
});

export const adminJobsRouter = createRouter({
  /** What is queued; those that failed first. */
  list: hubAdminProcedure
    .input(z.object({ state: z.enum(JOB_STATES).nullable().default(null) }))
    .output(z.object({ counts: z.record(z.enum(JOB_STATES), z.number()), jobs: z.array(job) }))
    .query(({ ctx, input }) => listJobs(ctx.admin, input.state, ctx.deps)),

  retry: hubAdminProcedure
    .input(z.object({ id: z.string().max(20), reason: reasonIn }))
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await retryJob(ctx.admin, input, ctx.deps);
      return DONE;
    }),
});
