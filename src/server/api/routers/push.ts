import { z } from 'zod';
import { listPushes } from '~/server/services/list-pushes';
import { pushShape } from '../commit-shape';
import { branchIn, limitIn } from '../id-shape';
import { createRouter, readProcedure } from '../trpc';

const cursor = z.object({ startedAtMs: z.number(), id: z.uuid() });

export const pushRouter = createRouter({
  /** The push history, newest first; refused pushes for those with write access only. */
  list: readProcedure
    .input(
      z.object({
        branch: branchIn.nullable().default(null),
        before: cursor.nullable().default(null),
        limit: limitIn(100, 30),
      }),
    )
    .output(z.object({ pushes: z.array(pushShape), next: cursor.nullable() }))
    .query(({ ctx, input }) => listPushes(ctx.repo, input, ctx.deps)),
});
