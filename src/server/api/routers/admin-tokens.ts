import { z } from 'zod';
import { listHubTokens } from '~/server/services/list-hub-tokens';
import { REVOKED_AT_ONCE_MAX, revokeHubTokens } from '~/server/services/revoke-hub-tokens';
import {
  before,
  handleIn,
  kindShape,
  reasonIn,
  repositoryShape,
  scopeShape,
  timeKey,
} from '../admin-shape';
import { limitIn } from '../id-shape';
import { createRouter, hubAdminProcedure } from '../trpc';

const hubToken = z.object({
  id: z.string(),
  name: z.string(),
  account: z.object({ handle: z.string(), kind: kindShape, disabled: z.boolean() }),
  scopes: z.array(scopeShape),
  repositories: z.array(repositoryShape).nullable(),
  branchPattern: z.string().nullable(),
  createdAtMs: z.number(),
  expiresAtMs: z.number().nullable(),
  lastUse: z.object({ atMs: z.number(), address: z.string(), client: z.string() }).nullable(),
  end: z.enum(['far', 'soon', 'past']),
  unused: z.boolean(),
});

export const adminTokensRouter = createRouter({
  /** Tokens of everybody that stand, newest first; never their text. */
  list: hubAdminProcedure
    .input(
      z.object({
        account: handleIn,
        kind: kindShape.nullable().default(null),
        scope: scopeShape.nullable().default(null),
        unused: z.boolean().default(false),
        expiring: z.boolean().default(false),
        before,
        limit: limitIn(200, 50),
      }),
    )
    .output(z.object({ rows: z.array(hubToken), next: timeKey.nullable() }))
    .query(({ ctx, input }) => listHubTokens(ctx.admin, input, ctx.deps)),

  revoke: hubAdminProcedure
    .input(
      z.object({ ids: z.array(z.string().max(100)).max(REVOKED_AT_ONCE_MAX), reason: reasonIn }),
    )
    .output(z.object({ revoked: z.number() }))
    .mutation(async ({ ctx, input }) => ({
      revoked: await revokeHubTokens(ctx.admin, input, ctx.deps),
    })),
});
