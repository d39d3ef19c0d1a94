import { z } from 'zod';
import { listHubPushes } from '~/server/services/list-hub-pushes';
import { PUSH_STATES } from '~/server/services/push-filter';
import { before, handleIn, repositoryShape, timeKey } from '../admin-shape';
import { pushShape } from '../commit-shape';
import { limitIn } from '../id-shape';
import { createRouter, hubAdminProcedure } from '../trpc';

const hubPush = pushShape
  .omit({ phases: true })
  .extend({ repository: repositoryShape.nullable(), address: z.string() });

export const adminPushesRouter = createRouter({
  /** Pushes to every repository, newest first, refused and failed ones too. */
  list: hubAdminProcedure
    .input(
      z.object({
        outcome: z.enum(PUSH_STATES).nullable().default(null),
        errorCode: z.string().min(1).max(100).nullable().default(null),
        actor: handleIn,
        before,
        limit: limitIn(100, 50),
      }),
    )
    .output(z.object({ rows: z.array(hubPush), next: timeKey.nullable() }))
    .query(({ ctx, input }) => listHubPushes(ctx.admin, input, ctx.deps)),
});
