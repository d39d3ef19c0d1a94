import { z } from 'zod';
import { createRouter, openProcedure } from '../trpc';

export const accountRouter = createRouter({
  /** Who is signed in; null: nobody. */
  me: openProcedure
    .output(
      z
        .object({
          handle: z.string(),
          kind: z.enum(['human', 'agent']),
          role: z.enum(['user', 'admin']),
        })
        .nullable(),
    )
    .query(async ({ ctx }) => {
      const principal = await ctx.principal();
      if (principal.kind === 'anonymous') return null;
      const { handle, accountKind: kind, role } = principal;
      return { handle, kind, role };
    }),
});
