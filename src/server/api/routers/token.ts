import { z } from 'zod';
import { createToken } from '~/server/services/create-token';
import { listTokens } from '~/server/services/list-tokens';
import { revokeToken } from '~/server/services/revoke-token';
import { allowedTokenDays } from '~/server/services/token-policy';
import { createRouter, openProcedure } from '../trpc';

const scope = z.enum(['read', 'write', 'admin']);

const listedToken = z.object({
  id: z.string(),
  name: z.string(),
  scopes: z.array(scope),
  repositories: z.array(z.object({ owner: z.string(), slug: z.string() })).nullable(),
  branchPattern: z.string().nullable(),
  createdAtMs: z.number(),
  expiresAtMs: z.number().nullable(),
  lastUse: z.object({ atMs: z.number(), address: z.string(), client: z.string() }).nullable(),
  end: z.enum(['far', 'soon', 'past']),
  current: z.boolean(),
});

const createdToken = z.object({
  id: z.string(),
  text: z.string(),
  name: z.string(),
  scopes: z.array(scope),
  repositories: z.array(z.string()).nullable(),
  branchPattern: z.string().nullable(),
  expiresAtMs: z.number(),
});

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
    .input(
      z.object({
        name: z.string().max(1000),
        scopes: z.array(scope).max(3),
        repositories: z.array(z.string().max(200)).max(1000).nullable().default(null),
        branchPattern: z.string().max(1000).nullable().default(null),
        days: z.number().nullable().default(null),
      }),
    )
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
