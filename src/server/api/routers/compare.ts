import { z } from 'zod';
import { diffFiles } from '~/server/services/diff-files';
import { expectCommits } from '~/server/services/list-changes';
import { readLines } from '~/server/services/read-lines';
import { diffQuery, diffShape, pageOfChanges } from '../diff-shape';
import { idIn } from '../id-shape';
import { createRouter, readProcedure } from '../trpc';

export const compareRouter = createRouter({
  /** A page of what differs between two commits, or one file's; against nothing without the first. */
  diff: readProcedure
    .input(diffQuery.extend({ before: idIn.nullable().default(null), commit: idIn }))
    .output(diffShape)
    .query(async ({ ctx, input }) => {
      const { before, commit, ...query } = input;
      const pair = { before, after: commit };
      await expectCommits(ctx.repo, pair, ctx.deps);
      return pageOfChanges(pair, await diffFiles(ctx.repo, pair, query, ctx.deps));
    }),

  /** Some lines of a commit's file as safe HTML, for what lies between changes. */
  lines: readProcedure
    .input(
      z.object({
        commit: idIn,
        path: z.string().min(1).max(4096),
        from: z.number().int().min(1),
        to: z.number().int().min(1),
      }),
    )
    .output(z.array(z.string()))
    .query(async ({ ctx, input }) => {
      const { commit, ...place } = input;
      await expectCommits(ctx.repo, { before: null, after: commit }, ctx.deps);
      return readLines(ctx.repo, { commitId: commit, ...place }, ctx.deps);
    }),
});
