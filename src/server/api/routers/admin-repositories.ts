import { z } from 'zod';
import { deleteHubRepository } from '~/server/services/delete-hub-repository';
import { listHubRepositories } from '~/server/services/list-hub-repositories';
import { before, DONE, done, handleIn, reasonIn, timeKey } from '../admin-shape';
import { limitIn } from '../id-shape';
import { createRouter, hubAdminProcedure, repositoryName } from '../trpc';

export const hubRepository = z.object({
  id: z.string(),
  owner: z.string(),
  slug: z.string(),
  visibility: z.enum(['public', 'private']),
  createdAtMs: z.number(),
  lastPushAtMs: z.number().nullable(),
  bytes: z.number(),
  segments: z.number(),
  objects: z.number(),
});

export const adminRepositoriesRouter = createRouter({
  /** Every repository, newest first. */
  list: hubAdminProcedure
    .input(
      z.object({
        owner: handleIn,
        visibility: z.enum(['public', 'private']).nullable().default(null),
        before,
        limit: limitIn(100, 50),
      }),
    )
    .output(z.object({ rows: z.array(hubRepository), next: timeKey.nullable() }))
    .query(({ ctx, input }) => listHubRepositories(ctx.admin, input, ctx.deps)),

  delete: hubAdminProcedure
    .input(repositoryName.extend({ reason: reasonIn }))
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await deleteHubRepository(ctx.admin, input, ctx.deps);
      return DONE;
    }),
});
