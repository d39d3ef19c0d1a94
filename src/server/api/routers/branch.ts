import { z } from 'zod';
import { BRANCH_PAGE_MAX, listBranches } from '~/server/services/list-branches';
import { listDeletedBranches } from '~/server/services/list-deleted-branches';
import { deleteBranch, restoreBranch } from '~/server/services/move-branch';
import { commitShape, pushShape } from '../commit-shape';
import { branchIn, idIn, idOut, limitIn } from '../id-shape';
import { ruleShape } from '../rule-shape';
import { createRouter, readProcedure, writeProcedure } from '../trpc';

const pushCursor = z.object({ startedAtMs: z.number(), id: z.uuid() });

const branchPage = z.object({
  branches: z.array(
    z.object({
      name: z.string(),
      isDefault: z.boolean(),
      rules: z.array(ruleShape),
      mayDelete: z.boolean(),
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

/** The entry of the history that a move left. */
const moved = z.object({
  pushId: z.string(),
  seq: z.number(),
  branch: z.string(),
  kind: z.string(),
  oldHead: idOut.nullable(),
  newHead: idOut.nullable(),
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

  /** Branches that are not there any more, each with the push that deleted it. */
  deleted: readProcedure
    .input(z.object({ before: pushCursor.nullable().default(null), limit: limitIn(100, 30) }))
    .output(z.object({ pushes: z.array(pushShape), next: pushCursor.nullable() }))
    .query(({ ctx, input }) => listDeletedBranches(ctx.repo, input, ctx.deps)),

  /**
   * Puts a branch where an accepted push left it, or where it was before; one that was deleted is
   * there again. `expectedHead` is where the caller saw it, null when it was not there.
   */
  restore: writeProcedure
    .input(
      z.object({
        pushId: z.string().max(64),
        to: z.enum(['before', 'after']).default('after'),
        expectedHead: idIn.nullable(),
      }),
    )
    .output(moved)
    .mutation(({ ctx, input }) => restoreBranch(ctx.repo, input, ctx.deps)),

  /** Takes a branch away that is not the default one. */
  delete: writeProcedure
    .input(z.object({ branch: branchIn, expectedHead: idIn }))
    .output(moved)
    .mutation(({ ctx, input }) => deleteBranch(ctx.repo, input, ctx.deps)),
});
