import { z } from 'zod';
import {
  approveDeviceLogin,
  denyDeviceLogin,
  showDeviceLogin,
} from '~/server/services/decide-device-login';
import { allowedTokenDays } from '~/server/services/token-policy';
import { createRouter, openProcedure } from '../trpc';

const scope = z.enum(['read', 'write', 'admin']);
const code = z.string().max(100);

const waiting = z.object({
  code: z.string(),
  client: z.string(),
  address: z.string(),
  name: z.string(),
  scope,
  createdAtMs: z.number(),
  expiresAtMs: z.number(),
  /** How long the token may live. */
  daysMax: z.number(),
});

/** Programs that ask to be signed in, for the person who decides. */
export const deviceRouter = createRouter({
  /** The program that waits with a code. */
  show: openProcedure
    .input(z.object({ code }))
    .output(waiting)
    .query(async ({ ctx, input }) => ({
      ...(await showDeviceLogin(await ctx.principal(), input.code, ctx.deps)),
      daysMax: await allowedTokenDays(ctx.deps),
    })),

  approve: openProcedure
    .input(
      z.object({
        code,
        name: z.string().max(1000),
        scope,
        repositories: z.array(z.string().max(200)).max(1000).nullable().default(null),
        days: z.number().nullable().default(null),
      }),
    )
    .output(z.object({ approved: z.literal(true) }))
    .mutation(async ({ ctx, input: { code: typed, ...wanted } }) => {
      await approveDeviceLogin(await ctx.principal(), typed, wanted, ctx.deps);
      return { approved: true as const };
    }),

  deny: openProcedure
    .input(z.object({ code }))
    .output(z.object({ denied: z.literal(true) }))
    .mutation(async ({ ctx, input }) => {
      await denyDeviceLogin(await ctx.principal(), input.code, ctx.deps);
      return { denied: true as const };
    }),
});
