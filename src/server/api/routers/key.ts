import { z } from 'zod';
import { addKey } from '~/server/services/add-key';
import { listKeys } from '~/server/services/list-keys';
import { revokeKey } from '~/server/services/revoke-key';
import { createRouter, openProcedure } from '../trpc';

const listedKey = z.object({
  /** 64 hex; the first 16 name it in commits. */
  keyId: z.string(),
  /** Base64url. */
  publicKey: z.string(),
  name: z.string(),
  createdAtMs: z.number(),
  revokedAtMs: z.number().nullable(),
});

/** Signing keys of the caller. */
export const keyRouter = createRouter({
  list: openProcedure
    .output(z.object({ handle: z.string(), keys: z.array(listedKey) }))
    .query(async ({ ctx }) => {
      const principal = await ctx.principal();
      const keys = await listKeys(principal, ctx.deps);
      return {
        handle: principal.kind === 'user' ? principal.handle : '',
        keys: keys.map(({ publicKey, ...key }) => ({
          ...key,
          publicKey: Buffer.from(publicKey).toString('base64url'),
        })),
      };
    }),

  add: openProcedure
    .input(
      z.object({
        name: z.string().max(1000),
        publicKey: z.string().max(1000),
        proof: z.string().max(1000),
      }),
    )
    .output(z.object({ keyId: z.string(), name: z.string() }))
    .mutation(async ({ ctx, input }) => addKey(await ctx.principal(), input, ctx.deps)),

  revoke: openProcedure
    .input(z.object({ keyId: z.string().max(100) }))
    .output(z.object({ revoked: z.literal(true) }))
    .mutation(async ({ ctx, input }) => {
      await revokeKey(await ctx.principal(), input.keyId, ctx.deps);
      return { revoked: true as const };
    }),
});
