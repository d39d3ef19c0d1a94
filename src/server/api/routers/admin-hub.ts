import { z } from 'zod';
import { measureQuarantine, showStorage } from '~/server/services/show-storage';
import { setTokenPolicy } from '~/server/services/token-policy';
import { DONE, done, reasonIn } from '../admin-shape';
import { createRouter, hubAdminProcedure } from '../trpc';
import { hubRepository } from './admin-repositories';

export const adminHubRouter = createRouter({
  /** How long new tokens may be valid; `daysMax` null: as long as the environment allows. */
  policy: hubAdminProcedure
    .output(z.object({ daysMax: z.number().nullable(), environmentDaysMax: z.number() }))
    .query(async ({ ctx }) => ({
      daysMax: (await ctx.deps.hubSettings.load()).tokenDaysMax,
      environmentDaysMax: ctx.deps.tokenDaysMax,
    })),

  setPolicy: hubAdminProcedure
    .input(z.object({ days: z.number().int().nullable(), reason: reasonIn }))
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await setTokenPolicy(ctx.admin, input, ctx.deps);
      return DONE;
    }),

  /** What is stored, and whose it is. */
  storage: hubAdminProcedure
    .output(
      z.object({
        totals: z.object({
          repositories: z.number(),
          bytes: z.number(),
          segments: z.number(),
          objects: z.number(),
          underWay: z.object({ pushes: z.number(), bytes: z.number() }),
        }),
        largest: z.array(hubRepository),
        quotaBytes: z.number().nullable(),
      }),
    )
    .query(({ ctx }) => showStorage(ctx.admin, ctx.deps)),

  /** Looks through the object storage for segments that no row names; takes a while. */
  quarantine: hubAdminProcedure
    .output(
      z.object({
        segments: z.number(),
        bytes: z.number(),
        lookedAt: z.number(),
        whole: z.boolean(),
      }),
    )
    .query(({ ctx }) => measureQuarantine(ctx.admin, ctx.deps)),

  /** The configuration that is in effect, secrets masked. */
  configuration: hubAdminProcedure
    .output(
      z.array(z.object({ name: z.string(), value: z.string().nullable(), given: z.boolean() })),
    )
    .query(({ ctx }) => ctx.deps.configuration),
});
