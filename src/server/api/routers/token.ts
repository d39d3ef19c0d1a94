import { z } from 'zod';
import { createToken } from '~/server/services/create-token';
import { listTokens } from '~/server/services/list-tokens';
import { revokeToken } from '~/server/services/revoke-token';
import { allowedTokenDays } from '~/server/services/token-policy';
import { createdToken, listedToken, newToken } from '../token-shape';
import { createRouter, openProcedure } from '../trpc';

export const tokenRouter = createRouter({
  /** The caller's tokens, newest first, and how long a new one may live. */
  list: openProcedure
    .output(z.object({ tokens: z.array(listedToken), daysMax: z.number() }))
    .query(async ({ ctx }) => ({
      tokens: await listTokens(await ctx.principal(), ctx.deps),
      daysMax: await allowedTokenDays(ctx.deps),
    })),

  /** Makes one; its text is in this answer and nowhere else. */
  create: openProcedure
    .input(newToken)
    .output(createdToken)
    .mutation(async ({ ctx, input }) => createToken(await ctx.principal(), input, ctx.deps)),

  revoke: openProcedure
    .input(z.object({ id: z.string().max(100) }))
    .output(z.object({ revoked: z.literal(true) }))
    .mutation(async ({ ctx, input }) => {
      await revokeToken(await ctx.principal(), input.id, ctx.deps);
      return { revoked: true as const };
    }),
});
