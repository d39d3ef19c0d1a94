import { z } from 'zod';
import { endOtherSessions, endSession } from '~/server/services/end-session';
import { listSessions } from '~/server/services/list-sessions';
import { createRouter, openProcedure } from '../trpc';

const listedSession = z.object({
  id: z.string(),
  createdAtMs: z.number(),
  lastUsedAtMs: z.number(),
  address: z.string(),
  userAgent: z.string(),
  tokenName: z.string().nullable(),
  current: z.boolean(),
});

export const sessionRouter = createRouter({
  /** The caller's browser sessions, last used first. */
  list: openProcedure
    .output(z.array(listedSession))
    .query(async ({ ctx }) => listSessions(await ctx.principal(), ctx.deps)),

  end: openProcedure
    .input(z.object({ id: z.string().max(100) }))
    .output(z.object({ ended: z.number() }))
    .mutation(async ({ ctx, input }) => {
      await endSession(await ctx.principal(), input.id, ctx.deps);
      return { ended: 1 };
    }),

  /** Every one but that of this request. */
  endOthers: openProcedure.output(z.object({ ended: z.number() })).mutation(async ({ ctx }) => ({
    ended: await endOtherSessions(await ctx.principal(), ctx.deps),
  })),
});
