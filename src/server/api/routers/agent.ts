import { z } from 'zod';
import { createToken } from '~/server/services/create-token';
import { listTokens } from '~/server/services/list-tokens';
import { makeAgent } from '~/server/services/make-account';
import { listAgents, openAgent, setAgentDisabled } from '~/server/services/open-agent';
import { revokeToken } from '~/server/services/revoke-token';
import { allowedTokenDays } from '~/server/services/token-policy';
import { createdToken, listedToken, newToken } from '../token-shape';
import { createRouter, openProcedure } from '../trpc';

const handle = z.string().min(1).max(100);

const agent = z.object({
  handle: z.string(),
  displayName: z.string(),
  disabled: z.boolean(),
  tokens: z.number(),
  lastUsedAtMs: z.number().nullable(),
  createdAtMs: z.number(),
});

/** The agents that the caller answers for. */
export const agentRouter = createRouter({
  list: openProcedure
    .output(z.array(agent))
    .query(async ({ ctx }) => listAgents(await ctx.principal(), ctx.deps)),

  get: openProcedure
    .input(z.object({ handle }))
    .output(
      agent.omit({ tokens: true, lastUsedAtMs: true }).extend({
        tokens: z.array(listedToken),
        daysMax: z.number(),
      }),
    )
    .query(async ({ ctx, input }) => {
      const { account, principal } = await openAgent(await ctx.principal(), input.handle, ctx.deps);
      const tokens = await listTokens(principal, ctx.deps);
      return { ...account, tokens, daysMax: await allowedTokenDays(ctx.deps) };
    }),

  create: openProcedure
    .input(
      z.object({ handle: z.string().max(1000), displayName: z.string().max(1000).default('') }),
    )
    .output(z.object({ handle: z.string() }))
    .mutation(async ({ ctx, input }) => makeAgent(await ctx.principal(), input, ctx.deps)),

  setDisabled: openProcedure
    .input(z.object({ handle, disabled: z.boolean() }))
    .output(z.object({ done: z.literal(true) }))
    .mutation(async ({ ctx, input }) => {
      await setAgentDisabled(await ctx.principal(), input, ctx.deps);
      return { done: true as const };
    }),

  /** Makes a token of the agent; its text is in this answer and nowhere else. */
  createToken: openProcedure
    .input(newToken.extend({ handle }))
    .output(createdToken)
    .mutation(async ({ ctx, input: { handle: name, ...wanted } }) => {
      const { principal } = await openAgent(await ctx.principal(), name, ctx.deps);
      return createToken(principal, wanted, ctx.deps);
    }),

  revokeToken: openProcedure
    .input(z.object({ handle, id: z.string().max(100) }))
    .output(z.object({ revoked: z.literal(true) }))
    .mutation(async ({ ctx, input }) => {
      const { principal } = await openAgent(await ctx.principal(), input.handle, ctx.deps);
      await revokeToken(principal, input.id, ctx.deps);
      return { revoked: true as const };
    }),
});
