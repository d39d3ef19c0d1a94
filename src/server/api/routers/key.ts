import { z } from 'zod';
import type { Principal } from '~/server/access';
import { addKey } from '~/server/services/add-key';
import { listKeys } from '~/server/services/list-keys';
import { selfOrAgent } from '~/server/services/open-agent';
import { revokeKey } from '~/server/services/revoke-key';
import { type ApiContext, createRouter, openProcedure } from '../trpc';

const listedKey = z.object({
  /** 64 hex; the first 16 name it in commits. */
  keyId: z.string(),
  /** Base64url. */
  publicKey: z.string(),
  name: z.string(),
  createdAtMs: z.number(),
  revokedAtMs: z.number().nullable(),
});

/** Null: the caller; else one of the agents that they answer for. */
const agent = z.string().min(1).max(100).nullable().default(null);

const ownerOf = async (ctx: ApiContext, handle: string | null): Promise<Principal> =>
  selfOrAgent(await ctx.principal(), handle, ctx.deps);

/** Signing keys of the caller, or of an agent of theirs. */
export const keyRouter = createRouter({
  list: openProcedure
    .input(z.object({ agent }).default({ agent: null }))
    .output(z.object({ handle: z.string(), keys: z.array(listedKey) }))
    .query(async ({ ctx, input }) => {
      const principal = await ownerOf(ctx, input.agent);
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
        agent,
      }),
    )
    .output(z.object({ keyId: z.string(), name: z.string() }))
    .mutation(async ({ ctx, input: { agent: handle, ...wanted } }) =>
      addKey(await ownerOf(ctx, handle), wanted, ctx.deps),
    ),

  revoke: openProcedure
    .input(z.object({ keyId: z.string().max(100), agent }))
    .output(z.object({ revoked: z.literal(true) }))
    .mutation(async ({ ctx, input }) => {
      await revokeKey(await ownerOf(ctx, input.agent), input.keyId, ctx.deps);
      return { revoked: true as const };
    }),
});
