import { z } from 'zod';
import { BRANCH_PAGE_MAX, listBranches } from '~/server/services/list-branches';
import { commitShape, pushShape } from '../commit-shape';
import { branchIn, limitIn } from '../id-shape';
import { createRouter, readProcedure } from '../trpc';

const branchPage = z.object({
  branches: z.array(
    z.object({
      name: z.string(),
      isDefault: z.boolean(),
      head: commitShape,
      updatedAtMs: z.number(),
      push: pushShape.nullable(),
      ahead: z.number(),
      behind: z.number(),
      bounded: z.boolean(),
    }),
  ),
  next: z.string().nullable(),
});

export const branchRouter = createRouter({
  /** Branches, the default first, then by name; `search` is a part of a name. */
  list: readProcedure
    .input(
      z.object({
        after: branchIn.nullable().default(null),
        search: z.string().max(255).default(''),
        limit: limitIn(BRANCH_PAGE_MAX, BRANCH_PAGE_MAX),
      }),
    )
    .output(branchPage)
    .query(({ ctx, input }) => listBranches(ctx.repo, input, ctx.deps)),

  /** Only names, for choosing one. */
  names: readProcedure
    .input(z.object({ search: z.string().max(255).default(''), limit: limitIn(100, 50) }))
    .output(z.array(z.string()))
    .query(async ({ ctx, input }) => {
      const page = { after: null, search: input.search, limit: input.limit };
      const rows = await ctx.deps.browse.listBranches(ctx.repo.entry.id, page);
      return rows.map((branch) => branch.name);
    }),
});
